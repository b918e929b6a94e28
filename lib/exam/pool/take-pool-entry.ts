import type { DbTransaction } from "@/lib/db/client";
import type { Prisma } from "@/lib/db/generated/client";
import type { ExamDeps } from "../deps";
import type { AttemptRow } from "../find-attempt";
import { tryMoveAttempt } from "../move-attempt";
import { loadVersion } from "../load-version";

/** What an attempt takes over from the pool; the entry is gone with the transaction, so that it is used once. */
export async function takePoolEntry(
  tx: DbTransaction,
  versionId: string,
): Promise<{ seed: string; parameters: Prisma.InputJsonValue; clusterLabId: string } | undefined> {
  const entry = await tx.poolEntry.findFirst({
    where: { versionId, state: "READY" },
    orderBy: [{ createdAt: "asc" }, { id: "asc" }],
  });
  if (!entry) return undefined;
  const { count } = await tx.poolEntry.deleteMany({ where: { id: entry.id, state: "READY" } });
  if (count === 0) return undefined;
  const { seed, parameters, clusterLabId } = entry;
  return { seed, parameters: parameters as Prisma.InputJsonValue, clusterLabId };
}

/** Lets an attempt that took a lab from the pool begin at once. False when that lab is not ready after all. */
export async function beginPooled(deps: ExamDeps, attempt: AttemptRow): Promise<boolean> {
  try {
    const status = await deps.clusterd.call("lab.status", { labId: attempt.clusterLabId });
    if (status.phase !== "ready") return false;
    await deps.db.attempt.update({ where: { id: attempt.id }, data: { startSteps: status.steps } });
  } catch (failure) {
    deps.logger.warn({ err: failure, attemptId: attempt.id }, "a lab of the pool was not there");
    return false;
  }
  const { lab } = await loadVersion(deps, attempt.versionId);
  await tryMoveAttempt(
    deps.db,
    attempt,
    { type: "lab-ready", minutes: lab.manifest.minutes },
    deps.clock.now(),
  );
  return true;
}
