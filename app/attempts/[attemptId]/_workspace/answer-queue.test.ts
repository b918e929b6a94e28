import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/app/_client/api";
import { AnswerQueue, type SaveState, type Values } from "./answer-queue";

let stored: Values;
let server: Values;
let failure: ApiError | undefined;
let states: SaveState[];
let refused: string[];

beforeEach(() => {
  vi.useFakeTimers();
  stored = {};
  server = {};
  failure = undefined;
  states = [];
  refused = [];
});
afterEach(() => vi.useRealTimers());

const open = () =>
  new AnswerQueue({
    put: (questionId, value) => {
      if (failure) return Promise.reject(failure);
      server[questionId] = value;
      return Promise.resolve();
    },
    store: {
      read: () => ({ ...stored }),
      write: (values) => {
        stored = { ...values };
        return true;
      },
    },
    onState: (state) => states.push(state),
    onRefused: (sentence) => refused.push(sentence),
  });

describe("answers on their way", () => {
  it("are sent together a moment after the last key, and forgotten once the server has them", async () => {
    const queue = open();
    queue.set("a", "1");
    queue.set("a", "12");
    expect(stored).toEqual({ a: "12" });
    await vi.advanceTimersByTimeAsync(600);
    expect(server).toEqual({ a: "12" });
    expect(stored).toEqual({});
    expect(states).toEqual(["saving", "saved"]);
  });

  it.each([
    ["offline", "offline"],
    ["unavailable", "offline"],
    ["internal", "offline"],
    ["timeout", "offline"],
    ["exhausted", "offline"],
    ["forbidden", "offline"],
    ["unauthenticated", "signed-out"],
  ])("are kept through %s, said to be so, and sent as soon as it is over", async (code, state) => {
    failure = new ApiError(code, "Not now.");
    const queue = open();
    queue.set("a", "1");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(stored).toEqual({ a: "1" });
    expect(states.at(-1)).toBe(state);
    expect(refused).toEqual([]);
    failure = undefined;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(server).toEqual({ a: "1" });
    expect(stored).toEqual({});
    expect(states.at(-1)).toBe("saved");
  });

  it("of a page that had to be left are sent by the next one, after sign-in", async () => {
    failure = new ApiError("unauthenticated", "Your session has ended.");
    const before = open();
    before.set("a", ["x", "y"], true);
    await vi.advanceTimersByTimeAsync(0);
    expect(before.wouldLose).toBe(false); // the way to the sign-in page asks nothing
    before.stop();

    failure = undefined;
    const after = open();
    expect(after.resume()).toEqual({ a: ["x", "y"] });
    await vi.advanceTimersByTimeAsync(0);
    expect(server).toEqual({ a: ["x", "y"] });
    expect(stored).toEqual({});
  });

  it("that the server will never take are told and dropped; others go on", async () => {
    failure = new ApiError("conflict", "The time of this attempt is over.");
    const queue = open();
    queue.set("a", "late");
    await vi.advanceTimersByTimeAsync(600);
    expect(refused).toEqual(["The time of this attempt is over."]);
    expect(states.at(-1)).toBe("refused");
    failure = undefined;
    queue.set("b", "2");
    await vi.advanceTimersByTimeAsync(4_000);
    expect(server).toEqual({ b: "2" });
  });

  it("would be lost by leaving while the server does not answer", async () => {
    failure = new ApiError("offline", "The server cannot be reached.");
    const queue = open();
    expect(queue.wouldLose).toBe(false);
    queue.set("a", "1", true);
    await vi.advanceTimersByTimeAsync(0);
    expect(queue.wouldLose).toBe(true);
    queue.stop();
  });
});
