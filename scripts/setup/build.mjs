// Generated code and builds, each redone only when what it is made from has changed.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hashOf, root, run, stamp } from "./step.mjs";

const isTest = (path) => /\.test\.tsx?$/.test(path);
/** Parts of lib that no page imports: a change there needs no new build of the pages. */
const notWeb = /^lib\/(cluster|clusterd|labd|sandbox|terminald|terminal|cli|web)\//;

function cached({ title, name, inputs, outputs, ignore = isTest, make }) {
  const hash = () => hashOf(inputs, { ignore });
  return {
    title,
    isDone: () => outputs.every((path) => existsSync(join(root, path))) && stamp(name).matches(hash()),
    async run(report) {
      const before = hash();
      await make(report);
      stamp(name).write(before);
    },
  };
}

export const prismaStep = cached({
  title: "Database client",
  name: "prisma",
  inputs: ["prisma/schema.prisma", "prisma.config.ts", "package-lock.json"],
  outputs: ["lib/db/generated"],
  // The schema engine is for migrations, which lib/db applies itself: naming any program keeps it from being downloaded.
  make: (report) =>
    run(["npx", "prisma", "generate"], { report, env: { PRISMA_SCHEMA_ENGINE_BINARY: "/bin/true" } }),
});

const bundleInputs = [
  "lib",
  "scripts/build.mjs",
  "scripts/doctor",
  "scripts/setup",
  "tsconfig.json",
  "package-lock.json",
];
/** What dist/ is made from. scripts/build.mjs, which others start, too, notes it under this name. */
export const bundleHash = () => hashOf(bundleInputs, { ignore: isTest });
export const bundleStamp = stamp("dist");

export const bundleStep = {
  title: "Server processes",
  isDone: () => existsSync(join(root, "dist/cli/main.mjs")) && bundleStamp.matches(bundleHash()),
  run: (report) => run([process.execPath, "scripts/build.mjs"], { report }),
};

export const webStep = cached({
  title: "Web pages",
  name: "next",
  inputs: [
    "app",
    "lib",
    "public",
    "next.config.js",
    "postcss.config.mjs",
    "tsconfig.json",
    "package-lock.json",
  ],
  ignore: (path) => isTest(path) || notWeb.test(path),
  outputs: [".next/BUILD_ID"],
  make: (report) =>
    run(["npx", "next", "build"], { report, env: { NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" } }),
});

/** What the command line builds once for a data folder; its own lines name the part that fails, and the remedy. */
export const fileSystemsStep = (dataDir) => ({
  title: "File systems of nodes and images",
  run: (report) =>
    run([process.execPath, "dist/cli/main.mjs", ...(dataDir ? ["--data-dir", dataDir] : []), "setup"], {
      report,
    }),
});
