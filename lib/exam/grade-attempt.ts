import { AppError } from "@/lib/core/app-error";
import { randomId } from "@/lib/core/ids";
import type { CheckResult } from "@/lib/contract/check";
import type { LabManifest } from "@/lib/contract/lab";
import { isOverdue } from "./attempt-state";
import type { ExamDeps } from "./deps";
import type { AttemptRow } from "./find-attempt";
import { loadVersion } from "./load-version";
import { tryMoveAttempt } from "./move-attempt";
import { readAnswers, recordResults, runChecks, type Answers } from "./run-checks";
import { scoreResults } from "./score";
import { stopLab } from "./stop-lab";

/** A lab that is reported as gone for a minute is gone (a clusterd that starts reads its labs first): a person looks. */
const lostTriesMax = 6;
/** With the back-off of attempt-state, about a quarter of an hour of a clusterd that does not answer. */
const triesMax = 20;

/**
 * Grades an attempt that was submitted or ran out of time, once: called again, or by two processes at a time, it
 * changes nothing. When the lab cannot be reached it leaves the attempt for a later try (`nextTryAt`); an attempt
 * always ends graded, if need be with `ungradable` questions for a person to look at.
 */
export async function gradeAttempt(deps: ExamDeps, attemptId: string): Promise<void> {
  const found = await deps.db.attempt.findUnique({ where: { id: attemptId } });
  if (!found || !["SUBMITTED", "EXPIRED", "GRADING"].includes(found.state)) return;
  if (found.state === "GRADING" && !isOverdue({ deadlineAt: found.nextTryAt }, deps.clock.now())) return;
  const attempt = await tryMoveAttempt(deps.db, found, { type: "grading-started" }, deps.clock.now());
  if (!attempt) return;
  const answers = await readAnswers(deps.db, attempt.id);
  const { lab } = await loadVersion(deps, attempt.versionId);
  let results: CheckResult[];
  try {
    results = await runChecks(deps, attempt, answers);
  } catch (failure) {
    const error = AppError.from(failure);
    deps.logger.warn({ err: failure, attemptId, tries: attempt.gradingTries }, "grading did not run");
    if (attempt.gradingTries < (error.code === "not-found" ? lostTriesMax : triesMax)) {
      const problem = "The lab cannot be reached at the moment. Grading is tried again by itself.";
      await tryMoveAttempt(deps.db, attempt, { type: "grading-postponed", problem }, deps.clock.now());
      return;
    }
    results = ungradable(lab.manifest, error);
  }
  const graded = await store(deps, attempt, lab.manifest, complete(lab.manifest, results), answers);
  if (graded) await stopLab(deps, graded);
}

/** Results, score and state in one transaction: there is no half-graded attempt. */
function store(
  deps: ExamDeps,
  attempt: AttemptRow,
  manifest: LabManifest,
  results: CheckResult[],
  answers: Answers,
): Promise<AttemptRow | undefined> {
  const now = new Date(deps.clock.now());
  const sheet = scoreResults(manifest, results);
  return deps.db.$transaction(async (tx) => {
    const graded = await tryMoveAttempt(tx, attempt, { type: "graded" }, now.getTime());
    if (!graded) return undefined;
    await recordResults(tx, { attemptId: attempt.id, purpose: "GRADING", results, answers, now });
    await tx.score.create({
      data: {
        id: randomId(),
        attemptId: attempt.id,
        sequence: 1,
        kind: "GRADED",
        points: sheet.points,
        pointsMax: sheet.pointsMax,
        questionPoints: sheet.questionPoints,
        vetoed: sheet.vetoed,
        passed: sheet.passed,
        createdAt: now,
      },
    });
    return graded;
  });
}

/** Every question and guard has exactly one result, whatever clusterd sent. */
function complete(manifest: LabManifest, results: CheckResult[]): CheckResult[] {
  const byId = new Map(results.map((result) => [result.questionId, result]));
  const missing = new AppError("internal", "The checks gave no result for this question.");
  return ungradable(manifest, missing).map((fallback) => byId.get(fallback.questionId) ?? fallback);
}

function ungradable(manifest: LabManifest, error: AppError): CheckResult[] {
  const reason =
    error.code === "not-found"
      ? "Could not be graded: the lab was lost before grading. A grader looks at it."
      : "Could not be graded by the machine. A grader looks at it.";
  const result = { outcome: "ungradable" as const, points: 0, reason, evidence: [], durationMs: 0 };
  return [
    ...manifest.questions.map(({ id, points }) => ({
      ...result,
      questionId: id,
      pointsMax: points,
      guard: false,
    })),
    ...manifest.guards.map((id) => ({ ...result, questionId: id, pointsMax: 0, guard: true })),
  ];
}
