import { AppError } from "@/lib/core/app-error";
import { parameterValues } from "@/lib/contract/fields";
import { renderQuestion } from "@/lib/lab/render-question";
import type { Actor } from "@/lib/auth/roles";
import { requireRunning } from "./attempt-state";
import type { ExamDeps } from "./deps";
import { findOwnAttempt } from "./find-attempt";
import { loadVersion } from "./load-version";
import { findQuestion } from "./save-answer";

/** The hint of a question in practice; that it was shown is remembered. Returns Markdown. */
export async function revealHint(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string; questionId: string },
): Promise<string> {
  const attempt = await findOwnAttempt(deps, actor, input.attemptId);
  requireRunning(attempt, deps.clock.now());
  if (attempt.mode !== "PRACTICE") throw new AppError("forbidden", "There are no hints in an exam.");
  const { id: questionId } = await findQuestion(deps, attempt.versionId, input.questionId);
  const { lab } = await loadVersion(deps, attempt.versionId);
  const parameters = parameterValues.parse(attempt.parameters);
  const { hint } = renderQuestion(lab, questionId, parameters, attempt.seed);
  if (!hint) throw new AppError("not-found", "This question has no hint.");
  const hintShownAt = new Date(deps.clock.now());
  await deps.db.answer.upsert({
    where: { attemptId_questionId: { attemptId: attempt.id, questionId } },
    create: { attemptId: attempt.id, questionId, hintShownAt },
    update: { hintShownAt },
  });
  return hint;
}
