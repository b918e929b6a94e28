#!/usr/bin/env node
// `npm test`: sets the machine up where needed and runs every check, in phases, each with its time.
// `npm test -- --only unit,lint` runs some of them; `npm test -- --list` names them.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setUp } from "../scripts/setup/index.mjs";
import { root } from "../scripts/setup/step.mjs";

const reports = join(root, "test-results");
// By its path: the program `tsc` is that of the dependency `typescript`, whose API checks the types of labs.
const compiler = "node_modules/typescript-native/bin/tsc";
const phases = {
  format: ["npx", "oxfmt", "--check"],
  lint: ["npx", "oxlint", "-c", "oxlint.config.mjs"],
  // With one thread it takes half of the CPU, and other phases run beside it.
  types: ["node", compiler, "--noEmit", "--singleThreaded", "-p", "tsconfig.check.json"],
  unit: vitest("unit"),
  integration: vitest("integration"),
  e2e: ["npx", "playwright", "test"],
};

const readOnly = new Set(["format", "lint", "types"]);

function vitest(project) {
  // By itself it leaves one core alone, which on two is half of the machine. Sandboxes wait more than they compute: two
  // files at a time, whatever the machine, are as much as the deadlines of tests allow for.
  const workers =
    project === "unit" ? [`--maxWorkers=${availableParallelism()}`] : ["--fileParallelism", "--maxWorkers=2"];
  const report = `--outputFile.json=${join(reports, `${project}.json`)}`;
  const reporters = ["default", "json", "./scripts/flaky-reporter.mjs"].map((name) => `--reporter=${name}`);
  return ["npx", "vitest", "run", "--project", project, ...workers, ...reporters, report];
}

const args = process.argv.slice(2);
if (args.includes("--list")) {
  console.log(Object.keys(phases).join("\n"));
  process.exit(0);
}
const only = args.includes("--only") ? args[args.indexOf("--only") + 1]?.split(",") : Object.keys(phases);
const unknown = only?.filter((name) => !phases[name]) ?? ["(nothing)"];
if (unknown.length > 0) {
  console.error(
    `npm test: no such phase: ${unknown.join(", ")}. There are: ${Object.keys(phases).join(", ")}.`,
  );
  process.exit(2);
}

const startedMs = performance.now();
let fileSystems;
await timed("set-up", async () => {
  ({ fileSystems } = await setUp({ withTests: true, withFileSystems: true, quiet: true }));
  return true;
});
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const failed = [];
// What needs no node goes on while their file systems are made: those that only read the sources at once, then the unit
// tests. The others follow one after another: they share the machine's namespaces.
const made = timed("file systems", async () => {
  await fileSystems;
  return runPhase([process.execPath, "dist/cli/main.mjs", "setup"]);
});
await Promise.all(only.filter((name) => readOnly.has(name)).map(run));
if (only.includes("unit")) await run("unit");
if (!(await made)) process.exit(1);
for (const name of only) if (!readOnly.has(name) && name !== "unit") await run(name);

const counts = [countVitest("unit"), countVitest("integration"), countPlaywright()];
const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
console.log(
  `\nall phases: ${((performance.now() - startedMs) / 1000).toFixed(0)} s${failed.length > 0 ? `; failed: ${failed.join(", ")}` : ""}`,
);
console.log(`${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
const flaky = [
  readReport("flaky-unit") ?? [],
  readReport("flaky-integration") ?? [],
  flakyPlaywright(),
].flat();
for (const name of flaky) console.log(`passed only on the second attempt: ${name}`);
process.exit(failed.length > 0 ? 1 : 0);

async function run(name) {
  if (!(await timed(name, () => runPhase(phases[name], name)))) failed.push(name);
}

async function timed(name, work) {
  console.log(`\n== ${name}`);
  const phaseStartedMs = performance.now();
  const ok = await work().catch((failure) => {
    console.error(failure.message);
    return false;
  });
  console.log(
    `== ${name}: ${ok ? "ok" : "FAILED"} in ${((performance.now() - phaseStartedMs) / 1000).toFixed(1)} s`,
  );
  if (!ok && name === "set-up") process.exit(1);
  return ok;
}

function runPhase([program, ...rest], name) {
  return new Promise((resolve) => {
    const child = spawn(program, rest, {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        ...process.env,
        NEXT_TELEMETRY_DISABLED: "1",
        ...(name && { EXAMCTL_FLAKY_REPORT: join(reports, `flaky-${name}.json`) }),
      },
    });
    child.on("error", () => resolve(false));
    child.on("close", (code) => resolve(code === 0));
  });
}

function readReport(name) {
  const path = join(reports, `${name}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}

function countVitest(name) {
  const report = readReport(name);
  return {
    passed: report?.numPassedTests ?? 0,
    failed: report?.numFailedTests ?? 0,
    skipped: report?.numPendingTests ?? 0,
  };
}

function countPlaywright() {
  const stats = readReport("e2e")?.stats;
  return {
    passed: (stats?.expected ?? 0) + (stats?.flaky ?? 0),
    failed: stats?.unexpected ?? 0,
    skipped: stats?.skipped ?? 0,
  };
}

function flakyPlaywright() {
  const specs = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specs)];
  return (readReport("e2e")?.suites ?? [])
    .flatMap(specs)
    .filter((spec) => spec.tests.some((test) => test.status === "flaky"))
    .map((spec) => `${spec.file} > ${spec.title}`);
}
