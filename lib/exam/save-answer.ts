import { AppError } from "@/lib/core/app-error";
import { answerValue, type AnswerValue } from "@/lib/contract/check";
import type { Question } from "@/lib/contract/lab";
import { Prisma } from "@/lib/db/generated/client";
import type { Actor } from "@/lib/auth/roles";
import type { DbTransaction } from "@/lib/db/client";
import { requireRunning } from "./attempt-state";
import type { ExamDeps } from "./deps";
import { findOwnAttempt } from "./find-attempt";
import { loadVersion } from "./load-version";

export interface SaveAnswerInput {
  attemptId: string;
  questionId: string;
  /** null takes the answer back. */
  value: AnswerValue | null;
}

/**
 * Stores an answer; the last writer wins, and every write has a higher revision. Returns that revision.
 * Throws `conflict` when the attempt does not run (any more), `invalid` when the question takes no such answer.
 */
export async function saveAnswer(
  deps: ExamDeps,
  actor: Actor,
  input: SaveAnswerInput,
): Promise<{ revision: number; savedAtMs: number }> {
  const attempt = await findOwnAttempt(deps, actor, input.attemptId);
  const now = new Date(deps.clock.now());
  requireRunning(attempt, now.getTime());
  const question = await findQuestion(deps, attempt.versionId, input.questionId);
  const value = normalise(question, input.value);
  const stored = await deps.db.$transaction(async (tx) => {
    await lockRunning(tx, attempt.id, now.getTime());
    return tx.answer.upsert({
      where: { attemptId_questionId: { attemptId: attempt.id, questionId: question.id } },
      create: { attemptId: attempt.id, questionId: question.id, value, revision: 1, updatedAt: now },
      update: { value, revision: { increment: 1 }, updatedAt: now },
    });
  });
  return { revision: stored.revision, savedAtMs: now.getTime() };
}

/** Marks a question to come back to. */
export async function setFlag(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string; questionId: string; flagged: boolean },
): Promise<void> {
  const attempt = await findOwnAttempt(deps, actor, input.attemptId);
  requireRunning(attempt, deps.clock.now());
  const { id: questionId } = await findQuestion(deps, attempt.versionId, input.questionId);
  await deps.db.answer.upsert({
    where: { attemptId_questionId: { attemptId: attempt.id, questionId } },
    create: { attemptId: attempt.id, questionId, flagged: input.flagged },
    update: { flagged: input.flagged },
  });
}

/** The attempt cannot be submitted between the look at it and the write: a late answer is refused, never graded. */
async function lockRunning(tx: DbTransaction, attemptId: string, nowMs: number): Promise<void> {
  await tx.$queryRaw`SELECT id FROM attempts WHERE id = ${attemptId} FOR SHARE`;
  requireRunning(await tx.attempt.findUniqueOrThrow({ where: { id: attemptId } }), nowMs);
}

export async function findQuestion(deps: ExamDeps, versionId: string, questionId: string): Promise<Question> {
  const { lab } = await loadVersion(deps, versionId);
  const question = lab.manifest.questions.find(({ id }) => id === questionId);
  if (!question) throw new AppError("not-found", "This practice test has no such question.");
  return question;
}

function normalise(question: Question, value: AnswerValue | null) {
  if (value === null || value.length === 0) return Prisma.DbNull;
  if (question.kind === "task")
    throw new AppError("invalid", "This question is answered in the cluster, not with text.");
  const list = question.kind === "choice" && question.multiple;
  if (Array.isArray(value) !== list)
    throw new AppError("invalid", list ? "This question takes a list." : "This question takes one answer.");
  const clean = answerValue.parse(typeof value === "string" ? value.trim() : value);
  return clean.length === 0 ? Prisma.DbNull : clean;
}
