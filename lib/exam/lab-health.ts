import { AppError } from "@/lib/core/app-error";
import { parameterValues } from "@/lib/contract/fields";
import { resolveEnvironment } from "@/lib/lab/resolve-environment";
import type { Actor } from "@/lib/auth/roles";
import { requireRunning } from "./attempt-state";
import type { ExamDeps } from "./deps";
import { findOwnAttempt, type AttemptRow } from "./find-attempt";
import { noteSeen, wakeLab } from "./wake-lab";
import { loadVersion } from "./load-version";

export interface LabHealth {
  /**
   * `waking`: it was frozen, since nobody looked at it or the server was stopped, and is on its way back;
   * `lost`: clusterd does not know the lab or it failed; `unknown`: clusterd does not answer.
   */
  state: "ready" | "starting" | "waking" | "lost" | "unknown";
}

/** How the lab of the actor's running attempt is. Looking at a frozen one wakes it. */
export async function labHealth(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string },
): Promise<LabHealth> {
  const attempt = await findOwnAttempt(deps, actor, input.attemptId);
  requireRunning(attempt, deps.clock.now());
  await noteSeen(deps, attempt);
  return look(deps, attempt);
}

/**
 * Builds a lost lab again, with the attempt's own values, as it was at its start; the time goes on.
 * Throws `conflict` while the lab is there.
 */
export async function rebuildLab(deps: ExamDeps, actor: Actor, input: { attemptId: string }): Promise<void> {
  const attempt = await findOwnAttempt(deps, actor, input.attemptId);
  requireRunning(attempt, deps.clock.now());
  const { state } = await look(deps, attempt);
  if (state !== "lost") throw new AppError("conflict", "Your lab is there: it is not built again.");
  await buildAgain(deps, attempt);
}

/**
 * Puts the lab of the actor's running attempt back to its start, with the attempt's own values: whatever was done in the
 * cluster is gone, answers stay, the time goes on.
 */
export async function resetLab(deps: ExamDeps, actor: Actor, input: { attemptId: string }): Promise<void> {
  const attempt = await findOwnAttempt(deps, actor, input.attemptId);
  requireRunning(attempt, deps.clock.now());
  await buildAgain(deps, attempt);
}

async function buildAgain(deps: ExamDeps, attempt: AttemptRow): Promise<void> {
  const labId = attempt.clusterLabId;
  await deps.terminald.call("lab.close", { labId }).catch((err: unknown) => {
    deps.logger.warn({ err, labId }, "terminals of a lab that is built again could not be closed");
  });
  await deps.clusterd.call("lab.stop", { labId });
  const { lab } = await loadVersion(deps, attempt.versionId);
  const environment = resolveEnvironment(lab, parameterValues.parse(attempt.parameters));
  await deps.clusterd.call("lab.start", { labId, environment });
  deps.logger.info({ labId }, "lab is built again");
}

async function look(deps: ExamDeps, attempt: AttemptRow): Promise<LabHealth> {
  try {
    const { phase, frozen, error } = await wakeLab(deps, attempt);
    if (phase === "ready") return { state: "ready" };
    if (phase === "starting") return { state: frozen ? "waking" : "starting" };
    // One that could not be woken (no room, say) is tried again with the next look.
    if (phase === "frozen" || phase === "freezing") return { state: error ? "unknown" : "waking" };
    return { state: "lost" };
  } catch (failure) {
    return { state: AppError.from(failure).code === "not-found" ? "lost" : "unknown" };
  }
}
