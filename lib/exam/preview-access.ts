import { AppError } from "@/lib/core/app-error";
import { parameterValues } from "@/lib/contract/fields";
import { resolveEnvironment } from "@/lib/lab/resolve-environment";
import type { Actor } from "@/lib/auth/roles";
import { requireRunning } from "./attempt-state";
import type { ExamDeps } from "./deps";
import { findVisibleAttempt } from "./find-attempt";
import { loadVersion } from "./load-version";
import { noteSeen } from "./wake-lab";

export interface PreviewAccess {
  title: string;
  nodes: string[];
  /** Graders look; only the student's own requests may change anything. */
  readOnly: boolean;
}

/** What a page about the ports of a running attempt's nodes needs. Throws as `previewLab`. */
export async function previewAccess(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string },
): Promise<PreviewAccess> {
  const attempt = await findRunning(deps, actor, input.attemptId);
  const { lab } = await loadVersion(deps, attempt.versionId);
  const { nodes } = resolveEnvironment(lab, parameterValues.parse(attempt.parameters));
  return {
    title: lab.manifest.title,
    nodes: nodes.map(({ name }) => name),
    readOnly: attempt.userId !== actor.userId,
  };
}

/**
 * The lab whose ports the actor may look at: the own attempt's while it runs, or any running one's as a grader, who may
 * only read. Throws `not-found`, `conflict`, or `forbidden` for a grader's request that could change something. Every
 * request to a port of a lab goes through here.
 */
export async function previewLab(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string; changes: boolean },
): Promise<string> {
  const attempt = await findRunning(deps, actor, input.attemptId);
  if (attempt.userId === actor.userId) await noteSeen(deps, attempt);
  else if (input.changes)
    throw new AppError(
      "forbidden",
      "Only the student whose lab this is may send anything to it. You can look.",
    );
  return attempt.clusterLabId;
}

async function findRunning(deps: ExamDeps, actor: Actor, attemptId: string) {
  const attempt = await findVisibleAttempt(deps, actor, attemptId);
  requireRunning(attempt, deps.clock.now());
  return attempt;
}
