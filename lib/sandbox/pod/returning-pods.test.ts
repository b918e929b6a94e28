import { expect, test } from "vitest";
import { ManualClock } from "@/lib/core/clock";
import { ReturningPods } from "./returning-pods";

/** Pods whose attempts fail until `isReady`. */
function begin(podUids: string[], isWanted = () => true) {
  const clock = new ManualClock();
  const returning = new ReturningPods();
  const state = { isReady: false, attempts: [] as string[], givenUp: [] as string[] };
  returning.begin(podUids, clock, {
    isWanted,
    attempt: async (podUid) => {
      state.attempts.push(podUid);
      if (!state.isReady) throw new Error("connection refused");
    },
    giveUp: (podUid, failure) => void state.givenUp.push(`${podUid}: ${(failure as Error).message}`),
  });
  return { clock, returning, state };
}

test("pods count as on their way until an attempt succeeds; one failure holds the others of the round back", async () => {
  const { clock, returning, state } = begin(["a", "b"]);
  const since = clock.now();
  await clock.advance(150);
  expect(state.attempts).toEqual(["a"]);
  expect([returning.sinceMs("a"), returning.sinceMs("b"), returning.sinceMs("c")]).toEqual([
    since,
    since,
    undefined,
  ]);
  state.isReady = true;
  const settled = returning.settled("b");
  await clock.advance(150);
  await settled;
  expect(state.attempts).toEqual(["a", "a", "b"]);
  expect(returning.sinceMs("a")).toBeUndefined();
  expect(returning.sinceMs("b")).toBeUndefined();
});

test("after a minute what is left is given up, with the last reason", async () => {
  const { clock, returning, state } = begin(["a", "b"]);
  await clock.advance(59_000);
  expect(state.givenUp).toEqual([]);
  await clock.advance(2000);
  expect(state.givenUp).toEqual(["a: connection refused", "b: connection refused"]);
  expect(returning.sinceMs("a")).toBeUndefined();
});

test("a pod that is not wanted any more is not attempted again", async () => {
  const { clock, returning, state } = begin(["a", "b"]);
  await returning.cancel("a");
  state.isReady = true;
  await clock.advance(300);
  expect(state.attempts).toEqual(["b"]);
});

test("a node on its way out leaves its pods as they are, for the archive", async () => {
  const { clock, returning, state } = begin(["a"], () => false);
  await clock.advance(120_000);
  expect(state.attempts).toEqual([]);
  expect(state.givenUp).toEqual([]);
  expect(returning.sinceMs("a")).toBeDefined();
});
