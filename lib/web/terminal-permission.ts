import { resolveActor } from "@/lib/auth/resolve-actor";
import { hasRole, type Actor } from "@/lib/auth/roles";
import type { TicketClaims } from "@/lib/auth/tickets";
import { AppError } from "@/lib/core/app-error";
import { requireRunning } from "@/lib/exam/attempt-state";
import type { ExamDeps } from "@/lib/exam/deps";
import { findVisibleAttempt } from "@/lib/exam/find-attempt";
import { terminalAccess } from "@/lib/exam/terminal-access";

/**
 * The lab whose terminals the actor may use, or with `readOnly` watch, which graders may for any running attempt.
 * Throws `not-found` or `conflict`.
 */
export async function terminalLab(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string; readOnly: boolean },
): Promise<string> {
  if (!input.readOnly || !hasRole(actor, "GRADER")) return (await terminalAccess(deps, actor, input)).labId;
  const attempt = await findVisibleAttempt(deps, actor, input.attemptId);
  requireRunning(attempt, deps.clock.now());
  return attempt.clusterLabId;
}

/** As `terminalLab`; besides, the session must be one of that lab's. */
export async function requireTerminalSession(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string; sessionId: string; readOnly: boolean },
): Promise<void> {
  const labId = await terminalLab(deps, actor, input);
  const { sessions } = await inWords(deps.terminald.call("session.list", { labId }));
  if (!sessions.some(({ sessionId }) => sessionId === input.sessionId))
    throw new AppError("not-found", "This terminal does not exist any more.");
}

/** Whether what a ticket was given for still holds, asked again and again while its connection lasts. */
export async function recheckTicket(deps: ExamDeps, claims: TicketClaims): Promise<void> {
  const actor = await resolveActor(deps.db, claims);
  if (!actor) throw new AppError("unauthenticated", "Your session has ended. Sign in again.");
  await terminalLab(deps, actor, claims);
}

/** A terminald that does not answer, as a sentence for a student. */
export async function inWords<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (failure) {
    const error = AppError.from(failure);
    if (error.code !== "unavailable" && error.code !== "timeout") throw error;
    throw new AppError(
      "unavailable",
      "The terminal server is not there at the moment. Your shell goes on; it is tried again.",
      { cause: failure },
    );
  }
}
