import { AppError } from "@/lib/core/app-error";
import { resolveEnvironment } from "@/lib/lab/resolve-environment";
import { parameterValues } from "@/lib/contract/fields";
import { admissionLock } from "./admission-lock";
import { isOver } from "./attempt-state";
import { countPassingLabs } from "./count-passing-labs";
import type { ExamDeps } from "./deps";
import type { AttemptRow } from "./find-attempt";
import { loadVersion } from "./load-version";
import { tryMoveAttempt } from "./move-attempt";
import { beginPooled, takePoolEntry } from "./pool/take-pool-entry";
import { stopLab } from "./stop-lab";

const retryMs = 3000;

/** Starts the labs of waiting attempts, first come first served, as long as there is room. */
export async function admitAttempts(deps: ExamDeps): Promise<void> {
  for (;;) {
    const attempt = await takeNext(deps);
    if (!attempt) return;
    if (attempt.clusterLabId.startsWith("p-") && (await beginPooled(deps, attempt))) continue;
    await startLab(deps, attempt);
  }
}

async function takeNext(deps: ExamDeps): Promise<AttemptRow | undefined> {
  const now = new Date(deps.clock.now());
  const passing = await countPassingLabs(deps);
  return deps.db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(${admissionLock})::text`;
    const running = await tx.attempt.count({
      where: { labStartedAt: { not: null }, labStoppedAt: null, hibernatedAt: null },
    });
    if (running + passing >= deps.labsRunningMax) return undefined;
    const next = await tx.attempt.findFirst({
      where: {
        state: "PREPARING",
        labStartedAt: null,
        OR: [{ nextTryAt: null }, { nextTryAt: { lte: now } }],
      },
      orderBy: [{ createdAt: "asc" }, { id: "asc" }],
    });
    if (!next) return undefined;
    // Values and lab come together: what the student is asked is what that cluster is made of.
    const pooled = next.clusterLabId.startsWith("p-") ? undefined : await takePoolEntry(tx, next.versionId);
    return tx.attempt.update({
      where: { id: next.id },
      data: { ...pooled, labStartedAt: now, nextTryAt: null },
    });
  });
}

/** Asks clusterd for the lab of an admitted attempt. Safe to repeat: a lab that runs already is the one we want. */
export async function startLab(deps: ExamDeps, attempt: AttemptRow): Promise<void> {
  try {
    const version = await loadVersion(deps, attempt.versionId);
    const environment = resolveEnvironment(version.lab, parameterValues.parse(attempt.parameters));
    const status = await deps.clusterd.call("lab.start", { labId: attempt.clusterLabId, environment });
    const now = await deps.db.attempt.update({
      where: { id: attempt.id },
      data: { startSteps: status.steps, problem: null },
    });
    // Given up while the lab was being asked for: what the student stopped came after all.
    if (isOver(now.state)) await deps.clusterd.call("lab.stop", { labId: attempt.clusterLabId });
  } catch (failure) {
    const error = AppError.from(failure, "The lab could not be started because of a fault in examctl.");
    if (error.code === "conflict") return;
    deps.logger.warn({ err: failure, attemptId: attempt.id, code: error.code }, "lab did not start");
    if (error.code === "unavailable" || error.code === "timeout" || error.code === "exhausted") {
      const problem =
        error.code === "exhausted"
          ? "The server has no room for another lab right now. It tries again by itself."
          : "The service that runs labs does not answer. It is tried again by itself.";
      await deps.db.attempt.updateMany({
        where: { id: attempt.id, state: "PREPARING" },
        data: { labStartedAt: null, problem, nextTryAt: new Date(deps.clock.now() + retryMs) },
      });
      return;
    }
    await failStart(deps, attempt, error.message);
  }
}

/** Ends an attempt whose lab cannot be had, with the reason for its student. */
export async function failStart(deps: ExamDeps, attempt: AttemptRow, problem: string): Promise<void> {
  const failed = await tryMoveAttempt(deps.db, attempt, { type: "lab-failed", problem }, deps.clock.now());
  if (failed) await stopLab(deps, failed);
}
