import variant from "@jitl/quickjs-wasmfile-release-sync";
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
} from "quickjs-emscripten-core";
import { compareForGuest } from "./compare-for-guest";
import type { FromWorker, WorkerStart } from "./messages";
import { threadCpuMs } from "./thread-cpu";

/** While a stretch is over its wall time, the processor time is looked at this often: the look is a system call. */
const cpuLookEveryMs = 10;

/**
 * One check in a QuickJS of its own: an own WebAssembly instance over an own memory with a maximum, because QuickJS's
 * memory limit does not hold and a module that aborted cannot be used again. Only text crosses.
 */
export class Guest {
  readonly #start: WorkerStart;
  readonly #task: number;
  readonly #post: (message: FromWorker) => void;
  readonly #stretch: Int32Array;
  #runtime: QuickJSRuntime | undefined;
  #context: QuickJSContext | undefined;
  #receiver: QuickJSHandle | undefined;
  #done = false;
  readonly #cpuMs: () => number | undefined;
  /** Of former stretches; and of the one that runs, when it began. Processor time may be unknown. */
  #used = { wallMs: 0, cpuMs: 0 };
  #began: { wallMs: number; cpuMs: number | undefined } | undefined;
  #cpuLook = { atMs: 0, over: false };
  #calls = 0;
  #callsOpen = 0;

  /** `cpuMs` tells the processor time of this thread. */
  constructor(
    start: WorkerStart,
    task: number,
    post: (message: FromWorker) => void,
    cpuMs: () => number | undefined = threadCpuMs,
  ) {
    this.#start = start;
    this.#task = task;
    this.#post = post;
    this.#cpuMs = cpuMs;
    this.#stretch = new Int32Array(start.stretch);
  }

