import type { CheckResult } from "@/lib/contract/check";

/** What a walk over one lab found. Plain JSON: shown by the CLI and on the publish page, stored with a version. */
export interface WalkReport {
  lab: string;
  /** Draws the same parameters again. */
  seed: string;
  ok: boolean;
  durationMs: number;
  /** From start to ready, of each lab instance that was started, in ms. */
  startsMs: number[];
  steps: WalkStep[];
  /** Which question is proven by what: mistakes that name it. */
  coverage: { questionId: string; solved: boolean; mistakes: number }[];
}

export interface WalkStep {
  /** "start", "unsolved", "solution", "solution again", "mistakes/x.sh", "teardown" */
  name: string;
  ok: boolean;
  durationMs: number;
  /** Sentences; empty when ok. */
  problems: string[];
  results: CheckResult[];
}

export interface WalkProgress {
  step: string;
  /** For people: "Running the reference solution". */
  title: string;
  state: "running" | "done" | "failed";
  durationMs?: number;
  problems?: string[];
}

/** One line a step, and below it what is wrong. */
export function formatWalk(report: WalkReport): string {
  const lines = report.steps.flatMap((step) => [
    `${step.ok ? "ok  " : "FAIL"} ${step.name.padEnd(44)} ${String(Math.round(step.durationMs)).padStart(7)} ms`,
    ...step.problems.map((problem) => `       ${problem.replaceAll("\n", "\n       ")}`),
  ]);
  return [
    `${report.lab}: ${report.ok ? "ok" : "FAILED"} in ${(report.durationMs / 1000).toFixed(1)} s (seed ${report.seed})`,
    ...lines,
  ].join("\n");
}
