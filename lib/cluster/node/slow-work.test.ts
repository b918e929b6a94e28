import { expect, test, vi } from "vitest";
import type { NodeContext } from "./node-context";
import { warnIfSlow } from "./slow-work";

function contextOf(sleepMs: number[]) {
  let wake: () => void = () => undefined;
  const clock = {
    now: () => 0,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        sleepMs.push(ms);
        wake = resolve;
        signal?.addEventListener("abort", () => reject(new Error("aborted")));
      }),
  };
  const warn = vi.fn();
  const context = { clock, logger: { warn }, node: { name: "node01" } };
  return { context: context as unknown as NodeContext, warn, wake: () => wake() };
}

test("what takes too long is named in the log while it goes on, what ends is not", async () => {
  const sleepMs: number[] = [];
  const { context, warn, wake } = contextOf(sleepMs);
  expect(await warnIfSlow(context, { podUid: "u1", doing: "report" }, Promise.resolve(7))).toBe(7);
  expect(warn).not.toHaveBeenCalled();
  let end: (value: number) => void = () => undefined;
  const slow = warnIfSlow(
    context,
    { podUid: "u1", doing: "stop web" },
    new Promise<number>((resolve) => (end = resolve)),
    5000,
  );
  wake();
  await Promise.resolve();
  expect(warn).toHaveBeenCalledWith({ podUid: "u1", doing: "stop web", node: "node01" }, expect.any(String));
  end(3);
  expect(await slow).toBe(3);
  expect(sleepMs).toEqual([60_000, 65_000]);
});
