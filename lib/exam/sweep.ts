import type { Clock } from "@/lib/core/clock";
import { admitAttempts } from "./admit-attempts";
import type { ExamDeps } from "./deps";
import { expireEndStates } from "./end-state";
import { hibernateLabs } from "./hibernate-labs";
import { syncStart } from "./get-start";
import { gradeAttempt } from "./grade-attempt";
import { tryMoveAttempt } from "./move-attempt";
import { refillPool } from "./pool/refill-pool";
import { stopLab } from "./stop-lab";

/**
 * Everything that must happen without anybody looking, once: deadlines pass, labs get ready, attempts get graded,
 * labs of ended attempts stop, waiting ones start. Level-triggered and safe in several processes at a time; what
 * fails for one attempt does not keep the others waiting.
 */
export async function sweep(deps: ExamDeps): Promise<void> {
  const now = new Date(deps.clock.now());
  await expireAttempts(deps);
  const preparing = await deps.db.attempt.findMany({
    where: { state: "PREPARING", labStartedAt: { not: null } },
  });
  await each(deps, preparing, (attempt) => syncStart(deps, attempt));
  const toGrade = await deps.db.attempt.findMany({
    where: {
      OR: [{ state: { in: ["SUBMITTED", "EXPIRED"] } }, { state: "GRADING", nextTryAt: { lte: now } }],
    },
    orderBy: { endedAt: "asc" },
    take: 50,
  });
  await each(deps, toGrade, (attempt) => gradeAttempt(deps, attempt.id));
  const toStop = await deps.db.attempt.findMany({
    where: {
      state: { in: ["GRADED", "ABANDONED", "FAILED"] },
      labStartedAt: { not: null },
      labStoppedAt: null,
    },
    take: 50,
  });
  await each(deps, toStop, (attempt) => stopLab(deps, attempt));
  await admitAttempts(deps);
  await hibernateLabs(deps);
  await expireEndStates(deps);
  await refillPool(deps);
  await deps.db.rateLimit.deleteMany({ where: { windowEndsAt: { lt: now } } });
}

/** Ends attempts whose time is over; reads call it too, so that nobody sees a running attempt past its deadline. */
export async function expireAttempts(deps: ExamDeps): Promise<void> {
  const overdue = await deps.db.attempt.findMany({
    where: { state: "RUNNING", deadlineAt: { lte: new Date(deps.clock.now()) } },
  });
  for (const attempt of overdue) {
    await tryMoveAttempt(deps.db, attempt, { type: "deadline" }, deps.clock.now());
  }
}

/** Four at a time: a class that runs out of time together is graded side by side, but does not swamp clusterd. */
async function each<T extends { id: string }>(
  deps: ExamDeps,
  items: T[],
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item; item = queue.shift()) {
      try {
        await work(item);
      } catch (failure) {
        deps.logger.error({ err: failure, attemptId: item.id }, "sweep failed for an attempt");
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

/** Sweeps every `intervalMs` until the signal aborts. */
export async function sweepForever(
  deps: ExamDeps,
  clock: Clock,
  signal: AbortSignal,
  intervalMs = 1000,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await sweep(deps);
    } catch (failure) {
      deps.logger.error({ err: failure }, "sweep failed");
    }
    await clock.sleep(intervalMs, signal).catch(() => undefined);
  }
}
