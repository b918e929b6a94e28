import type { Actor } from "@/lib/auth/roles";
import type { ExamDeps } from "./deps";
import { findOwnAttempt } from "./find-attempt";
import { moveAttempt } from "./move-attempt";
import { stopLab } from "./stop-lab";
import { admitAttempts } from "./admit-attempts";

/** Ends the actor's attempt; grading follows by itself (`gradeAttempt`). Submitting twice is once. */
export async function submitAttempt(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string },
): Promise<void> {
  const attempt = await findOwnAttempt(deps, actor, input.attemptId);
  if (["SUBMITTED", "EXPIRED", "GRADING", "GRADED"].includes(attempt.state)) return;
  await moveAttempt(deps.db, attempt, { type: "submit" }, deps.clock.now());
}

/** Gives the actor's attempt up: nothing is graded, the lab is thrown away. */
export async function abandonAttempt(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string },
): Promise<void> {
  const attempt = await findOwnAttempt(deps, actor, input.attemptId);
  if (attempt.state === "ABANDONED") return;
  const over = await moveAttempt(deps.db, attempt, { type: "abandon" }, deps.clock.now());
  await stopLab(deps, over);
  await admitAttempts(deps);
}
