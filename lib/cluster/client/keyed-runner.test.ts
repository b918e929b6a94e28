import { expect, test } from "vitest";
import { ManualClock } from "@/lib/core/clock";
import { KeyedRunner } from "./keyed-runner";

test("a key that is added many times while it waits is handled once", async () => {
  const seen: string[] = [];
  const runner = new KeyedRunner(async (key) => void seen.push(key), { clock: new ManualClock() });
  for (const key of ["a", "b", "a", "a"]) runner.add(key);
  await runner.idle();
  expect(seen).toEqual(["a", "b"]);
});

test("a key that is added while it is handled is handled again, never twice at once", async () => {
  let running = 0;
  let handled = 0;
  const runner: KeyedRunner = new KeyedRunner(
    async (key) => {
      expect(++running).toBe(1);
      if (++handled === 1) runner.add(key);
      await Promise.resolve();
      running--;
    },
    { clock: new ManualClock() },
  );
  runner.add("a");
  await runner.idle();
  expect(handled).toBe(2);
});

test("a failing key is repeated with growing delays and does not hold others up", async () => {
  const clock = new ManualClock();
  const at: number[] = [];
  const seen: string[] = [];
  const runner = new KeyedRunner(
    async (key) => {
      if (key === "good") return void seen.push(key);
      at.push(clock.now());
      if (at.length < 4) throw new Error("no");
    },
    { clock, retryFirstMs: 10 },
  );
  runner.add("bad");
  runner.add("good");
  await runner.idle();
  expect(seen).toEqual(["good"]);
  await clock.advance(100);
  await runner.idle();
  expect(at.map((ms) => ms - at[0]!)).toEqual([0, 10, 30, 70]);
});

test("the earliest of several delays counts", async () => {
  const clock = new ManualClock();
  let handled = 0;
  const runner = new KeyedRunner(async () => void handled++, { clock });
  runner.addAfter("a", 1000);
  runner.addAfter("a", 10);
  await clock.advance(20);
  await runner.idle();
  expect(handled).toBe(1);
  await clock.advance(2000);
  await runner.idle();
  expect(handled).toBe(1);
});

test("close waits for what is in hand and takes no more", async () => {
  let finish: () => void = () => undefined;
  let isDone = false;
  const runner = new KeyedRunner(
    async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      isDone = true;
    },
    { clock: new ManualClock() },
  );
  runner.add("a");
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  const closed = runner.close();
  runner.add("b");
  finish();
  await closed;
  expect(isDone).toBe(true);
});
