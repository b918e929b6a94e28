import { AppError } from "@/lib/core/app-error";
import { systemClock } from "@/lib/core/clock";
import { randomId } from "@/lib/core/ids";
import type { CheckResult } from "@/lib/contract/check";
import type { ClusterdRpc } from "@/lib/contract/clusterd";
import type { RpcClient } from "@/lib/rpc/client";
import { drawParameters } from "../draw-parameters";
import type { Lab, Mistake } from "../lab";
import { judgeMistake, judgeSolution, judgeUnsolved } from "./judge";
import type { Answers } from "./read-answers";
import type { WalkProgress, WalkReport, WalkStep } from "./report";
import { RunningLab, walkSignMs } from "./running-lab";

export interface WalkOptions {
  clusterd: RpcClient<ClusterdRpc>;
  /** As `compileChecks` made it. */
  source: string;
  /** Of the attempt that is played; a random one by default. */
  seed?: string;
  /** Lab instances that run at once. */
  concurrency?: number;
  /**
   * What a stopped lab left on the host, in words: processes, mounts, namespaces, cgroups, files. Without it the walk
   * proves only that stopping succeeds.
   */
  findLeftovers?: (labId: string) => Promise<string[]>;
  /** The kernel needs a moment to reap what was killed: how long leftovers may take to go. Default 5000. */
  leftoverPatienceMs?: number;
  onProgress?: (progress: WalkProgress) => void;
  signal?: AbortSignal;
}

/**
 * Proves a lab: unsolved it scores zero, the reference solution scores full marks twice in a row, each mistake, played
 * on top of the solution, fails exactly the checks that it names, and nothing is left when its labs have been stopped.
 * Never throws for what the lab does: that is in the report.
 */
export async function walkLab(lab: Lab, options: WalkOptions): Promise<WalkReport> {
  const seed = options.seed ?? randomId(10);
  return new Walk(lab, seed, options).report();
}

class Walk {
  readonly #steps: WalkStep[] = [];
  readonly #started: RunningLab[] = [];
  readonly #parameters;

  constructor(
    private readonly lab: Lab,
    private readonly seed: string,
    private readonly options: WalkOptions,
  ) {
    this.#parameters = drawParameters(lab.manifest, seed);
  }

  async report(): Promise<WalkReport> {
    const startedMs = performance.now();
    const { manifest, mistakes } = this.lab;
    const over = new AbortController();
    void this.#keepLabs(over.signal);
    try {
      // Mistakes that only answer wrongly share the first instance; those that change the cluster get their own.
      const solved = await this.#walkMain(mistakes.filter((mistake) => !this.#needsOwnLab(mistake)));
      if (solved) await this.#inParallel(mistakes.filter((mistake) => this.#needsOwnLab(mistake)));
    } finally {
      over.abort();
      await this.#step("teardown", "Stopping the labs", () => this.#tearDown());
    }
    const solution = this.#steps.find(({ name }) => name === "solution");
    return {
      lab: manifest.id,
      seed: this.seed,
      ok: this.#steps.every(({ ok }) => ok),
      durationMs: performance.now() - startedMs,
      startsMs: this.#started.map(({ startedAfterMs }) => startedAfterMs),
      steps: this.#steps,
      coverage: manifest.questions.map(({ id }) => ({
        questionId: id,
        solved:
          solution?.results.some(({ questionId, outcome }) => questionId === id && outcome === "passed") ??
          false,
        mistakes: mistakes.filter(({ fails }) => fails.includes(id)).length,
      })),
    };
  }

