import { answerValue, type AnswerValue, type CheckResult } from "@/lib/contract/check";
import { parameterValues } from "@/lib/contract/fields";
import type { DbTransaction } from "@/lib/db/client";
import { randomId } from "@/lib/core/ids";
import { Prisma } from "@/lib/db/generated/client";
import type { CheckOutcome, CheckPurpose } from "@/lib/db/generated/enums";
import type { ExamDeps } from "./deps";
import type { AttemptRow } from "./find-attempt";
import { loadVersion } from "./load-version";
import { awakeLab } from "./wake-lab";

export type Answers = Record<string, AnswerValue>;

/** The given answers of an attempt by question id. */
export async function readAnswers(db: DbTransaction, attemptId: string): Promise<Answers> {
  const rows = await db.answer.findMany({ where: { attemptId } });
  return Object.fromEntries(
    rows.filter((row) => row.value !== null).map((row) => [row.questionId, answerValue.parse(row.value)]),
  );
}

/**
 * Runs the pinned version's checks for some questions (default: all, and the guards) on the attempt's lab.
 * Throws what clusterd throws; a checker that fails is an `ungradable` result, not an error.
 */
export async function runChecks(
  deps: ExamDeps,
  attempt: AttemptRow,
  answers: Answers,
  questionIds?: string[],
): Promise<CheckResult[]> {
  const { lab, checksSource } = await loadVersion(deps, attempt.versionId);
  const questions = lab.manifest.questions
    .filter(({ id }) => !questionIds || questionIds.includes(id))
    .map(({ id, points }) => ({ questionId: id, pointsMax: points, answer: answers[id] }));
  const guards = questionIds ? [] : lab.manifest.guards.map((id) => ({ questionId: id, pointsMax: 0 }));
  const deadlineMs = questionIds ? 30_000 : 120_000;
  await awakeLab(deps, attempt);
  const { results } = await deps.clusterd.call(
    "check.run",
    {
      labId: attempt.clusterLabId,
      source: checksSource,
      parameters: parameterValues.parse(attempt.parameters),
      questions: [...questions, ...guards],
      deadlineMs,
    },
    { timeoutMs: deadlineMs + 15_000 },
  );
  const guardIds = new Set(lab.manifest.guards);
  return results.map((result) => ({ ...result, guard: result.guard || guardIds.has(result.questionId) }));
}

/** Appends results to the record of the attempt. */
export async function recordResults(
  tx: DbTransaction,
  input: {
    attemptId: string;
    purpose: CheckPurpose;
    results: CheckResult[];
    answers: Answers;
    now: Date;
  },
): Promise<void> {
  await tx.checkResult.createMany({
    data: input.results.map((result) => ({
      id: randomId(),
      attemptId: input.attemptId,
      questionId: result.questionId,
      purpose: input.purpose,
      outcome: result.outcome.toUpperCase() as CheckOutcome,
      points: result.points,
      pointsMax: result.pointsMax,
      guard: result.guard,
      reason: result.reason,
      evidence: result.evidence,
      answer: input.answers[result.questionId] ?? Prisma.DbNull,
      durationMs: result.durationMs,
      createdAt: input.now,
    })),
  });
}
