import { AppError } from "@/lib/core/app-error";
import type { ExamDeps } from "./deps";
import { freezeEndState } from "./end-state";
import type { AttemptRow } from "./find-attempt";

/**
 * Stops the lab of an attempt that is over and keeps its recordings. True when it is gone; otherwise the sweeper
 * comes back to it.
 */
export async function stopLab(deps: ExamDeps, attempt: AttemptRow): Promise<boolean> {
  if (!attempt.labStartedAt || attempt.labStoppedAt) return true;
  const labId = attempt.clusterLabId;
  try {
    await deps.terminald.call("lab.close", { labId });
  } catch (failure) {
    deps.logger.warn({ err: failure, labId }, "terminals of an ended lab could not be closed");
  }
  const keepFrozen = (await freezeEndState(deps, attempt)) !== undefined;
  try {
    await deps.clusterd.call("lab.stop", { labId, keepFrozen }, { timeoutMs: 60_000 });
  } catch (failure) {
    if (AppError.from(failure).code !== "not-found") {
      deps.logger.warn({ err: failure, labId }, "lab could not be stopped; it is tried again");
      return false;
    }
  }
  await deps.db.attempt.update({
    where: { id: attempt.id },
    data: { labStoppedAt: new Date(deps.clock.now()) },
  });
  return true;
}