  async open(): Promise<void> {
    const { wasmModule, limits, source } = this.#start;
    const quickjs = await newQuickJSWASMModuleFromVariant(
      newVariant(variant, {
        wasmModule,
        wasmMemory: new WebAssembly.Memory({ initial: 256, maximum: limits.memoryPagesMax }),
      }),
    );
    this.#enter(() => {
      const runtime = (this.#runtime = quickjs.newRuntime());
      runtime.setMemoryLimit((limits.memoryPagesMax - 64) * 65_536);
      runtime.setInterruptHandler(() => this.#overBudget());
      const context = (this.#context = runtime.newContext());
      this.#provide(context, "__examctlSend", (json) => this.#send(json));
      this.#provide(context, "__examctlCompare", (json) => this.#compare(json));
      const result = context.evalCode(source, "checks.js");
      if (result.error) return this.#die(`checks.ts did not start: ${describe(context, result.error)}`);
      result.value.dispose();
      this.#receiver = context.getProp(context.global, "__examctlReceive");
    });
  }

  /** Gives the guest the reply to one of its calls. */
  reply(json: string): void {
    this.#callsOpen--;
    this.receive(json);
  }

  /** Gives the guest a message and runs whatever that sets going. */
  receive(json: string): void {
    const context = this.#context;
    if (this.#done || !context || !this.#receiver) return;
    const receiver = this.#receiver;
    this.#enter(() => {
      const text = context.newString(json);
      const result = context.callFunction(receiver, context.undefined, text);
      text.dispose();
      if (result.error) return this.#die(describe(context, result.error));
      result.value.dispose();
      this.#runJobs(context);
      if (this.#overBudget()) this.#die(this.#overBudgetText());
      if (!this.#done && this.#callsOpen === 0) this.#die("The check waits for something that never comes.");
    });
  }

  #runJobs(context: QuickJSContext): void {
    while (!this.#done && this.#runtime!.hasPendingJob()) {
      const jobs = this.#runtime!.executePendingJobs(500);
      if (jobs.error) return this.#die(describe(context, jobs.error));
      if (this.#overBudget()) return; // the caller says so
    }
  }

  /** Runs guest code: says so to the watching thread, counts the time, and outlives whatever the module throws. */
  #enter(work: () => void): void {
    const began = (this.#began = { wallMs: performance.now(), cpuMs: this.#cpuMs() });
    Atomics.store(this.#stretch, 2, Math.round(began.cpuMs ?? -1));
    Atomics.store(this.#stretch, 1, Math.round(Date.now() - this.#start.epochMs));
    Atomics.store(this.#stretch, 0, this.#task + 1);
    try {
      work();
    } catch (error) {
      // A deep recursion or a full memory ends the WebAssembly instance; nothing in it is touched again.
      this.#die(
        this.#overBudget() ? this.#overBudgetText() : `The check broke its sandbox: ${String(error)}`,
      );
    } finally {
      Atomics.store(this.#stretch, 0, 0);
      this.#used.wallMs += performance.now() - began.wallMs;
      this.#used.cpuMs += this.#cpuSince(began);
      this.#began = undefined;
    }
  }

  /** Processor time counts, so that a busy server fails no honest check; wall time, the larger one, is looked at first. */
  #overBudget(): boolean {
    const { cpuMs } = this.#start.limits;
    const nowMs = performance.now();
    const wallMs = this.#began === undefined ? 0 : nowMs - this.#began.wallMs;
    if (this.#used.wallMs + wallMs <= cpuMs) return false;
    if (this.#began === undefined) return this.#used.cpuMs > cpuMs;
    if (!this.#cpuLook.over && nowMs - this.#cpuLook.atMs >= cpuLookEveryMs)
      this.#cpuLook = { atMs: nowMs, over: this.#used.cpuMs + this.#cpuSince(this.#began) > cpuMs };
    return this.#cpuLook.over;
  }

  #cpuSince(began: { wallMs: number; cpuMs: number | undefined }): number {
    const now = began.cpuMs === undefined ? undefined : this.#cpuMs();
    return now === undefined ? performance.now() - began.wallMs : now - began.cpuMs!;
  }

  #overBudgetText(): string {
    return `The check ran longer than ${this.#start.limits.cpuMs} ms without waiting for anything.`;
  }

  #die(problem: string): void {
    if (this.#done) return;
    this.#done = true;
    const text = /interrupted/.test(problem) && this.#overBudget() ? this.#overBudgetText() : problem;
    this.#post({ type: "dead", task: this.#task, problem: text.slice(0, 2000) });
  }

  #send(json: string): void {
    if (this.#done) return;
    // A check may catch its interruption (as the rejection of an async function): what it says then does not count.
    if (this.#overBudget()) return this.#die(this.#overBudgetText());
    const { requestCharsMax, callsMax } = this.#start.limits;
    if (json.length > requestCharsMax)
      return this.#die(`The check sent ${json.length} characters at once; ${requestCharsMax} are allowed.`);
    if (json.startsWith('{"type":"result"')) {
      this.#done = true;
      return this.#post({ type: "result", task: this.#task, json });
    }
    if (++this.#calls > callsMax)
      return this.#die(`The check asked more than ${callsMax} things of the cluster.`);
    this.#callsOpen++;
    this.#post({ type: "call", task: this.#task, json });
  }

  #compare(json: string): string {
    return json.length > this.#start.limits.requestCharsMax
      ? JSON.stringify({ error: "The answer is too long to compare." })
      : compareForGuest(json);
  }

  #provide(context: QuickJSContext, name: string, call: (json: string) => string | void): void {
    const handle = context.newFunction(name, (argument) => {
      const reply = call(argument ? context.getString(argument) : "");
      return typeof reply === "string" ? context.newString(reply) : context.undefined;
    });
    context.setProp(context.global, name, handle);
    handle.dispose();
  }
}

function describe(context: QuickJSContext, error: QuickJSHandle): string {
  const dumped = context.dump(error) as unknown;
  error.dispose();
  if (typeof dumped !== "object" || dumped === null) return String(dumped);
  const { name, message, stack } = dumped as { name?: string; message?: string; stack?: string };
  return [`${name ?? "Error"}: ${message ?? ""}`, stack].filter(Boolean).join("\n").trim();
}
