import { AppError } from "@/lib/core/app-error";
import { parameterValues } from "@/lib/contract/fields";
import { resolveEnvironment } from "@/lib/lab/resolve-environment";
import type { Actor } from "@/lib/auth/roles";
import { requireRunning } from "./attempt-state";
import type { ExamDeps } from "./deps";
import { findOwnAttempt } from "./find-attempt";
import { noteSeen } from "./wake-lab";
import { loadVersion } from "./load-version";

/**
 * The lab whose terminals the actor may use: the own attempt's, while it runs. With `node`, that must be one of the
 * lab's nodes. Throws `not-found` or `conflict`. Every terminal call and ticket goes through here.
 */
export async function terminalAccess(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string; node?: string },
): Promise<{ labId: string; nodes: string[] }> {
  const attempt = await findOwnAttempt(deps, actor, input.attemptId);
  requireRunning(attempt, deps.clock.now());
  await noteSeen(deps, attempt);
  const { lab } = await loadVersion(deps, attempt.versionId);
  const nodes = resolveEnvironment(lab, parameterValues.parse(attempt.parameters)).nodes.map(
    ({ name }) => name,
  );
  if (input.node !== undefined && !nodes.includes(input.node))
    throw new AppError("not-found", `This lab has no node "${input.node}".`);
  return { labId: attempt.clusterLabId, nodes };
}
