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
 * Everything that must happen without anybody looking. Each task is level-triggered and safe in several processes at a
 * time; what fails for one attempt does not keep the others waiting. Tasks that people wait for come first, and in
 * `sweepForever` none waits for another: a freeze takes minutes at worst, a grade should not.
 */
const tasks: ((deps: ExamDeps) => Promise<unknown>)[] = [
  expireAttempts,
  followStarts,
  gradeDue,
  stopEnded,
  admitAttempts,
  hibernateLabs,
  expireEndStates,
  refillPool,
  forgetRates,
];
/** A class that runs out of time together is graded side by side, but does not swamp clusterd. */
const gradedAtOnce = 4;

/** Does all of it once, one after the other. */
export async function sweep(deps: ExamDeps): Promise<void> {
  for (const task of tasks) await task(deps);
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

/** Labs that get ready let their attempts run. */
async function followStarts(deps: ExamDeps): Promise<void> {
  const preparing = await deps.db.attempt.findMany({
    where: { state: "PREPARING", labStartedAt: { not: null } },
  });
  await each(deps, preparing, (attempt) => syncStart(deps, attempt));
}

/** Grades what is due, the longest waiting first, until nothing is. Several calls at a time share the work. */
async function gradeDue(deps: ExamDeps): Promise<void> {
  const seen: string[] = [];
  for (;;) {
    const due = await deps.db.attempt.findFirst({
      where: {
        id: { notIn: seen },
        OR: [
          { state: { in: ["SUBMITTED", "EXPIRED"] } },
          { state: "GRADING", nextTryAt: { lte: new Date(deps.clock.now()) } },
        ],
      },
      orderBy: { endedAt: "asc" },
    });
    if (!due) return;
    seen.push(due.id);
    await each(deps, [due], (attempt) => gradeAttempt(deps, attempt.id));
  }
}

/** Labs of attempts that are over stop. */
async function stopEnded(deps: ExamDeps): Promise<void> {
  const ended = await deps.db.attempt.findMany({
    where: {
      state: { in: ["GRADED", "ABANDONED", "FAILED"] },
      labStartedAt: { not: null },
      labStoppedAt: null,
    },
    take: 50,
  });
  await each(deps, ended, (attempt) => stopLab(deps, attempt));
}

async function forgetRates(deps: ExamDeps): Promise<void> {
  await deps.db.rateLimit.deleteMany({ where: { windowEndsAt: { lt: new Date(deps.clock.now()) } } });
}

/** Four at a time. */
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

/** Does each task every `intervalMs`, and grading several times over, until the signal aborts. */
export async function sweepForever(
  deps: ExamDeps,
  clock: Clock,
  signal: AbortSignal,
  intervalMs = 1000,
): Promise<void> {
  const repeat = async (task: (typeof tasks)[number]) => {
    while (!signal.aborted) {
      try {
        await task(deps);
      } catch (failure) {
        deps.logger.error({ err: failure, task: task.name }, "sweep failed");
      }
      await clock.sleep(intervalMs, signal).catch(() => undefined);
    }
  };
  const graders = Array.from({ length: gradedAtOnce - 1 }, () => gradeDue);
  await Promise.all([...tasks, ...graders].map(repeat));
}
