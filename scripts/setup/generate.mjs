// The API documents of the cluster (OpenAPI, schemas), generated from npm packages: see scripts/generate-openapi.mjs.
import { hashOf, root, run, stamp } from "./step.mjs";
import { existsSync } from "node:fs";
import { join } from "node:path";

const inputs = ["scripts/generate-openapi.mjs", "scripts/openapi", "package-lock.json"];

export const openapiStep = {
  title: "API documents",
  isDone: () =>
    existsSync(join(root, "lib/cluster/resources/generated")) && stamp("openapi").matches(hashOf(inputs)),
  async run(report) {
    await run([process.execPath, "scripts/generate-openapi.mjs"], { report });
    stamp("openapi").write(hashOf(inputs));
  },
};
