import { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import { randomId } from "@/lib/core/ids";
import { isUniqueViolation } from "@/lib/db/client";
import { recordAudit } from "@/lib/db/record-audit";
import { requireRole, type Actor } from "@/lib/auth/roles";
import type { ExamDeps } from "./deps";
import { findVisibleAttempt } from "./find-attempt";
import { loadVersion } from "./load-version";
import { overrideQuestion, overrideVeto } from "./score";

export interface OverrideScoreInput {
  attemptId: string;
  /** Points for a question, or the veto of the guards lifted or set. */
  change: { questionId: string; points: number } | { vetoed: boolean };
  reason: string;
}

/** Appends a score that a grader decided, with the reason; the former ones stay. Graders cannot grade themselves. */
export async function overrideScore(deps: ExamDeps, actor: Actor, input: OverrideScoreInput): Promise<void> {
  requireRole(actor, "GRADER");
  const attempt = await findVisibleAttempt(deps, actor, input.attemptId);
  if (attempt.userId === actor.userId)
    throw new AppError("forbidden", "You cannot change the score of your own attempt.");
  if (attempt.state !== "GRADED")
    throw new AppError("conflict", "Only a graded attempt has a score to change.");
  const reason = input.reason.trim();
  if (reason.length < 3)
    throw new AppError("invalid", "Give a reason: the student and other graders read it.");
  const { lab } = await loadVersion(deps, attempt.versionId);
  const latest = await deps.db.score.findFirstOrThrow({
    where: { attemptId: attempt.id },
    orderBy: { sequence: "desc" },
  });
  const before = {
    questionPoints: z.record(z.string(), z.number()).parse(latest.questionPoints),
    vetoed: latest.vetoed,
  };
  const { change } = input;
  if ("questionId" in change) refuseImpossiblePoints(lab.manifest.questions, change);
  const sheet =
    "questionId" in change
      ? overrideQuestion(lab.manifest, before, change.questionId, change.points)
      : overrideVeto(lab.manifest, before, change.vetoed);
  try {
    await deps.db.$transaction(async (tx) => {
      await tx.score.create({
        data: {
          id: randomId(),
          attemptId: attempt.id,
          sequence: latest.sequence + 1,
          kind: "OVERRIDE",
          points: sheet.points,
          pointsMax: sheet.pointsMax,
          questionPoints: sheet.questionPoints,
          vetoed: sheet.vetoed,
          passed: sheet.passed,
          reason,
          questionId: "questionId" in change ? change.questionId : null,
          graderId: actor.userId,
          createdAt: new Date(deps.clock.now()),
        },
      });
      await recordAudit(tx, {
        actorId: actor.userId,
        action: "score.override",
        target: attempt.id,
        details: { ...change, reason },
      });
    });
  } catch (failure) {
    if (isUniqueViolation(failure))
      throw new AppError(
        "conflict",
        "Another grader has just changed this score. Load the page again and look.",
      );
    throw failure;
  }
}

function refuseImpossiblePoints(
  questions: { id: string; points: number }[],
  change: { questionId: string; points: number },
): void {
  const question = questions.find(({ id }) => id === change.questionId);
  if (!question) throw new AppError("not-found", "This practice test has no such question.");
  if (!(change.points >= 0 && change.points <= question.points))
    throw new AppError("invalid", `This question is worth 0 to ${question.points} points.`);
}
