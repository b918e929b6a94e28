import type { CheckResult } from "@/lib/contract/check";
import type { LabManifest } from "@/lib/contract/lab";
import { scoreAttempt } from "@/lib/lab/score-attempt";

export interface ScoreSheet {
  points: number;
  pointsMax: number;
  /** 0 to 100, one decimal. */
  percent: number;
  /** Points of each question, never more than it is worth. */
  questionPoints: Record<string, number>;
  /** A guard failed: something was broken that had to stay as it was. */
  vetoed: boolean;
  passed: boolean;
}

type Rules = Pick<LabManifest, "questions" | "passMark">;

/** The score of one grading. A question without a result has no points; an ungradable guard vetoes nothing. */
export function scoreResults(rules: Rules, results: readonly CheckResult[]): ScoreSheet {
  const byId = new Map(
    results.filter((result) => !result.guard).map((result) => [result.questionId, result]),
  );
  const questionPoints = Object.fromEntries(
    rules.questions.map((question) => [
      question.id,
      clamp(byId.get(question.id)?.points ?? 0, question.points),
    ]),
  );
  const vetoed = results.some((result) => result.guard && result.outcome === "failed");
  return sheet(rules, questionPoints, vetoed);
}

/** The sheet after a grader gave `points` for one question. */
export function overrideQuestion(
  rules: Rules,
  before: Pick<ScoreSheet, "questionPoints" | "vetoed">,
  questionId: string,
  points: number,
): ScoreSheet {
  return sheet(rules, { ...before.questionPoints, [questionId]: points }, before.vetoed);
}

/** The sheet after a grader lifted or set the veto of the guards. */
export function overrideVeto(
  rules: Rules,
  before: Pick<ScoreSheet, "questionPoints">,
  vetoed: boolean,
): ScoreSheet {
  return sheet(rules, before.questionPoints, vetoed);
}

function sheet(rules: Rules, questionPoints: Record<string, number>, vetoed: boolean): ScoreSheet {
  const guards = vetoed ? ["veto"] : [];
  const result = { pointsMax: 0, reason: "", evidence: [], durationMs: 0 };
  const score = scoreAttempt({ ...rules, guards }, [
    ...Object.entries(questionPoints).map(([questionId, points]) => {
      return { ...result, questionId, points, guard: false, outcome: "passed" as const };
    }),
    ...guards.map((questionId) => {
      return { ...result, questionId, points: 0, guard: true, outcome: "failed" as const };
    }),
  ]);
  const { points, pointsMax, passed } = score;
  return { points, pointsMax, percent: percent(points, pointsMax), questionPoints, vetoed, passed };
}

/** One decimal, rounded down: 65.96 is not a pass at 66. */
export function percent(points: number, pointsMax: number): number {
  return pointsMax === 0 ? 0 : Math.floor((points / pointsMax) * 1000 + 1e-9) / 10;
}

function clamp(points: number, max: number): number {
  return round(Math.min(max, Math.max(0, points)));
}

/** Points are sums of fractions such as 1/3: two decimals are shown and stored. */
function round(points: number): number {
  return Math.round(points * 100) / 100;
}
