#!/usr/bin/env node
// npm run bench -- NAME [--json] [--quick]: builds what the benchmarks run (dist/, native/) and starts bench/main.ts.
// Standard output carries the result alone. Needs root, as the labs it measures do.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

function run(program, args, stdout) {
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: ["ignore", stdout, "inherit"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  if (error) console.error(`bench: cannot run ${program}: ${error.message}`);
  return status ?? 1;
}

if (!existsSync(join(root, "node_modules/tsx"))) {
  console.error("bench: the packages are not installed. Run `npm run up` or `npm ci` first.");
  process.exit(1);
}
const steps = [
  ["make", ["-s", "-C", "native"]],
  [process.execPath, ["scripts/build.mjs"]],
];
for (const [program, args] of steps) {
  // What they say belongs to standard error.
  const status = run(program, args, 2);
  if (status !== 0) process.exit(status);
}
// As lib/clusterd/shard-process.ts starts the processes that hold labs.
const asShard = ["--min-semi-space-size=32", "--max-semi-space-size=32"];
process.exit(
  run(
    process.execPath,
    [...asShard, "--import", "tsx", "bench/main.ts", ...process.argv.slice(2)],
    "inherit",
  ),
);
