import { systemClock } from "@/lib/core/clock";
import { randomId } from "@/lib/core/ids";
import type { ClusterdRpc } from "@/lib/contract/clusterd";
import type { RpcClient } from "@/lib/rpc/client";
import { drawParameters } from "../draw-parameters";
import type { Lab, Mistake } from "../lab";
import { judgeMistake, judgeSolution, judgeUnsolved, type Checks } from "./judge";
import { inGroups, planRounds } from "./plan-rounds";
import type { Answers } from "./read-answers";
import type { WalkProgress, WalkReport } from "./report";
import { RunningLab, walkSignMs } from "./running-lab";
import { Steps, type StepOutcome } from "./steps";

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
  /** The kernel needs a moment to reap what was killed: how long leftovers may take to go, on a machine that is busy with others too. Default 20000. */
  leftoverPatienceMs?: number;
  /** How long a mistake may take to be felt by the checks that it names. Default 15000. */
  mistakePatienceMs?: number;
  onProgress?: (progress: WalkProgress) => void;
  signal?: AbortSignal;
}

/**
 * Proves a lab: unsolved it scores zero, the reference solution scores full marks twice in a row, each mistake, played
 * on top of the solution, fails exactly the checks that it names, and nothing is left when its labs have been stopped.
 * Mistakes that name different checks are played on the same lab, a few at a time; they are judged together, by all checks that
 * none before them has failed. Those that are not as they say in company are halved over labs of their own until one alone is called wrong.
 * Never throws for what the lab does: that is in the report.
 */
export async function walkLab(lab: Lab, options: WalkOptions): Promise<WalkReport> {
  const seed = options.seed ?? randomId(10);
  return new Walk(lab, seed, options).report();
}

class Walk {
  readonly #steps: Steps;
  readonly #started: RunningLab[] = [];
  /** What is played once more: mistakes that did not do as they say together, and those that would have come after them. */
  readonly #again: Mistake[][] = [];
  readonly #parameters;

  constructor(
    private readonly lab: Lab,
    private readonly seed: string,
    private readonly options: WalkOptions,
  ) {
    this.#parameters = drawParameters(lab.manifest, seed);
    this.#steps = new Steps(options.onProgress, options.signal);
  }

