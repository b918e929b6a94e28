import { randomBytes } from "node:crypto";
import { AppError } from "@/lib/core/app-error";
import { randomId } from "@/lib/core/ids";
import { isUniqueViolation } from "@/lib/db/client";
import { drawParameters } from "@/lib/lab/draw-parameters";
import type { Actor } from "@/lib/auth/roles";
import { admitAttempts } from "./admit-attempts";
import type { ExamDeps } from "./deps";
import { loadVersion } from "./load-version";

export interface StartAttemptInput {
  labId: string;
  mode: "PRACTICE" | "EXAM";
}

/**
 * Starts an attempt at the published version of a lab, with values of its own, and asks for its cluster; or returns
 * the one that the actor has running there. When the server is full the attempt waits in line (`getStart` tells).
 */
export async function startAttempt(
  deps: ExamDeps,
  actor: Actor,
  input: StartAttemptInput,
): Promise<{ attemptId: string; created: boolean }> {
  const lab = await deps.db.lab.findUnique({ where: { id: input.labId } });
  if (!lab?.versionId) throw new AppError("not-found", "There is no such practice test.");
  const running = await findActive(deps, actor, input.labId);
  if (running) return { attemptId: running.id, created: false };
  const version = await loadVersion(deps, lab.versionId);
  const seed = randomBytes(16).toString("hex");
  const id = randomId();
  try {
    await deps.db.attempt.create({
      data: {
        id,
        userId: actor.userId,
        labId: lab.id,
        versionId: version.id,
        mode: input.mode,
        state: "PREPARING",
        seed,
        parameters: drawParameters(version.lab.manifest, seed),
        clusterLabId: `a-${id}`,
        createdAt: new Date(deps.clock.now()),
      },
    });
  } catch (failure) {
    if (!isUniqueViolation(failure)) throw failure;
    const other = await findActive(deps, actor, input.labId); // a second click was first
    if (!other) throw failure;
    return { attemptId: other.id, created: false };
  }
  await admitAttempts(deps);
  return { attemptId: id, created: true };
}

function findActive(deps: ExamDeps, actor: Actor, labId: string) {
  return deps.db.attempt.findFirst({
    where: { userId: actor.userId, labId, state: { in: ["PREPARING", "RUNNING"] } },
  });
}
