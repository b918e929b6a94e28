import { AppError } from "@/lib/core/app-error";
import type { LabStatus } from "@/lib/contract/clusterd";
import type { ExamDeps } from "./deps";
import type { AttemptRow } from "./find-attempt";

type Attempt = Pick<AttemptRow, "id" | "clusterLabId" | "hibernatedAt" | "lastSeenAt">;

const seenEveryMs = 60_000;
const wakeTimeoutMs = 90_000;

/** Notes that the student of an attempt is there: labs that nobody looks at are frozen after a while. */
export async function noteSeen(deps: ExamDeps, attempt: Attempt): Promise<void> {
  const nowMs = deps.clock.now();
  if (attempt.lastSeenAt && nowMs - attempt.lastSeenAt.getTime() < seenEveryMs) return;
  await deps.db.attempt.update({ where: { id: attempt.id }, data: { lastSeenAt: new Date(nowMs) } });
}

/**
 * The status of an attempt's lab; a frozen one (idle, or from before `examctl down`) begins to thaw. Throws what clusterd
 * throws.
 */
export async function wakeLab(deps: ExamDeps, attempt: Attempt): Promise<LabStatus> {
  const labId = attempt.clusterLabId;
  let status = await deps.clusterd.call("lab.status", { labId });
  if (status.phase === "frozen") {
    status = await deps.clusterd.call("lab.thaw", { labId }).catch(async (failure: unknown) => {
      if (AppError.from(failure).code !== "conflict") throw failure;
      return deps.clusterd.call("lab.status", { labId }); // another request was first
    });
    deps.logger.info({ labId }, "lab is woken");
  }
  if (attempt.hibernatedAt && status.phase !== "freezing")
    await deps.db.attempt.updateMany({
      where: { id: attempt.id, hibernatedAt: { not: null } },
      data: { hibernatedAt: null, lastSeenAt: new Date(deps.clock.now()) },
    });
  return status;
}

/**
 * As `wakeLab`, and waits until the lab is ready. A lab that is not there, or failed, is the caller's to meet; one that
 * is still on its way after a while throws `timeout`.
 */
export async function awakeLab(deps: ExamDeps, attempt: Attempt): Promise<void> {
  const untilMs = deps.clock.now() + wakeTimeoutMs;
  let status = await wakeLab(deps, attempt);
  while (status.phase === "freezing" || status.phase === "starting") {
    if (deps.clock.now() >= untilMs)
      throw new AppError("timeout", "The lab is not ready yet. Try again in a moment.");
    status = await deps.clusterd.call(
      "lab.status",
      { labId: attempt.clusterLabId, afterRevision: status.revision, timeoutMs: 5000 },
      { timeoutMs: 15_000 },
    );
    if (status.phase === "frozen") status = await wakeLab(deps, attempt);
  }
}
