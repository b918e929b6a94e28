import { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import { labStep, type LabStatus } from "@/lib/contract/clusterd";
import type { Actor } from "@/lib/auth/roles";
import { failStart, startLab } from "./admit-attempts";
import type { AttemptState } from "./attempt-state";
import type { ExamDeps } from "./deps";
import { findOwnAttempt, type AttemptRow } from "./find-attempt";
import { loadVersion } from "./load-version";
import { wakeLab } from "./wake-lab";
import { tryMoveAttempt } from "./move-attempt";

/** How the start of an attempt's lab stands. */
export interface StartView {
  attemptId: string;
  labId: string;
  title: string;
  mode: "PRACTICE" | "EXAM";
  state: AttemptState;
  /** 1 is next; undefined once the lab is being started. */
  queuePosition: number | undefined;
  labsRunningMax: number;
  steps: LabStatus["steps"];
  problem: string | undefined;
  /** For the next call. */
  revision: number;
  waitingSinceMs: number;
  serverNowMs: number;
}

/**
 * The start as it is now or, with `afterRevision`, as soon as it changes (at most `timeoutMs` later). When the lab is
 * ready the attempt starts to run: the time counts from here.
 */
export async function getStart(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string; afterRevision?: number; timeoutMs?: number },
): Promise<StartView> {
  const attempt = await findOwnAttempt(deps, actor, input.attemptId);
  const version = await loadVersion(deps, attempt.versionId);
  const { attempt: now, revision } =
    attempt.state === "PREPARING" && attempt.labStartedAt
      ? await syncStart(deps, attempt, input.afterRevision, input.timeoutMs ?? 0)
      : { attempt, revision: -1 };
  return {
    attemptId: now.id,
    labId: now.labId,
    title: version.lab.manifest.title,
    mode: now.mode,
    state: now.state,
    queuePosition:
      now.state === "PREPARING" && !now.labStartedAt ? await queuePosition(deps, now) : undefined,
    labsRunningMax: deps.labsRunningMax,
    steps: z.array(labStep).catch([]).parse(now.startSteps),
    problem: now.problem ?? undefined,
    revision,
    waitingSinceMs: now.createdAt.getTime(),
    serverNowMs: deps.clock.now(),
  };
}

/** Reads the lab's status and lets the attempt follow it. */
export async function syncStart(
  deps: ExamDeps,
  attempt: AttemptRow,
  afterRevision?: number,
  timeoutMs = 0,
): Promise<{ attempt: AttemptRow; revision: number }> {
  let status: LabStatus;
  try {
    status = await deps.clusterd.call(
      "lab.status",
      {
        labId: attempt.clusterLabId,
        ...(afterRevision !== undefined && timeoutMs > 0 ? { afterRevision, timeoutMs } : {}),
      },
      { timeoutMs: timeoutMs + 10_000 },
    );
  } catch (failure) {
    const error = AppError.from(failure);
    // clusterd lost it before it was ready (it was killed, say): nothing of the student's is in it yet.
    if (error.code === "not-found") await startLab(deps, attempt);
    else deps.logger.warn({ err: failure, attemptId: attempt.id }, "lab status is not known");
    return { attempt: await reload(deps, attempt), revision: -1 };
  }
  // From before the server was stopped.
  if (status.phase === "frozen") status = await wakeLab(deps, attempt);
  const { count } = await deps.db.attempt.updateMany({
    where: { id: attempt.id, state: "PREPARING" },
    data: { startSteps: status.steps },
  });
  if (count === 0) return { attempt: await reload(deps, attempt), revision: status.revision };
  if (status.phase === "ready") {
    const { lab } = await loadVersion(deps, attempt.versionId);
    const event = { type: "lab-ready", minutes: lab.manifest.minutes } as const;
    await tryMoveAttempt(deps.db, attempt, event, deps.clock.now());
  } else if (status.phase === "failed") {
    await failStart(deps, attempt, status.error ?? "The lab failed while it was being prepared.");
  }
  return { attempt: await reload(deps, attempt), revision: status.revision };
}

function reload(deps: ExamDeps, attempt: AttemptRow): Promise<AttemptRow> {
  return deps.db.attempt.findUniqueOrThrow({ where: { id: attempt.id } });
}

async function queuePosition(deps: ExamDeps, attempt: AttemptRow): Promise<number> {
  const ahead = await deps.db.attempt.count({
    where: {
      state: "PREPARING",
      labStartedAt: null,
      OR: [
        { createdAt: { lt: attempt.createdAt } },
        { createdAt: attempt.createdAt, id: { lt: attempt.id } },
      ],
    },
  });
  return ahead + 1;
}
