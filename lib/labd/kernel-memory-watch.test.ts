import { expect, test, vi } from "vitest";
import { ManualClock } from "@/lib/core/clock";
import { createLogger } from "@/lib/core/logger";
import { hostMemory, watchKernelMemory, type MemoryState } from "./kernel-memory-watch";

const GiB = 2 ** 30;

async function watched(memoryAt: (second: number) => MemoryState): Promise<string[]> {
  const clock = new ManualClock(0);
  const ended: string[] = [];
  const stop = new AbortController();
  const logger = createLogger("test");
  vi.spyOn(logger, "error").mockImplementation(() => undefined);
  const running = watchKernelMemory(
    {
      memory: async () => memoryAt(clock.now() / 1000),
      busyMs: async () =>
        new Map([
          ["idle-but-old", 900_000],
          ["busy", clock.now()],
        ]),
      restartNodes: async (sandboxId) => void ended.push(sandboxId),
    },
    clock,
    logger,
    stop.signal,
  );
  for (let second = 0; second < 40; second++) {
    await clock.advance(1000);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
  stop.abort(new Error("over"));
  await running;
  return ended;
}

const state = (kernelBytes: number, availableBytes: number): MemoryState => ({
  kernelBytes,
  availableBytes,
  totalBytes: 16 * GiB,
});

test("when the kernel's part eats the last of the memory, the nodes of the lab that is busy now start again", async () => {
  expect((await watched((second) => state(second * 0.1 * GiB, GiB)))[0]).toBe("busy");
});

test("neither growth with memory left nor little memory without growth ends anything", async () => {
  expect(await watched((second) => state(second * 0.1 * GiB, 8 * GiB))).toEqual([]);
  expect(await watched(() => state(4 * GiB, GiB))).toEqual([]);
});

test("the host's figures are read", async () => {
  const { kernelBytes, availableBytes, totalBytes } = await hostMemory();
  expect(kernelBytes).toBeGreaterThan(0);
  expect(availableBytes).toBeLessThan(totalBytes);
});
