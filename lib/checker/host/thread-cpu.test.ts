import { Worker } from "node:worker_threads";
import { expect, it, vi } from "vitest";
import { threadCpuMs, threadId } from "./thread-cpu";

const spin = (cpuMs: number) => {
  const from = threadCpuMs()!;
  while (threadCpuMs()! - from < cpuMs);
};

it("counts what the thread itself computes, not the time that passes", () => {
  const from = threadCpuMs()!;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  expect(threadCpuMs()! - from).toBeLessThan(150);
  spin(50);
  expect(threadCpuMs()! - from).toBeGreaterThanOrEqual(50);
});

it("sees another thread of the process by its id, and nothing once that has ended", async () => {
  const worker = new Worker(
    `const { readlinkSync } = require("node:fs");
     const { parentPort } = require("node:worker_threads");
     parentPort.postMessage(Number(readlinkSync("/proc/thread-self").split("/").at(-1)));
     for (;;);`,
    { eval: true },
  );
  const id = await new Promise<number>((resolve) => worker.once("message", resolve));
  expect(id).not.toBe(threadId());
  await vi.waitFor(() => expect(threadCpuMs(id)).toBeGreaterThan(100), { timeout: 20_000 });
  await worker.terminate();
  await vi.waitFor(() => expect(threadCpuMs(id)).toBeUndefined(), { timeout: 10_000 });
});
