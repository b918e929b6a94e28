import { AppError } from "@/lib/core/app-error";
import { hasRole, type Actor } from "@/lib/auth/roles";
import type { ExamDeps } from "./deps";

const noSuchAttempt = () => new AppError("not-found", "There is no such attempt.");

/** The actor's own attempt. Of others' it says the same as of none: ids tell nothing. Throws `not-found`. */
export async function findOwnAttempt(deps: ExamDeps, actor: Actor, attemptId: string) {
  const attempt = await deps.db.attempt.findUnique({ where: { id: attemptId } });
  if (!attempt || attempt.userId !== actor.userId) throw noSuchAttempt();
  return attempt;
}

/** An attempt that the actor may look at: the own one, or any one as a grader. Throws `not-found`. */
export async function findVisibleAttempt(deps: ExamDeps, actor: Actor, attemptId: string) {
  const attempt = await deps.db.attempt.findUnique({ where: { id: attemptId } });
  if (!attempt || (attempt.userId !== actor.userId && !hasRole(actor, "GRADER"))) throw noSuchAttempt();
  return attempt;
}

export type AttemptRow = Awaited<ReturnType<typeof findOwnAttempt>>;
