import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "@/lib/core/testing";
import { leftBehind } from "./left-behind";
import { startReadyLab, startTestClusterd, type TestClusterd } from "./testing";

const labs = 10;
let clusterd: TestClusterd;

beforeAll(async () => {
  clusterd = await startTestClusterd();
}, 400_000);

afterAll(() => clusterd?.close(), 60_000);

test("labs that are started and stopped in a loop leave nothing, and memory does not grow with them", async () => {
  const { client } = clusterd;
  const once = async (labId: string, look?: () => Promise<void>) => {
    await startReadyLab(client, labId);
    await look?.();
    await client.call("lab.stop", { labId }, { timeoutMs: 60_000 });
  };
  // The first one makes the folders that stay. What the end finds nothing of is there meanwhile: it can be seen.
  await once("loop-first", async () => {
    const { traces } = await leftBehind(clusterd);
    for (const kind of ["mount", "control group", "file", "claim of a namespace", "loop device", "process"])
      expect(traces.join("\n")).toMatch(new RegExp(`^${kind} `, "m"));
  });
  const traces = async () => (await leftBehind(clusterd)).traces;
  const before = await traces();
  const megabytes: number[] = [];
  for (let index = 0; index < labs; index++) {
    await once(`loop-${index}`);
    megabytes.push((await leftBehind(clusterd)).residentBytes / 1e6);
  }
  // Who was killed may take a moment to be reaped.
  const left = await eventually(
    async () => (await traces()).filter((trace) => !before.includes(trace)),
    (all) => all.length === 0,
    10_000,
  );
  expect(left).toEqual([]);
  // The first labs fill caches and heaps; ten megabytes a lab would show.
  const early = Math.max(...megabytes.slice(1, 4));
  const late = Math.min(...megabytes.slice(-3));
  expect(late - early, megabytes.map(Math.round).join(" ")).toBeLessThan(60);
}, 600_000);
