import type { Socket } from "node:net";
import { AppError } from "@/lib/core/app-error";
import { hasRole, type Actor } from "@/lib/auth/roles";
import { isOver } from "./attempt-state";
import type { ExamDeps } from "./deps";
import { findVisibleAttempt } from "./find-attempt";

export interface Recording {
  sessionId: string;
  title: string;
  bytes: number;
  startedAtMs: number;
}

/** Terminal recordings of an attempt, oldest first: for graders, and for the owner once it is over. */
export async function listRecordings(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string },
): Promise<Recording[]> {
  const labId = await visibleLab(deps, actor, input.attemptId);
  const { recordings } = await deps.terminald.call("recording.list", { labId });
  return recordings.sort((a, b) => a.startedAtMs - b.startedAtMs);
}

/** The asciicast of one recording of the attempt; the socket must be destroyed by the caller. Throws `not-found`. */
export async function openRecording(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string; sessionId: string },
): Promise<{ bytes: number; socket: Socket }> {
  const recordings = await listRecordings(deps, actor, input);
  if (!recordings.some(({ sessionId }) => sessionId === input.sessionId))
    throw new AppError("not-found", "This attempt has no such recording.");
  const { reply, socket } = await deps.terminald.open("recording", { sessionId: input.sessionId });
  return { bytes: reply.bytes, socket };
}

async function visibleLab(deps: ExamDeps, actor: Actor, attemptId: string): Promise<string> {
  const attempt = await findVisibleAttempt(deps, actor, attemptId);
  const grader = hasRole(actor, "GRADER");
  if (!grader && !isOver(attempt.state))
    throw new AppError("conflict", "Recordings can be replayed when the attempt is over.");
  return attempt.clusterLabId;
}