  async #keepLabs(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await systemClock.sleep(walkSignMs, signal).catch(() => undefined);
      if (!signal.aborted) await Promise.all(this.#started.map((running) => running.keep()));
    }
  }

  #needsOwnLab({ fails }: Mistake): boolean {
    const { questions, guards } = this.lab.manifest;
    return fails.some(
      (id) => guards.includes(id) || questions.find((question) => question.id === id)?.kind === "task",
    );
  }

  /** The first instance: unsolved, solution twice, wrong answers. True when the solution holds. */
  async #walkMain(mistakes: Mistake[]): Promise<boolean> {
    const { manifest } = this.lab;
    const running = this.#instance();
    const isUp = await this.#step("start", "Starting the lab", async () => {
      await running.start();
      return { problems: [], results: [] };
    });
    if (!isUp) return false;
    await this.#step("unsolved", "Grading the lab as it is", async () => {
      const results = await running.check({});
      return { problems: judgeUnsolved(manifest, results), results };
    });
    let answers: Answers = {};
    for (const name of ["solution", "solution again"]) {
      const holds = await this.#step(name, "Playing the reference solution", async () => {
        const played = await this.#solve(running);
        answers = played.answers;
        return played;
      });
      if (!holds) return false;
    }
    for (const mistake of mistakes) await this.#spoil(running, mistake, answers);
    return true;
  }

  async #solve(running: RunningLab) {
    const { solution, manifest } = this.lab;
    if (solution === undefined)
      return {
        answers: {},
        problems: ["There is no solution.sh: nothing shows that the lab can be solved."],
        results: [],
      };
    const { answers, problems } = await running.play(solution);
    const results = await running.check(answers);
    return { answers, problems: [...problems, ...judgeSolution(manifest, results)], results };
  }

  #spoil(running: RunningLab, mistake: Mistake, answers: Answers): Promise<boolean> {
    return this.#step(mistake.file, `Playing ${mistake.file}`, async () => {
      const played = await running.play(mistake.content);
      const results = await running.check({ ...answers, ...played.answers });
      return {
        problems: [...played.problems, ...judgeMistake(this.lab.manifest, results, mistake.fails)],
        results,
      };
    });
  }

  async #inParallel(mistakes: Mistake[]): Promise<void> {
    const queue = [...mistakes];
    const work = async () => {
      for (let mistake = queue.shift(); mistake; mistake = queue.shift()) await this.#spoilFresh(mistake);
    };
    await Promise.all(Array.from({ length: this.options.concurrency ?? 2 }, work));
  }

  /** A new instance of the same attempt, solved and then spoiled. */
  #spoilFresh(mistake: Mistake): Promise<boolean> {
    return this.#step(mistake.file, `Playing ${mistake.file}`, async () => {
      const running = this.#instance();
      await running.start();
      // That the solution scores in full was shown before: here it only has to run.
      const solved = await running.play(this.lab.solution!);
      if (solved.problems.length > 0)
        return { problems: solved.problems.map((problem) => `before the mistake: ${problem}`), results: [] };
      const played = await running.play(mistake.content);
      const results = await running.check({ ...solved.answers, ...played.answers });
      await running.stop(); // frees the host early; the teardown stops it again, which is safe
      return {
        problems: [...played.problems, ...judgeMistake(this.lab.manifest, results, mistake.fails)],
        results,
      };
    });
  }

  #instance(): RunningLab {
    const labId = `walk-${randomId(12)}`;
    const running = new RunningLab(
      labId,
      this.lab,
      this.options.source,
      this.#parameters,
      this.options.clusterd,
      this.options.signal,
    );
    this.#started.push(running);
    return running;
  }

  async #tearDown(): Promise<{ problems: string[]; results: CheckResult[] }> {
    const problems: string[] = [];
    for (const running of this.#started) {
      await running
        .stop()
        .catch((failure: Error) => problems.push(`${running.labId} cannot be stopped: ${failure.message}`));
      const leftovers = await this.#leftovers(running.labId);
      problems.push(...leftovers.map((leftover) => `${running.labId} left behind: ${leftover}`));
    }
    return { problems, results: [] };
  }

  async #leftovers(labId: string): Promise<string[]> {
    const untilMs = performance.now() + (this.options.leftoverPatienceMs ?? 5000);
    for (;;) {
      const leftovers = (await this.options.findLeftovers?.(labId)) ?? [];
      if (leftovers.length === 0 || performance.now() > untilMs) return leftovers;
      await systemClock.sleep(100);
    }
  }

  async #step(
    name: string,
    title: string,
    work: () => Promise<{ problems: string[]; results: CheckResult[] }>,
  ): Promise<boolean> {
    const report = (progress: Omit<WalkProgress, "step" | "title">) =>
      this.options.onProgress?.({ step: name, title, ...progress });
    const startedMs = performance.now();
    report({ state: "running" });
    const outcome = await (this.#isAborted(name) ? Promise.reject(this.#aborted()) : work()).catch(
      (failure: unknown) => ({
        problems: [
          (this.#isAborted(name) ? this.#aborted() : AppError.from(failure, (failure as Error)?.message))
            .message,
        ],
        results: [],
      }),
    );
    const durationMs = performance.now() - startedMs;
    const ok = outcome.problems.length === 0;
    this.#steps.push({ name, ok, durationMs, problems: outcome.problems, results: outcome.results });
    report({ state: ok ? "done" : "failed", durationMs, problems: outcome.problems });
    return ok;
  }

  #isAborted(name: string): boolean {
    return this.options.signal?.aborted === true && name !== "teardown";
  }

  #aborted(): AppError {
    return new AppError("unavailable", "The walk was called off.");
  }
}
