import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "@/lib/core/clock";
import { createLogger } from "@/lib/core/logger";
import { ShardProcess } from "./shard-process";

let folder: string;
let shard: ShardProcess | undefined;
const logger = createLogger("test");
logger.level = "silent";

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "examctl-shard-"))));
afterEach(async () => {
  await shard?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A shard that notes its starts, answers every call with {} and does what `behaviour` says. */
function start(behaviour: string, silenceMsMax = 60_000): { backs: () => number; starts: () => number } {
  const entry = join(folder, "shard.mjs");
  writeFileSync(
    entry,
    `import { appendFileSync, readFileSync, rmSync } from "node:fs";
     import { createServer } from "node:http";
     const startsFile = ${JSON.stringify(join(folder, "starts"))};
     appendFileSync(startsFile, "x");
     const server = createServer((request, response) => {
       request.resume().on("end", () => { ${behaviour}; response.setHeader("content-type", "application/json"); response.end("{}"); });
     });
     rmSync(process.argv[2], { force: true }); // as lib/rpc does: a killed one leaves it
     server.listen(process.argv[2], () => process.send({ type: "ready", labs: 0, rssBytes: 1 }));`,
  );
  let backs = 0;
  shard = new ShardProcess(
    {
      entry,
      socketPath: join(folder, "s.sock"),
      heapMegabytesMax: 64,
      silenceMsMax,
      env: process.env,
      clock: systemClock,
      logger,
    },
    () => backs++,
  );
  return { backs: () => backs, starts: () => readFileSync(join(folder, "starts"), "utf8").length };
}

test("a call waits until the shard listens", async () => {
  start("");
  expect(await shard!.call("lab.run", { labId: "lab-a" })).toEqual({});
});

test("a shard that dies in a call is started again, its owner hears of it, and the call is repeated", async () => {
  // The first process dies over its first call, the second answers.
  const { backs, starts } = start("if (readFileSync(startsFile).length === 1) process.exit(1)");
  expect(await shard!.call("lab.run", { labId: "lab-a" })).toEqual({});
  expect(starts()).toBe(2);
  expect(backs()).toBe(2);
}, 300_000);

test("a shard that goes silent is killed and started again", async () => {
  const { backs, starts } = start("", 1000); // it never sends a heartbeat after it is ready
  await shard!.call("lab.run", { labId: "lab-a" });
  const before = shard!.pid;
  await expect.poll(() => starts()).toBeGreaterThan(1);
  await expect.poll(() => backs()).toBeGreaterThan(1);
  expect(shard!.pid).not.toBe(before);
}, 300_000);
