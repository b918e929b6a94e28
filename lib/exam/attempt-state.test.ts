import { describe, expect, it } from "vitest";
import {
  changeFor,
  gradingLeaseMs,
  type AttemptEvent,
  type AttemptFacts,
  type AttemptState,
} from "./attempt-state";

const now = Date.UTC(2026, 0, 1, 12);
const states: AttemptState[] = [
  "PREPARING",
  "RUNNING",
  "SUBMITTED",
  "EXPIRED",
  "GRADING",
  "GRADED",
  "ABANDONED",
  "FAILED",
];
const facts = (state: AttemptState, more: Partial<AttemptFacts> = {}): AttemptFacts => ({
  state,
  deadlineAt: new Date(now + 60_000),
  gradingTries: 0,
  ...more,
});

describe("the life of an attempt", () => {
  const allowed: [AttemptEvent, AttemptState[], AttemptState][] = [
    [{ type: "lab-ready", minutes: 30 }, ["PREPARING"], "RUNNING"],
    [{ type: "lab-failed", problem: "why" }, ["PREPARING"], "FAILED"],
    [{ type: "submit" }, ["RUNNING"], "SUBMITTED"],
    [{ type: "grading-started" }, ["SUBMITTED", "EXPIRED", "GRADING"], "GRADING"],
    [{ type: "grading-postponed", problem: "why" }, ["GRADING"], "GRADING"],
    [{ type: "graded" }, ["GRADING"], "GRADED"],
    [{ type: "abandon" }, ["PREPARING", "RUNNING"], "ABANDONED"],
  ];
  it.each(allowed)("takes %o only from %o", (event, from, to) => {
    for (const state of states) {
      if (from.includes(state)) expect(changeFor(facts(state), event, now).state).toBe(to);
      else
        expect(() => changeFor(facts(state), event, now)).toThrow(
          expect.objectContaining({ code: "conflict" }),
        );
    }
  });

  it("starts the time when the lab is ready, not when it was asked for", () => {
    const change = changeFor(facts("PREPARING"), { type: "lab-ready", minutes: 30 }, now);
    expect(change.deadlineAt).toEqual(new Date(now + 30 * 60_000));
  });

  it("expires at the deadline, not before, whoever notices late", () => {
    const attempt = facts("RUNNING");
    expect(() => changeFor(attempt, { type: "deadline" }, now + 59_999)).toThrow("time left");
    const change = changeFor(attempt, { type: "deadline" }, now + 3_600_000);
    expect(change).toMatchObject({ state: "EXPIRED", endedAt: attempt.deadlineAt });
  });

  it("turns a submission past the deadline into the deadline's", () => {
    expect(changeFor(facts("RUNNING"), { type: "submit" }, now + 60_000).state).toBe("EXPIRED");
  });

  it("backs off between gradings, up to a minute", () => {
    const waits = [1, 2, 3, 10, 100].map((gradingTries) => {
      const event = { type: "grading-postponed", problem: "" } as const;
      const { nextTryAt } = changeFor(facts("GRADING", { gradingTries }), event, now);
      return nextTryAt!.getTime() - now;
    });
    expect(waits).toEqual([2000, 4000, 8000, 60_000, 60_000]);
  });

  it("leases a grading, so that a second process waits and a dead one is followed", () => {
    const change = changeFor(facts("SUBMITTED"), { type: "grading-started" }, now);
    expect(change).toMatchObject({ gradingTries: 1, nextTryAt: new Date(now + gradingLeaseMs) });
  });
});
