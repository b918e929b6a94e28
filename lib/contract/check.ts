import { z } from "zod";

/** One thing a checker looked at: what it expected, what it saw and where it looked. */
export const evidence = z.object({
  label: z.string(),
  expected: z.string(),
  seen: z.string(),
  /** The command, request or object that shows the same to a person: "kubectl get node node01 -o wide". */
  source: z.string().default(""),
  passed: z.boolean(),
});
export type Evidence = z.infer<typeof evidence>;

export const checkResult = z.object({
  questionId: z.string(),
  /** `ungradable`: the checker threw, looped, ran out of memory or time; the question is looked at by a person. */
  outcome: z.enum(["passed", "partial", "failed", "unanswered", "ungradable"]),
  points: z.number().min(0),
  pointsMax: z.number().min(0),
  /** A guard has no points: when it fails it vetoes the whole score. */
  guard: z.boolean().default(false),
  /** One sentence for the student: why. */
  reason: z.string(),
  evidence: z.array(evidence),
  durationMs: z.number(),
});
export type CheckResult = z.infer<typeof checkResult>;

/** What a student gave to a `choice` or `text` question; a `task` has none. */
export const answerValue = z.union([z.string().max(10_000), z.array(z.string().max(1000)).max(100)]);
export type AnswerValue = z.infer<typeof answerValue>;
