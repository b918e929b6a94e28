import { AppError } from "@/lib/core/app-error";
import type { CheckResult } from "@/lib/contract/check";
import type { Actor } from "@/lib/auth/roles";
import { requireRunning } from "./attempt-state";
import type { ExamDeps } from "./deps";
import { findOwnAttempt } from "./find-attempt";
import { readAnswers, recordResults, runChecks } from "./run-checks";
import { findQuestion } from "./save-answer";

/** What a student hears of a check in practice: never the evidence, which holds the right answer. */
export type Feedback = Pick<CheckResult, "outcome" | "points" | "pointsMax" | "reason"> & {
  checkedAtMs: number;
};

const busy = new Set<string>();

/** Checks one question of a running practice attempt, with the stored answer, and remembers the result. */
export async function checkQuestion(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string; questionId: string },
): Promise<Feedback> {
  const attempt = await findOwnAttempt(deps, actor, input.attemptId);
  requireRunning(attempt, deps.clock.now());
  if (attempt.mode !== "PRACTICE")
    throw new AppError("forbidden", "Questions are not checked during an exam.");
  const question = await findQuestion(deps, attempt.versionId, input.questionId);
  if (busy.has(attempt.id)) throw new AppError("exhausted", "A check is still running. Wait for its result.");
  busy.add(attempt.id);
  try {
    const answers = await readAnswers(deps.db, attempt.id);
    const results = await runChecks(deps, attempt, answers, [question.id]).catch((failure: unknown) => {
      throw inWords(failure);
    });
    const result = results.find(({ questionId }) => questionId === question.id);
    if (!result) throw new AppError("internal", "The check gave no result. Tell your teacher.");
    const now = new Date(deps.clock.now());
    await recordResults(deps.db, {
      attemptId: attempt.id,
      purpose: "FEEDBACK",
      results: [result],
      answers,
      now,
    });
    const { outcome, points, pointsMax, reason } = result;
    return { outcome, points, pointsMax, reason, checkedAtMs: now.getTime() };
  } finally {
    busy.delete(attempt.id);
  }
}

function inWords(failure: unknown): AppError {
  const error = AppError.from(failure);
  if (error.code === "not-found")
    return new AppError("conflict", "The lab of this attempt does not run any more. Submit what you have.", {
      cause: failure,
    });
  if (error.code === "unavailable" || error.code === "timeout")
    return new AppError("unavailable", "The check could not be run right now. Try again in a moment.", {
      cause: failure,
    });
  return error;
}
