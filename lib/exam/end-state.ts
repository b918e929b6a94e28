import { AppError } from "@/lib/core/app-error";
import type { ExamDeps } from "./deps";
import type { AttemptRow } from "./find-attempt";

/** Freezes the lab of a graded attempt, so that a grader can open it as the student left it. Never throws. */
export async function freezeEndState(deps: ExamDeps, attempt: AttemptRow): Promise<string | undefined> {
  if (deps.keepEndStatesMs === 0 || attempt.state !== "GRADED") return undefined;
  if (attempt.endStateId) return attempt.endStateId;
  const labId = attempt.clusterLabId;
  try {
    const { frozenId } = await deps.clusterd.call("lab.freeze", { labId }, { timeoutMs: 300_000 });
    await deps.db.attempt.update({ where: { id: attempt.id }, data: { endStateId: frozenId } });
    return frozenId;
  } catch (failure) {
    deps.logger.warn({ err: failure, labId }, "the end state of an attempt is not kept");
    return undefined;
  }
}

/** Removes end states that are older than the server keeps them. */
export async function expireEndStates(deps: ExamDeps): Promise<void> {
  const old = await deps.db.attempt.findMany({
    where: {
      endStateId: { not: null },
      labStoppedAt: { not: null },
      gradedAt: { lt: new Date(deps.clock.now() - deps.keepEndStatesMs) },
    },
    take: 20,
  });
  for (const { id, endStateId } of old) {
    try {
      await deps.clusterd.call("frozen.remove", { frozenId: endStateId! });
      await deps.db.attempt.update({ where: { id }, data: { endStateId: null } });
    } catch (failure) {
      const { code } = AppError.from(failure);
      deps.logger.warn({ err: failure, attemptId: id, code }, "an old end state was not removed");
    }
  }
}
