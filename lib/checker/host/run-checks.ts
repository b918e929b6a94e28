import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { AppError } from "@/lib/core/app-error";
import { builtEntry } from "@/lib/core/paths";
import type { AnswerValue, CheckResult } from "@/lib/contract/check";
import type { ParameterValues } from "@/lib/contract/fields";
import type { CheckProbe } from "../check-probe";
import { CallAnswerer } from "./answer-calls";
import { defaultLimits, type CheckLimits } from "./limits";
import type { FromWorker, ToWorker, WorkerStart } from "./messages";
import { readResult, ungradable, type GradedQuestion } from "./read-result";
import { threadCpuMs } from "./thread-cpu";

export interface CheckRun {
  /** As `compileChecks` made it. */
  source: string;
  parameters: ParameterValues;
  questions: (GradedQuestion & { answer?: AnswerValue })[];
  /** Wall time of the whole run. */
  deadlineMs: number;
}

export interface RunOptions {
  limits?: Partial<CheckLimits>;
  /** File of the worker; the built `checker/host/checker-main` unless a test brings its own. */
  workerFile?: string;
}

/**
 * Runs the checks of a lab in a worker that is thrown away afterwards. Every question gets exactly one result, in the
 * order asked; a check that throws, loops, fills its memory or says nonsense makes its own question `ungradable` and
 * no other. Never rejects for what checks do.
 */
export function runChecks(
  run: CheckRun,
  probe: CheckProbe,
  options: RunOptions = {},
): Promise<CheckResult[]> {
  return new Run(run, probe, options).results();
}

/** The checks that a compiled file defines. Throws `invalid` when it does not start. */
export async function listChecks(
  source: string,
  options: RunOptions = {},
): Promise<{ id: string; kind: "check" | "guard" }[]> {
  const run = new Run({ source, parameters: {}, questions: [], deadlineMs: 10_000 }, nothingToProbe, options);
  return run.list();
}

const nothingToProbe: CheckProbe = {
  get: () => Promise.resolve(undefined),
  list: () => Promise.resolve([]),
  exec: () => Promise.reject(new AppError("unsupported", "No lab runs.")),
  execInPodNetwork: () => Promise.reject(new AppError("unsupported", "No lab runs.")),
  readFile: () => Promise.resolve(undefined),
};

let wasmModule: WebAssembly.Module | undefined;
/** Compiled once a process; workers share it. */
export function quickjsModule(): WebAssembly.Module {
  if (!wasmModule) {
    const file = createRequire(import.meta.url).resolve("@jitl/quickjs-wasmfile-release-sync/wasm");
    wasmModule = new WebAssembly.Module(readFileSync(file));
  }
  return wasmModule;
}

/** A check under way, or the list of checks (`question` undefined). */
interface Task {
  index: number;
  question: CheckRun["questions"][number] | undefined;
  startedMs: number;
  abort: AbortController;
  answerer: CallAnswerer;
  timer: NodeJS.Timeout;
}

type Settled = { json: string } | { problem: string };

class Run {
  readonly #run: CheckRun;
  readonly #probe: CheckProbe;
  readonly #limits: CheckLimits;
  readonly #workerFile: string;
  readonly #endMs: number;
  readonly #settled = new Map<number, { outcome: Settled; durationMs: number }>();
  readonly #active = new Map<number, Task>();
  #waiting: number[] = [];
  #tasks: CheckRun["questions"] | undefined[] = [];
  #worker: Worker | undefined;
  #workerThreadId: number | undefined;
  #stretch = new Int32Array(new SharedArrayBuffer(12));
  #epochMs = 0;
  #finished: () => void = () => undefined;

  constructor(run: CheckRun, probe: CheckProbe, options: RunOptions) {
    this.#run = run;
    this.#probe = probe;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#workerFile = options.workerFile ?? builtEntry("checker/host/checker-main");
    this.#endMs = performance.now() + run.deadlineMs;
  }

