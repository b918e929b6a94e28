#!/usr/bin/env node
// The command line of examctl. This file and scripts/setup need only Node's own modules, so that `up` works in a fresh
// clone; everything else lives in lib/cli, which is built first where it is missing.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setUp } from "../scripts/setup/index.mjs";
import { becomeRoot } from "../scripts/setup/machine.mjs";
import { root } from "../scripts/setup/step.mjs";

const [command, ...rest] = process.argv.slice(2);
// A program of its own, so that a bare control plane is there in half a second.
const isCluster = command === "cluster";
const cli = join(root, isCluster ? "dist/cli/cluster-main.mjs" : "dist/cli/main.mjs");
const wantsHelp = rest.includes("--help") || rest.includes("-h");

const needsRoot = ["up", "down", "setup", "status", "user", "mirror", "labd", "supervise", "database"];
if (needsRoot.includes(command) && !wantsHelp) becomeRoot();

try {
  if (command === "setup" || (command === "up" && !wantsHelp))
    await setUp({ withTests: rest.includes("--with-tests") });
  if (command === "setup" && rest.includes("--programs-only")) process.exit(0);
  else if (!existsSync(cli)) {
    process.stderr.write("examctl is not set up yet. Run `npm run up` (or `npx examctl setup`) first.\n");
    process.exit(2);
  }
} catch {
  process.exit(1); // the failing step has said what and why
}
if (isCluster) {
  process.argv.splice(1, 2, cli);
  await import(pathToFileURL(cli).href);
} else {
  const result = spawnSync(process.execPath, ["--enable-source-maps", cli, command ?? "--help", ...rest], {
    stdio: "inherit",
  });
  process.exit(result.status ?? 1);
}