  async report(): Promise<WalkReport> {
    const startedMs = performance.now();
    const { manifest, mistakes } = this.lab;
    const over = new AbortController();
    void this.#keepLabs(over.signal);
    try {
      await this.#walk();
    } finally {
      over.abort();
      await this.#steps.run("teardown", "Stopping the labs", () => this.#tearDown(), { mustRun: true });
    }
    const { done: steps } = this.#steps;
    const solution = steps.find(({ name }) => name === "solution");
    return {
      lab: manifest.id,
      seed: this.seed,
      ok: steps.every(({ ok }) => ok),
      durationMs: performance.now() - startedMs,
      startsMs: this.#started.map(({ startedAfterMs }) => startedAfterMs),
      steps,
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

  async #walk(): Promise<void> {
    const { mistakes } = this.lab;
    const running = this.#instance();
    const answers = await this.#walkMain(running);
    if (!answers) return;
    const [words, deeds] = [
      mistakes.filter((one) => !this.#isDeed(one)),
      mistakes.filter((one) => this.#isDeed(one)),
    ];
    for (const round of planRounds(words, this.seed))
      await this.#playRound(running, round, answers, { checks: this.#answeredChecks() });
    const [first = [], ...others] = planRounds(deeds, this.seed);
    await this.#inParallel([
      async () => {
        await this.#playRound(running, first, answers);
        await running.stop().catch(() => undefined); // frees the host early; the teardown says what is wrong
      },
      ...others.map((round) => () => this.#playFresh(round)),
    ]);
    // Ends: the first of each round is judged for good.
    while (this.#again.length > 0)
      await this.#inParallel(this.#again.splice(0).map((round) => () => this.#playFresh(round)));
  }

  /** Mistakes that only answer wrongly leave the lab as it is. */
  #isDeed({ fails }: Mistake): boolean {
    const { questions, guards } = this.lab.manifest;
    return fails.some(
      (id) => guards.includes(id) || questions.find((question) => question.id === id)?.kind === "task",
    );
  }

  /** The first instance: unsolved, solution twice. The right answers, when the solution holds. */
  async #walkMain(running: RunningLab): Promise<Answers | undefined> {
    const { manifest } = this.lab;
    const isUp = await this.#steps.run("start", "Starting the lab", async () => {
      await running.start();
      return { problems: [], results: [] };
    });
    if (!isUp) return undefined;
    await this.#steps.run("unsolved", "Grading the lab as it is", async () => {
      const results = await running.check({});
      return { problems: judgeUnsolved(manifest, results), results };
    });
    let answers: Answers = {};
    for (const name of ["solution", "solution again"]) {
      const holds = await this.#steps.run(name, "Playing the reference solution", async () => {
        const played = await this.#solve(running);
        answers = played.answers;
        return played;
      });
      if (!holds) return undefined;
    }
    return answers;
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

  /** Spoils a solved lab with some mistakes after the others. */
  async #playRound(
    running: RunningLab,
    round: Mistake[],
    right: Answers,
    { checks = this.lab.manifest as Checks, isFresh = false } = {},
  ) {
    let answers = right;
    const failed = new Set<string>();
    const groups = inGroups(round);
    for (const [index, group] of groups.entries()) {
      const left = without(checks, failed);
      const files = group.map(({ file }) => file);
      const named = group.flatMap(({ fails }) => fails);
      const isAlone = index === 0 && group.length === 1 && isFresh;
      const holds = await this.#steps.run(
        files.join(", "),
        `Playing ${files.join(", ")}`,
        async () => {
          const problems: string[] = [];
          for (const mistake of group) {
            const played = await running.play(mistake.content);
            answers = { ...answers, ...played.answers };
            problems.push(...played.problems);
          }
          const results = await this.#gradeMistakes(running, answers, left, named);
          return { problems: [...problems, ...judgeMistake(left, results, named)], results };
        },
        { isTrial: !isAlone },
      );
      if (!holds) {
        // What they did to the lab is not known.
        const half = Math.ceil(group.length / 2);
        const rest = groups.slice(index + 1).flat();
        const parts = isAlone ? [rest] : [group.slice(0, half), group.slice(half), rest];
        this.#again.push(...parts.filter((part) => part.length > 0));
        return;
      }
      for (const id of named) failed.add(id);
    }
  }

  /** Controllers take a moment to follow what a mistake changed, and until then the cluster still serves as it did. */
  async #gradeMistakes(running: RunningLab, answers: Answers, checks: Checks, fails: string[]) {
    const untilMs = performance.now() + (this.options.mistakePatienceMs ?? 15_000);
    for (;;) {
      const results = await running.check(answers, checks);
      const isFelt = fails.every((id) =>
        results.some(({ questionId, outcome }) => questionId === id && outcome !== "passed"),
      );
      if (isFelt || performance.now() > untilMs) return results;
      await systemClock.sleep(500, this.options.signal);
    }
  }

  /** What mistakes can change that only answer wrongly. */
  #answeredChecks(): Checks {
    return { questions: this.lab.manifest.questions.filter(({ kind }) => kind !== "task"), guards: [] };
  }

  /** On a new instance of the same attempt, which is solved first. */
  async #playFresh(round: Mistake[]): Promise<void> {
    const running = this.#instance();
    let answers: Answers = {};
    const isReady = await this.#steps.run(`lab ${this.#started.length}`, "Solving another lab", async () => {
      await running.start();
      // That the solution scores in full was shown before: here it only has to run.
      const solved = await running.play(this.lab.solution!);
      answers = solved.answers;
      return { problems: solved.problems, results: [] };
    });
    if (isReady) await this.#playRound(running, round, answers, { isFresh: true });
    await running.stop().catch(() => undefined);
  }

  async #inParallel(tasks: (() => Promise<void>)[]): Promise<void> {
    const queue = [...tasks];
    const work = async () => {
      for (let task = queue.shift(); task; task = queue.shift()) await task();
    };
    await Promise.all(Array.from({ length: this.options.concurrency ?? 2 }, work));
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

  async #tearDown(): Promise<StepOutcome> {
    const problems = await Promise.all(
      this.#started.map(async (running) => {
        const failures = await running.stop().then(
          () => [],
          (failure: Error) => [`${running.labId} cannot be stopped: ${failure.message}`],
        );
        const leftovers = await this.#leftovers(running.labId);
        return [...failures, ...leftovers.map((leftover) => `${running.labId} left behind: ${leftover}`)];
      }),
    );
    return { problems: problems.flat(), results: [] };
  }

  async #leftovers(labId: string): Promise<string[]> {
    const untilMs = performance.now() + (this.options.leftoverPatienceMs ?? 20_000);
    for (;;) {
      const leftovers = (await this.options.findLeftovers?.(labId)) ?? [];
      if (leftovers.length === 0 || performance.now() > untilMs) return leftovers;
      await systemClock.sleep(100);
    }
  }
}

function without({ questions, guards }: Checks, ids: ReadonlySet<string>): Checks {
  return {
    questions: questions.filter(({ id }) => !ids.has(id)),
    guards: guards.filter((id) => !ids.has(id)),
  };
}
