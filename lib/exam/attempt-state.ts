import { AppError } from "@/lib/core/app-error";

/**
 * The life of an attempt:
 *
 *     PREPARING -> RUNNING -> SUBMITTED | EXPIRED -> GRADING -> GRADED
 *         |           |
 *         +-----------+--> ABANDONED        PREPARING -> FAILED (the lab could not be started)
 *
 * Pure: an event at a time makes a change or is refused. Whoever stores the change does so only if the state is still
 * the one that it was computed from.
 */
export type AttemptState =
  | "PREPARING"
  | "RUNNING"
  | "SUBMITTED"
  | "EXPIRED"
  | "GRADING"
  | "GRADED"
  | "ABANDONED"
  | "FAILED";

export interface AttemptFacts {
  state: AttemptState;
  deadlineAt: Date | null;
  gradingTries: number;
}

export type AttemptEvent =
  | { type: "lab-ready"; minutes: number }
  | { type: "lab-failed"; problem: string }
  | { type: "submit" }
  | { type: "deadline" }
  | { type: "grading-started" }
  | { type: "grading-postponed"; problem: string }
  | { type: "graded" }
  | { type: "abandon" };

export interface AttemptChange {
  state: AttemptState;
  readyAt?: Date;
  deadlineAt?: Date;
  endedAt?: Date;
  gradedAt?: Date;
  gradingTries?: number;
  nextTryAt?: Date | null;
  problem?: string | null;
}

/** While a grading runs it renews this lease and nobody else starts one; a process that dies in between is followed after it. */
export const gradingLeaseMs = 15_000;
const retryFirstMs = 2000;
const retryMaxMs = 60_000;

/** Throws AppError `conflict` with a sentence for people when the event cannot happen in this state. */
export function changeFor(attempt: AttemptFacts, event: AttemptEvent, nowMs: number): AttemptChange {
  const now = new Date(nowMs);
  const { state } = attempt;
  switch (event.type) {
    case "lab-ready":
      need(state, ["PREPARING"], event);
      return {
        state: "RUNNING",
        readyAt: now,
        deadlineAt: new Date(nowMs + event.minutes * 60_000),
        nextTryAt: null,
        problem: null,
      };
    case "lab-failed":
      need(state, ["PREPARING"], event);
      return { state: "FAILED", endedAt: now, problem: event.problem, nextTryAt: null };
    case "submit":
      need(state, ["RUNNING"], event);
      // A submission that arrives late is the deadline's: the clock decides, not who came first.
      return isOverdue(attempt, nowMs)
        ? changeFor(attempt, { type: "deadline" }, nowMs)
        : { state: "SUBMITTED", endedAt: now, nextTryAt: null };
    case "deadline":
      need(state, ["RUNNING"], event);
      if (!isOverdue(attempt, nowMs)) throw new AppError("conflict", "There is time left.");
      return { state: "EXPIRED", endedAt: attempt.deadlineAt!, nextTryAt: null };
    case "grading-started":
      need(state, ["SUBMITTED", "EXPIRED", "GRADING"], event);
      return {
        state: "GRADING",
        gradingTries: attempt.gradingTries + 1,
        nextTryAt: new Date(nowMs + gradingLeaseMs),
      };
    case "grading-postponed":
      need(state, ["GRADING"], event);
      return {
        state: "GRADING",
        problem: event.problem,
        nextTryAt: new Date(
          nowMs + Math.min(retryMaxMs, retryFirstMs * 2 ** Math.max(0, attempt.gradingTries - 1)),
        ),
      };
    case "graded":
      need(state, ["GRADING"], event);
      return { state: "GRADED", gradedAt: now, nextTryAt: null, problem: null };
    case "abandon":
      need(state, ["PREPARING", "RUNNING"], event);
      return { state: "ABANDONED", endedAt: now, nextTryAt: null };
  }
}

export function isOverdue(attempt: { deadlineAt: Date | null }, nowMs: number): boolean {
  return attempt.deadlineAt !== null && attempt.deadlineAt.getTime() <= nowMs;
}

/** Nothing of the student's can change any more. */
export function isOver(state: AttemptState): boolean {
  return state !== "PREPARING" && state !== "RUNNING";
}

const inWords: Record<AttemptState, string> = {
  PREPARING: "The lab is not ready yet.",
  RUNNING: "This attempt is running.",
  SUBMITTED: "This attempt was submitted already.",
  EXPIRED: "The time of this attempt is over.",
  GRADING: "This attempt is being graded.",
  GRADED: "This attempt is graded already.",
  ABANDONED: "This attempt was given up.",
  FAILED: "The lab of this attempt could not be started.",
};

function need(state: AttemptState, allowed: AttemptState[], event: AttemptEvent): void {
  if (!allowed.includes(state))
    throw new AppError("conflict", inWords[state], { details: { state, event: event.type } });
}

/** For use cases that a student calls while an attempt runs. */
export function requireRunning(
  attempt: { state: AttemptState; deadlineAt: Date | null },
  nowMs: number,
): void {
  if (attempt.state !== "RUNNING") throw new AppError("conflict", inWords[attempt.state]);
  if (isOverdue(attempt, nowMs)) throw new AppError("conflict", inWords.EXPIRED);
}
