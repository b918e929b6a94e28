#!/usr/bin/env node
// The command line of examctl. This file, scripts/setup and scripts/doctor need only Node's own modules, so that `up` and
// `doctor` work in a fresh clone; everything else lives in lib/cli, which is built first where it is missing.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { needsRoot, parseCommandLine } from "../scripts/setup/command-line.mjs";
import { failureAsJson, root } from "../scripts/setup/step.mjs";

const argv = process.argv.slice(2);
const line = parseCommandLine(argv);
const { command, json, wantsHelp } = line;
// A program of its own, so that a bare control plane is there in half a second.
const isCluster = command === "cluster";
const cli = join(root, isCluster ? "dist/cli/cluster-main.mjs" : "dist/cli/main.mjs");

// Each command loads what it needs and no more.
if (needsRoot(line)) {
  const { becomeRoot } = await import("../scripts/setup/machine.mjs");
  becomeRoot();
}

if (command === "doctor" && !wantsHelp) {
  const { describe, examine, settingsOf } = await import("../scripts/doctor/index.mjs");
  const dataDir = line.dataDir && resolve(line.dataDir);
  const report = await examine(settingsOf(process.env, dataDir));
  process.stdout.write(`${json ? JSON.stringify(report, null, 2) : describe(report.findings)}\n`);
  process.exit(report.ok ? 0 : 1);
}
if ((command === "setup" || command === "up") && !wantsHelp) {
  try {
    const { setUp } = await import("../scripts/setup/index.mjs");
    const { fileSystems } = await setUp({
      withTests: line.has("--with-tests"),
      withFileSystems: !line.has("--programs-only"),
      dataDir: line.dataDir,
      quiet: json,
    });
    await fileSystems;
  } catch (failure) {
    // The failing step has told people what and why.
    if (json) process.stdout.write(`${JSON.stringify({ error: failureAsJson(failure) })}\n`);
    process.exit(1);
  }
  if (command === "setup" && line.has("--programs-only")) process.exit(0);
}
if (!existsSync(cli)) {
  const isHelp = wantsHelp || command === undefined || command === "help";
  const text = isHelp
    ? "Usage: examctl [--data-dir FOLDER] [--json] COMMAND\n\nexamctl is not set up here yet. Until it is, there are:\n" +
      "  up       set up whatever is missing, start examctl and print where it is\n" +
      "  setup    the same without starting anything\n" +
      "  doctor   look for whatever could keep examctl from running on this machine\n"
    : "examctl is not set up yet. Run `npm run up` (or `npx examctl setup`) first.\n";
  (isHelp ? process.stdout : process.stderr).write(text);
  if (json && !isHelp)
    process.stdout.write(`${JSON.stringify({ error: { code: "unavailable", message: text.trim() } })}\n`);
  process.exit(isHelp ? 0 : 4);
}
if (isCluster) {
  process.argv.splice(1, argv.length + 1, cli, ...line.withoutCommand);
  await import(pathToFileURL(cli).href);
} else {
  const result = spawnSync(
    process.execPath,
    ["--enable-source-maps", cli, ...(argv.length > 0 ? argv : ["--help"])],
    { stdio: "inherit" },
  );
  process.exit(result.status ?? 1);
}
