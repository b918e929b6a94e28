import { z } from "zod";
import type { CheckResult } from "@/lib/contract/check";
import type { CheckLimits } from "./limits";

/** What the guest says of a finished check. It comes out of a sandbox: nothing in it is believed beyond its shape. */
const guestResult = z.object({
  kind: z.enum(["check", "guard"]),
  fraction: z.number().min(0).max(1),
  unanswered: z.boolean(),
  reason: z.string().optional(),
  evidence: z.array(
    z.object({
      label: z.string(),
      expected: z.string(),
      seen: z.string(),
      source: z.string(),
      passed: z.boolean(),
    }),
  ),
  error: z.string().optional(),
});

export interface GradedQuestion {
  questionId: string;
  pointsMax: number;
}

const needsPerson = "This could not be graded by itself; a grader will look at it.";

/** For a check that said nothing usable: `problem` is for graders and authors, in the evidence. */
export function ungradable(question: GradedQuestion, problem: string, durationMs: number): CheckResult {
  return {
    questionId: question.questionId,
    outcome: "ungradable",
    points: 0,
    pointsMax: question.pointsMax,
    guard: false,
    reason: needsPerson,
    evidence: [
      {
        label: "the check",
        expected: "runs to its end",
        seen: problem.slice(0, 2000),
        source: "checks.ts",
        passed: false,
      },
    ],
    durationMs,
  };
}

export function readResult(
  json: string,
  question: GradedQuestion,
  limits: CheckLimits,
  durationMs: number,
): CheckResult {
  const parsed = guestResult.safeParse(unwrap(json));
  if (!parsed.success)
    return ungradable(question, "The check reported something that is no result.", durationMs);
  const { kind, fraction, unanswered, reason, evidence, error } = parsed.data;
  const guard = kind === "guard";
  if (error !== undefined) return { ...ungradable(question, error, durationMs), guard };
  const outcome =
    fraction === 1 ? "passed" : fraction > 0 && !guard ? "partial" : unanswered ? "unanswered" : "failed";
  const cut = (text: string) =>
    text.length > limits.evidenceCharsMax ? `${text.slice(0, limits.evidenceCharsMax)}…` : text;
  return {
    questionId: question.questionId,
    outcome,
    points: guard ? 0 : Math.round(fraction * question.pointsMax * 100) / 100,
    pointsMax: guard ? 0 : question.pointsMax,
    guard,
    reason: cut(explain(outcome, reason, evidence)),
    evidence: evidence.slice(0, limits.evidenceMax).map((item) => ({
      label: cut(item.label),
      expected: cut(item.expected),
      seen: cut(item.seen),
      source: cut(item.source),
      passed: item.passed,
    })),
    durationMs,
  };
}

function unwrap(json: string): unknown {
  try {
    return (JSON.parse(json) as { result: unknown }).result;
  } catch {
    return undefined;
  }
}

/** One sentence for the student. It names what does not hold, never what the right value is. */
function explain(
  outcome: CheckResult["outcome"],
  reason: string | undefined,
  evidence: { label: string; seen: string; passed: boolean }[],
): string {
  if (outcome === "passed") return "Everything that was asked for is there.";
  if (outcome === "unanswered") return "This question has not been answered.";
  if (reason) return reason;
  const failed = evidence.filter((item) => !item.passed);
  const first = failed[0];
  if (!first) return "Not all of it is there.";
  const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : "";
  return `Not so yet: ${first.label}${more}.`;
}
