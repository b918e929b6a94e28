import { AppError } from "@/lib/core/app-error";
import type { DbTransaction } from "@/lib/db/client";
import { changeFor, type AttemptEvent } from "./attempt-state";
import type { AttemptRow } from "./find-attempt";

/**
 * Stores the change that an event makes, only if the attempt is still in the state that the caller saw.
 * Returns the attempt as stored, or throws `conflict` (the event is not possible, or someone else was first).
 */
export async function moveAttempt(
  tx: DbTransaction,
  attempt: AttemptRow,
  event: AttemptEvent,
  nowMs: number,
): Promise<AttemptRow> {
  const change = changeFor(attempt, event, nowMs);
  const { count } = await tx.attempt.updateMany({
    where: { id: attempt.id, state: attempt.state, gradingTries: attempt.gradingTries },
    data: change,
  });
  if (count === 0)
    throw new AppError("conflict", "The attempt has just changed. Load the page again to see how it stands.");
  return { ...attempt, ...change };
}

/** As `moveAttempt`, but undefined when someone else was first: for sweepers, which try again anyway. */
export async function tryMoveAttempt(
  tx: DbTransaction,
  attempt: AttemptRow,
  event: AttemptEvent,
  nowMs: number,
): Promise<AttemptRow | undefined> {
  try {
    return await moveAttempt(tx, attempt, event, nowMs);
  } catch (failure) {
    if (failure instanceof AppError && failure.code === "conflict") return undefined;
    throw failure;
  }
}
