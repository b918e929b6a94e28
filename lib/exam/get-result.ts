import { z } from "zod";
import {
  answerValue,
  evidence,
  type AnswerValue,
  type CheckResult,
  type Evidence,
} from "@/lib/contract/check";
import { parameterValues, type ParameterValues } from "@/lib/contract/fields";
import { AppError } from "@/lib/core/app-error";
import { renderQuestion } from "@/lib/lab/render-question";
import { hasRole, type Actor } from "@/lib/auth/roles";
import { isOver, type AttemptState } from "./attempt-state";
import type { ExamDeps } from "./deps";
import { findVisibleAttempt } from "./find-attempt";
import { loadVersion } from "./load-version";
import { percent } from "./score";

export interface QuestionResult {
  id: string;
  kind: "choice" | "text" | "task";
  title: string;
  body: string;
  answer: AnswerValue | null;
  points: number;
  pointsMax: number;
  outcome: CheckResult["outcome"] | "pending";
  /** Points were set by a grader. */
  overridden: boolean;
  reason: string;
  evidence: Evidence[];
  durationMs: number;
  explanation: string | undefined;
  hintUsed: boolean;
}

export interface ScoreEntry {
  sequence: number;
  kind: "GRADED" | "OVERRIDE";
  points: number;
  pointsMax: number;
  percent: number;
  passed: boolean;
  vetoed: boolean;
  reason: string;
  questionId: string | undefined;
  grader: string | undefined;
  createdAtMs: number;
}

/** An attempt that is over, with everything that its student, or a grader, may know of it. */
export interface ResultView {
  id: string;
  labId: string;
  title: string;
  domain: string;
  versionNumber: number;
  mode: "PRACTICE" | "EXAM";
  state: AttemptState;
  student: { id: string; username: string; name: string };
  own: boolean;
  passMark: number;
  /** The latest score; undefined until the attempt is graded. */
  score: ScoreEntry | undefined;
  /** Oldest first. */
  scores: ScoreEntry[];
  questions: QuestionResult[];
  guards: { id: string; outcome: CheckResult["outcome"]; reason: string; evidence: Evidence[] }[];
  /** For graders only. */
  parameters: ParameterValues | undefined;
  problem: string | undefined;
  createdAtMs: number;
  readyAtMs: number | undefined;
  endedAtMs: number | undefined;
  gradedAtMs: number | undefined;
  deadlineAtMs: number | undefined;
  serverNowMs: number;
}

/** Throws `not-found` for a student who is not the owner, `conflict` while the owner's attempt still runs. */
export async function getResult(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string },
): Promise<ResultView> {
  const attempt = await findVisibleAttempt(deps, actor, input.attemptId);
  const grader = hasRole(actor, "GRADER") && attempt.userId !== actor.userId;
  if (!grader && !isOver(attempt.state))
    throw new AppError("conflict", "This attempt is still running: there is no result yet.");
  const { lab, number } = await loadVersion(deps, attempt.versionId);
  const [student, answers, results, scoreRows] = await Promise.all([
    deps.db.user.findUniqueOrThrow({ where: { id: attempt.userId } }),
    deps.db.answer.findMany({ where: { attemptId: attempt.id } }),
    deps.db.checkResult.findMany({ where: { attemptId: attempt.id, purpose: "GRADING" } }),
    deps.db.score.findMany({
      where: { attemptId: attempt.id },
      orderBy: { sequence: "asc" },
      include: { grader: true },
    }),
  ]);
  const parameters = parameterValues.parse(attempt.parameters);
  const answerOf = new Map(answers.map((row) => [row.questionId, row]));
  const resultOf = new Map(results.map((row) => [row.questionId, row]));
  const latest = scoreRows.at(-1);
  const questionPoints = z.record(z.string(), z.number()).parse(latest?.questionPoints ?? {});
  const overridden = new Set(scoreRows.map((row) => row.questionId));
  const scores = scoreRows.map((row): ScoreEntry => ({
    sequence: row.sequence,
    kind: row.kind,
    points: row.points,
    pointsMax: row.pointsMax,
    percent: percent(row.points, row.pointsMax),
    passed: row.passed,
    vetoed: row.vetoed,
    reason: row.reason,
    questionId: row.questionId ?? undefined,
    grader: row.grader?.name,
    createdAtMs: row.createdAt.getTime(),
  }));
  return {
    id: attempt.id,
    labId: attempt.labId,
    title: lab.manifest.title,
    domain: lab.manifest.domain,
    versionNumber: number,
    mode: attempt.mode,
    state: attempt.state,
    student: { id: student.id, username: student.username, name: student.name },
    own: attempt.userId === actor.userId,
    passMark: lab.manifest.passMark,
    score: scores.at(-1),
    scores,
    questions: lab.manifest.questions.map(({ id, points: pointsMax }) => {
      const rendered = renderQuestion(lab, id, parameters, attempt.seed);
      const answer = answerOf.get(id);
      const result = resultOf.get(id);
      return {
        id,
        kind: rendered.kind,
        title: rendered.title,
        body: rendered.bodyMarkdown,
        answer: answer?.value == null ? null : answerValue.parse(answer.value),
        points: questionPoints[id] ?? 0,
        pointsMax,
        outcome: (result?.outcome.toLowerCase() ?? "pending") as QuestionResult["outcome"],
        overridden: overridden.has(id),
        reason: result?.reason ?? "",
        evidence: readEvidence(result?.evidence),
        durationMs: result?.durationMs ?? 0,
        explanation: rendered.explanation,
        hintUsed: answer?.hintShownAt != null,
      };
    }),
    guards: results
      .filter((row) => row.guard)
      .map((row) => ({
        id: row.questionId,
        outcome: row.outcome.toLowerCase() as CheckResult["outcome"],
        reason: row.reason,
        evidence: readEvidence(row.evidence),
      })),
    parameters: grader ? parameters : undefined,
    problem: attempt.problem ?? undefined,
    createdAtMs: attempt.createdAt.getTime(),
    readyAtMs: attempt.readyAt?.getTime(),
    endedAtMs: attempt.endedAt?.getTime(),
    gradedAtMs: attempt.gradedAt?.getTime(),
    deadlineAtMs: attempt.deadlineAt?.getTime(),
    serverNowMs: deps.clock.now(),
  };
}

function readEvidence(value: unknown): Evidence[] {
  return z.array(evidence).catch([]).parse(value);
}
