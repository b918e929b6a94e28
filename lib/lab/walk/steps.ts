import { AppError } from "@/lib/core/app-error";
import type { CheckResult } from "@/lib/contract/check";
import type { WalkProgress, WalkStep } from "./report";

export interface StepOutcome {
  problems: string[];
  results: CheckResult[];
}

/** Runs the steps of a walk, one or several at a time, and writes down how each went. */
export class Steps {
  readonly done: WalkStep[] = [];

  constructor(
    private readonly onProgress: ((progress: WalkProgress) => void) | undefined,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /**
   * True when there are no problems; what is thrown is one. A trial that does not hold leaves no trace: whoever tries
   * runs the step again. A step that must run is not called off with the walk.
   */
  async run(
    name: string,
    title: string,
    work: () => Promise<StepOutcome>,
    { isTrial = false, mustRun = false } = {},
  ): Promise<boolean> {
    const report = (progress: Omit<WalkProgress, "step" | "title">) =>
      this.onProgress?.({ step: name, title, ...progress });
    const startedMs = performance.now();
    report({ state: "running" });
    const isOver = () => this.signal?.aborted === true && !mustRun;
    const outcome = await (isOver() ? Promise.reject(calledOff()) : work()).catch((failure: unknown) => ({
      problems: [(isOver() ? calledOff() : AppError.from(failure, (failure as Error)?.message)).message],
      results: [],
    }));
    const durationMs = performance.now() - startedMs;
    const ok = outcome.problems.length === 0;
    if (isTrial && !ok) return false;
    this.done.push({ name, ok, durationMs, problems: outcome.problems, results: outcome.results });
    report({ state: ok ? "done" : "failed", durationMs, problems: outcome.problems });
    return ok;
  }
}

function calledOff(): AppError {
  return new AppError("unavailable", "The walk was called off.");
}
