import type { CheckResult } from "@/lib/contract/check";
import type { LabManifest } from "@/lib/contract/lab";

export interface Score {
  /** Rounded to hundredths. */
  points: number;
  pointsMax: number;
  /** 0..100, rounded to tenths; `passed` is decided before rounding. */
  percent: number;
  passed: boolean;
  /** Guards that failed: any of them makes the score zero. */
  vetoedBy: string[];
  /** Questions and guards that a person must look at; they count zero until then. */
  ungradable: string[];
}

/** Adds up the results of one grading. Questions without a result count zero; results of unknown questions nothing. */
export function scoreAttempt(
  manifest: Pick<LabManifest, "questions" | "guards" | "passMark">,
  results: readonly CheckResult[],
): Score {
  const byId = new Map(results.map((result) => [result.questionId, result]));
  const vetoedBy = manifest.guards.filter((guard) => byId.get(guard)?.outcome === "failed");
  const ids = [...manifest.questions.map((question) => question.id), ...manifest.guards];
  const pointsMax = manifest.questions.reduce((sum, question) => sum + question.points, 0);
  const earned = manifest.questions.reduce(
    (sum, question) => sum + Math.min(question.points, byId.get(question.id)?.points ?? 0),
    0,
  );
  const points = vetoedBy.length > 0 ? 0 : earned;
  const percent = pointsMax === 0 ? 0 : (points / pointsMax) * 100;
  return {
    points: round(points, 100),
    pointsMax: round(pointsMax, 100),
    percent: round(percent, 10),
    // Thirds of points add up to 65.99999999999999.
    passed: vetoedBy.length === 0 && percent + 1e-9 >= manifest.passMark,
    vetoedBy,
    ungradable: ids.filter((id) => byId.get(id)?.outcome === "ungradable"),
  };
}

function round(value: number, steps: number): number {
  return Math.round((value + Number.EPSILON) * steps) / steps;
}
