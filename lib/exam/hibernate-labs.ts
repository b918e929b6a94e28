import { AppError } from "@/lib/core/app-error";
import type { ExamDeps } from "./deps";
import type { AttemptRow } from "./find-attempt";

/** Few at a time: freezing is work for the machine, and nobody waits for it. */
const atOnce = 2;

/** Freezes labs whose students have been away for longer than the server allows. The next look at one wakes it. */
export async function hibernateLabs(deps: ExamDeps): Promise<void> {
  if (deps.hibernateAfterMs === 0) return;
  const before = new Date(deps.clock.now() - deps.hibernateAfterMs);
  const idle = await deps.db.attempt.findMany({
    where: {
      state: "RUNNING",
      hibernatedAt: null,
      readyAt: { lt: before },
      OR: [{ lastSeenAt: null }, { lastSeenAt: { lt: before } }],
    },
    orderBy: { lastSeenAt: { sort: "asc", nulls: "first" } },
    take: atOnce,
  });
  for (const attempt of idle) await hibernate(deps, attempt);
}

async function hibernate(deps: ExamDeps, attempt: AttemptRow): Promise<void> {
  const labId = attempt.clusterLabId;
  // Marked first: a student who comes back meanwhile finds the mark and wakes the lab.
  const hibernatedAt = new Date(deps.clock.now());
  const mark = (value: Date | null, lastSeenAt?: Date) =>
    deps.db.attempt.updateMany({
      where: { id: attempt.id, state: "RUNNING" },
      data: { hibernatedAt: value, ...(lastSeenAt ? { lastSeenAt } : {}) },
    });
  await mark(hibernatedAt);
  try {
    await deps.terminald.call("lab.close", { labId }).catch((failure: unknown) => {
      deps.logger.warn({ err: failure, labId }, "terminals of an idle lab could not be closed");
    });
    const { sizeBytes } = await deps.clusterd.call("lab.freeze", { labId }, { timeoutMs: 300_000 });
    deps.logger.info({ labId, sizeBytes }, "idle lab is frozen");
  } catch (failure) {
    const { code } = AppError.from(failure);
    deps.logger.warn({ err: failure, labId, code }, "an idle lab was not frozen");
    // One that is too large, or lost, is looked at again after the same while.
    await mark(null, hibernatedAt);
  }
}
