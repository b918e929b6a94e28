import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import type { ProcessSpec } from "@/lib/cli/instance/processes";
import type { ProcessStatus } from "@/lib/contract/supervisor";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { identify, type ProcessIdentity } from "./process-identity";
import { stopProcess } from "./stop-process";

const logBytesMax = 50 << 20;
const restartDelayMaxMs = 10_000;
/** A process that ends this often in a row without having answered is called failed (and still tried again). */
const startFailuresMax = 4;

export interface SupervisedOptions {
  logPath: string;
  clock: Clock;
  logger: Logger;
  /** Called whenever the identity changes, so that a later supervisor can find what this one left. */
  onIdentity(name: string, identity: ProcessIdentity | undefined): void;
}

/** One process: started, waited for until it answers, started again when it dies, stopped on demand. */
export class SupervisedProcess {
  readonly status: ProcessStatus;
  #identity: ProcessIdentity | undefined;
  #stopping = false;
  #keepingUp: Promise<void> = Promise.resolve();

  constructor(
    readonly spec: ProcessSpec,
    private readonly options: SupervisedOptions,
  ) {
    this.status = { name: spec.name, state: "waiting", restarts: 0 };
  }

  /**
   * Resolves when the process answers for the first time (or, for one that runs once, has succeeded) and keeps it up
   * from then on. Rejects with the end of its log when it does not answer within `readyTimeoutMs`; it is tried on.
   */
  async start(readyTimeoutMs: number): Promise<void> {
    if (!this.spec.once)
      return new Promise((resolve, reject) => {
        this.#keepingUp = this.#keepUp(readyTimeoutMs, resolve, reject);
      });
    const startedMs = this.options.clock.now();
    const code = await this.#spawn();
    if (code !== 0) throw this.#fail(`${this.spec.name} ended with ${code}`);
    this.#setReady(startedMs);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#identity) await stopProcess(this.#identity, this.spec.stopTimeoutMs, this.options.clock);
    this.status.state = "stopped";
    this.status.pid = undefined;
  }

  /** Starts a stopped one anew, as `start`; nothing when it was not stopped. */
  async resume(readyTimeoutMs: number): Promise<void> {
    if (!this.#stopping) return;
    await this.#keepingUp;
    this.#stopping = false;
    this.status.state = "waiting";
    await this.start(readyTimeoutMs);
  }

  async #keepUp(
    readyTimeoutMs: number,
    onReady: () => void,
    onLate: (failure: Error) => void,
  ): Promise<void> {
    const { clock, logger } = this.options;
    const fail = (what: string) => onLate(this.#fail(`${this.spec.name} ${what}`));
    const late = setTimeout(() => fail(`did not answer within ${readyTimeoutMs / 1000} s`), readyTimeoutMs);
    for (let failuresInRow = 0; !this.#stopping;) {
      const exit = this.#spawn();
      if (await this.#untilReady(exit)) {
        failuresInRow = 0;
        clearTimeout(late);
        onReady();
      }
      const code = await exit;
      if (this.#stopping) break;
      const delayMs = failuresInRow === 0 ? 0 : Math.min(100 * 2 ** failuresInRow, restartDelayMaxMs);
      failuresInRow += 1;
      logger.warn({ name: this.spec.name, code, delayMs }, "process ended, starting it again");
      this.status.restarts += 1;
      if (failuresInRow === startFailuresMax) fail(`ended with ${code} each time it was started`);
      else if (this.status.state !== "failed") {
        this.status.state = "restarting";
        this.status.error = `ended with ${code}`;
      }
      await clock.sleep(delayMs);
    }
    clearTimeout(late);
  }

  /** False when the process ended before it answered. */
  async #untilReady(exit: Promise<unknown>): Promise<boolean> {
    const { clock } = this.options;
    const startedMs = clock.now();
    let exited = false;
    void exit.then(() => (exited = true));
    while (!exited) {
      try {
        await this.spec.ready();
        this.#setReady(startedMs);
        return true;
      } catch {
        await clock.sleep(25);
      }
    }
    return false;
  }

  #setReady(startedMs: number): void {
    this.status.state = "ready";
    this.status.error = undefined;
    this.status.readyAfterMs = this.options.clock.now() - startedMs;
  }

  #spawn(): Promise<number | string> {
    const { spec, options } = this;
    rotate(options.logPath);
    const log = openSync(options.logPath, "a", 0o640);
    const [program, ...args] = spec.argv;
    if (this.status.state === "waiting") this.status.state = "starting";
    const child = spawn(program!, args, {
      cwd: "/",
      env: spec.env,
      gid: spec.gid,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#identity = child.pid === undefined ? undefined : identify(child.pid);
    this.status.pid = child.pid;
    options.onIdentity(spec.name, this.#identity);
    return new Promise((resolve) => {
      child.once("error", (cause) => resolve(cause.message));
      child.once("exit", (code, signal) => {
        this.#identity = undefined;
        options.onIdentity(spec.name, undefined);
        resolve(code ?? signal ?? "unknown");
      });
    });
  }

  #fail(message: string): Error {
    const text = `${message}. The end of ${this.options.logPath}:\n${tail(this.options.logPath)}`;
    this.status.state = "failed";
    this.status.error = text;
    return new Error(text);
  }
}

function rotate(path: string): void {
  try {
    if (statSync(path).size > logBytesMax) renameSync(path, `${path}.1`);
  } catch {
    // there is no log yet
  }
}

function tail(path: string): string {
  try {
    return readFileSync(path, "utf8").trimEnd().split("\n").slice(-15).join("\n");
  } catch {
    return "(empty)";
  }
}
