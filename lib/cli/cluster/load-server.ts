import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import { projectPath } from "@/lib/core/paths";
import type * as RunCluster from "./run-cluster-main";

type Load = (module: { exports: object }, require: NodeJS.Require, entryUrl: string) => void;

/**
 * The module that holds the API server, from its text and what V8 made of it when it was built (scripts/build.mjs). Another
 * version of Node.js takes the text alone, a tenth of a second slower.
 */
export function loadServer(): typeof RunCluster {
  const path = projectPath("dist/cli/cluster/run-cluster-main.cjs");
  const script = new vm.Script(readFileSync(path, "latin1"), {
    filename: path,
    cachedData: readFileSync(`${path}.v8`),
  });
  const module = { exports: {} };
  (script.runInThisContext() as Load)(module, createRequire(path), pathToFileURL(path).href);
  return module.exports as typeof RunCluster;
}
