import { AppError } from "@/lib/core/app-error";
import { randomId } from "@/lib/core/ids";
import type { CheckResult } from "@/lib/contract/check";
import type { LabManifest } from "@/lib/contract/lab";
import { gradingLeaseMs, isOverdue } from "./attempt-state";
import type { ExamDeps } from "./deps";
import type { AttemptRow } from "./find-attempt";
import { loadVersion } from "./load-version";
import { tryMoveAttempt } from "./move-attempt";
import { readAnswers, recordResults, runChecks, type Answers } from "./run-checks";
import { scoreResults } from "./score";

/** A lab that is reported as gone for a minute is gone (a clusterd that starts reads its labs first): a person looks. */
const lostTriesMax = 6;
/** With the back-off of attempt-state, about a quarter of an hour of a clusterd that does not answer. */
const triesMax = 20;

/**
 * Grades an attempt that was submitted or ran out of time, once: called again, or by two processes at a time, it
 * changes nothing. When the lab cannot be reached it leaves the attempt for a later try (`nextTryAt`); an attempt
 * always ends graded, if need be with `ungradable` questions for a person to look at. Its lab is the sweeper's to stop.
 */
export async function gradeAttempt(deps: ExamDeps, attemptId: string): Promise<void> {
  const found = await deps.db.attempt.findUnique({ where: { id: attemptId } });
  if (!found || !["SUBMITTED", "EXPIRED", "GRADING"].includes(found.state)) return;
  if (found.state === "GRADING" && !isOverdue({ deadlineAt: found.nextTryAt }, deps.clock.now())) return;
  const attempt = await tryMoveAttempt(deps.db, found, { type: "grading-started" }, deps.clock.now());
  if (!attempt) return;
  const lease = holdLease(deps, attempt);
  try {
    await grade(deps, attempt);
  } finally {
    lease.abort();
  }
}

async function grade(deps: ExamDeps, attempt: AttemptRow): Promise<void> {
  const answers = await readAnswers(deps.db, attempt.id);
  const { lab } = await loadVersion(deps, attempt.versionId);
  let results: CheckResult[];
  try {
    await cutTerminals(deps, attempt);
    results = await runChecks(deps, attempt, answers);
  } catch (failure) {
    const error = AppError.from(failure);
    const { id, gradingTries } = attempt;
    deps.logger.warn({ err: failure, attemptId: id, tries: gradingTries }, "grading did not run");
    if (gradingTries < (error.code === "not-found" ? lostTriesMax : triesMax)) {
      const problem = "The lab cannot be reached at the moment. Grading is tried again by itself.";
      await tryMoveAttempt(deps.db, attempt, { type: "grading-postponed", problem }, deps.clock.now());
      return;
    }
    results = ungradable(lab.manifest, error);
  }
  await store(deps, attempt, lab.manifest, complete(lab.manifest, results), answers);
}

/** Keeps others from grading the attempt too, for as long as this process lives and until the abort. */
function holdLease(deps: ExamDeps, { id, gradingTries }: AttemptRow): AbortController {
  const lease = new AbortController();
  const renew = async () => {
    for (;;) {
      await deps.clock.sleep(gradingLeaseMs / 3, lease.signal);
      await deps.db.attempt
        .updateMany({
          where: { id, state: "GRADING", gradingTries },
          data: { nextTryAt: new Date(deps.clock.now() + gradingLeaseMs) },
        })
        .catch((err: unknown) => deps.logger.warn({ err, attemptId: id }, "grading lease not renewed"));
    }
  };
  renew().catch(() => undefined); // the abort
  return lease;
}

/**
 * What is typed from here on is not graded. The shells and what was started in them go on: that is a part of the state
 * that the student left. A terminald that is down passes no keys either.
 */
async function cutTerminals(deps: ExamDeps, { clusterLabId: labId }: AttemptRow): Promise<void> {
  await deps.terminald.call("lab.cut", { labId }).catch((err: unknown) => {
    deps.logger.warn({ err, labId }, "terminals could not be cut before grading");
  });
}

/** Results, score and state in one transaction: there is no half-graded attempt. */
function store(
  deps: ExamDeps,
  attempt: AttemptRow,
  manifest: LabManifest,
  results: CheckResult[],
  answers: Answers,
): Promise<void> {
  const now = new Date(deps.clock.now());
  const sheet = scoreResults(manifest, results);
  return deps.db.$transaction(async (tx) => {
    const graded = await tryMoveAttempt(tx, attempt, { type: "graded" }, now.getTime());
    if (!graded) return;
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