  async results(): Promise<CheckResult[]> {
    await this.#work(this.#run.questions);
    return this.#run.questions.map((question, index) => {
      const { outcome, durationMs } = this.#settled.get(index)!;
      return "json" in outcome
        ? readResult(outcome.json, question, this.#limits, durationMs)
        : ungradable(question, outcome.problem, durationMs);
    });
  }

  async list(): Promise<{ id: string; kind: "check" | "guard" }[]> {
    await this.#work([undefined]);
    const { outcome } = this.#settled.get(0)!;
    if ("problem" in outcome) throw new AppError("invalid", outcome.problem);
    return (JSON.parse(outcome.json) as { result: { id: string; kind: "check" | "guard" }[] }).result;
  }

  async #work(tasks: CheckRun["questions"] | undefined[]): Promise<void> {
    this.#tasks = tasks;
    this.#waiting = tasks.map((_, index) => index);
    if (tasks.length === 0) return;
    const watch = setInterval(() => this.#watch(), 50);
    try {
      await new Promise<void>((resolve) => {
        this.#finished = resolve;
        this.#startWorker();
      });
    } finally {
      clearInterval(watch);
      for (const task of this.#active.values()) this.#release(task);
      await this.#worker?.terminate();
    }
  }

  #startWorker(): void {
    this.#stretch = new Int32Array(new SharedArrayBuffer(12));
    this.#workerThreadId = undefined;
    this.#epochMs = Date.now();
    const workerData: WorkerStart = {
      wasmModule: quickjsModule(),
      source: this.#run.source,
      limits: this.#limits,
      stretch: this.#stretch.buffer as SharedArrayBuffer,
      epochMs: this.#epochMs,
    };
    const worker = new Worker(this.#workerFile, {
      workerData,
      // Nothing of this process is the worker's: no environment, no standard streams, little memory.
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
    });
    this.#worker = worker;
    worker.on("message", (message: FromWorker) => {
      if (worker === this.#worker) this.#take(message);
    });
    worker.on("error", (error) => this.#lostWorker(worker, `The checker's worker failed: ${error.message}`));
    worker.on("exit", () => this.#lostWorker(worker, "The checker's worker ended."));
  }

  #take(message: FromWorker): void {
    if (message.type === "ready") {
      this.#workerThreadId = message.threadId;
      return this.#fill();
    }
    const task = this.#active.get(message.task);
    if (!task) return;
    if (message.type === "call")
      return void task.answerer.answer(message.json).then((json) => {
        if (json !== undefined) this.#tell({ type: "reply", task: task.index, json });
      });
    this.#settle(task, message.type === "result" ? { json: message.json } : { problem: message.problem });
  }

  #fill(): void {
    while (this.#active.size < this.#limits.concurrency) {
      const index = this.#waiting.shift();
      if (index === undefined) break;
      const leftMs = Math.max(0, Math.min(this.#limits.wallMs, this.#endMs - performance.now()));
      const abort = new AbortController();
      const task: Task = {
        index,
        question: this.#tasks[index],
        startedMs: performance.now(),
        abort,
        answerer: new CallAnswerer(this.#probe, this.#limits, abort.signal),
        timer: setTimeout(() => {
          this.#tell({ type: "drop", task: index });
          this.#settle(task, { problem: `The check took longer than ${Math.round(leftMs)} ms.` });
        }, leftMs),
      };
      this.#active.set(index, task);
      this.#tell({ type: "start", task: index, message: this.#messageFor(task, leftMs) });
    }
  }

  #messageFor({ question }: Task, deadlineMs: number): unknown {
    if (!question) return { type: "list" };
    const { questionId, answer } = question;
    return { type: "run", questionId, answer, parameters: this.#run.parameters, deadlineMs };
  }

  #settle(task: Task, outcome: Settled): void {
    this.#release(task);
    this.#settled.set(task.index, { outcome, durationMs: Math.round(performance.now() - task.startedMs) });
    if (this.#settled.size === this.#tasks.length) this.#finished();
    else this.#fill();
  }

  #release(task: Task): void {
    clearTimeout(task.timer);
    task.abort.abort();
    this.#active.delete(task.index);
  }

  #tell(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  /** Kills a worker whose guest holds the thread: only the watching side can see that. */
  #watch(): void {
    const holder = Atomics.load(this.#stretch, 0) - 1;
    if (holder < 0) return;
    const { stretchMsMax, wallMs } = this.#limits;
    const heldMs = Date.now() - this.#epochMs - Atomics.load(this.#stretch, 1);
    const worker = this.#worker;
    if (heldMs <= stretchMsMax || !worker) return;
    // On a busy server most of that may be time in which the worker did not run; wall time is the last resort.
    const cpuBegan = Atomics.load(this.#stretch, 2);
    const cpuNow = this.#workerThreadId === undefined ? undefined : threadCpuMs(this.#workerThreadId);
    if (cpuBegan >= 0 && cpuNow !== undefined && cpuNow - cpuBegan <= stretchMsMax && heldMs <= wallMs)
      return;
    this.#lostWorker(worker, `The check held its sandbox for more than ${stretchMsMax} ms.`);
  }

  /**
   * The check that held the thread is to blame; when none did, all that were under way. The others start again in a
   * new worker: checks only read.
   */
  #lostWorker(worker: Worker, problem: string): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    void worker.terminate();
    const holder = Atomics.load(this.#stretch, 0) - 1;
    const tasks = [...this.#active.values()];
    // A holder that is not active any more ran out of its own time before: its result stands.
    const toBlame = holder < 0 ? tasks : tasks.filter((task) => task.index === holder);
    for (const task of tasks) {
      this.#release(task);
      if (!toBlame.includes(task)) this.#waiting.unshift(task.index);
    }
    const durationMs = (task: Task) => Math.round(performance.now() - task.startedMs);
    for (const task of toBlame)
      this.#settled.set(task.index, { outcome: { problem }, durationMs: durationMs(task) });
    // A worker that cannot even start blames nobody: say so for everything rather than start it for ever.
    if (tasks.length === 0)
      for (const index of this.#waiting.splice(0))
        this.#settled.set(index, { outcome: { problem }, durationMs: 0 });
    if (this.#settled.size === this.#tasks.length) this.#finished();
    else this.#startWorker();
  }
}
