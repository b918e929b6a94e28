import { fork, type ChildProcess } from "node:child_process";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { AppError } from "@/lib/core/app-error";
import { createRpcClient, type RpcClient } from "@/lib/rpc/client";
import type { MethodInput, MethodName, MethodOutput } from "@/lib/rpc/contract";
import { shardHeartbeat, shardRpc, type ShardRpc } from "./shard-rpc";

export interface ShardOptions {
  /** The shard's entry (a built file; tests give one of their own). */
  entry: string;
  socketPath: string;
  /** V8's heap; a shard that outgrows it dies, is started again and replays its labs. */
  heapMegabytesMax: number;
  /** Without a heartbeat for so long the shard is killed: something in it holds the event loop. */
  silenceMsMax: number;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  logger: Logger;
}

/**
 * Room for what requests leave behind, in MB. A collection of it takes 4 ms and more whatever its size, and a request in 60 met
 * one with V8's 16 MB, which is one in 150 with this. bin/bench.mjs gives the servers that it measures the same.
 */
const youngSpace = ["--min-semi-space-size=32", "--max-semi-space-size=32"];

/**
 * One child process that holds labs. It is started again whenever it ends, and its labs are handed to it again: each
 * resumes from its folder. A call waits while the shard is away.
 */
export class ShardProcess {
  readonly labs = new Set<string>();
  #child: ChildProcess | undefined;
  #client: RpcClient<ShardRpc> | undefined;
  #ready: Promise<void>;
  #markReady: () => void = () => undefined;
  #lastSeenMs = 0;
  #restarts = 0;
  #rssBytes = 0;
  #isClosed = false;
  #watchdog: NodeJS.Timeout;

  constructor(
    private readonly options: ShardOptions,
    /** Hears of every lab that must be run anew after the shard came back. */
    private readonly onBack: (shard: ShardProcess) => void,
  ) {
    this.#ready = this.#pending();
    this.#start();
    this.#watchdog = setInterval(() => this.#killWhenSilent(), Math.max(50, options.silenceMsMax / 4));
    this.#watchdog.unref();
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get rssBytes(): number {
    return this.#rssBytes;
  }

  /** Calls the shard; while it is being started again, waits for it (up to `timeoutMs`) and repeats the call. */
  async call<M extends MethodName<ShardRpc>>(
    method: M,
    input: MethodInput<ShardRpc, M>,
    timeoutMs = 30_000,
  ): Promise<MethodOutput<ShardRpc, M>> {
    const untilMs = this.options.clock.now() + timeoutMs;
    for (;;) {
      await this.#waitReady(untilMs - this.options.clock.now());
      const pid = this.pid;
      try {
        const restMs = Math.max(1000, untilMs - this.options.clock.now());
        return await this.#client!.call(method, input, { timeoutMs: restMs });
      } catch (failure) {
        const hasDied = AppError.from(failure).code === "unavailable";
        if (!hasDied || this.#isClosed || this.options.clock.now() >= untilMs) throw failure;
        // The connection broke: the child's end is about to be noticed, if it has not been.
        if (pid === this.pid && this.#child?.exitCode === null && this.#child.signalCode === null)
          await this.options.clock.sleep(20);
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#watchdog);
    this.#client?.close();
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(timer);
  }

  #start(): void {
    const { entry, socketPath, heapMegabytesMax, env, clock, logger } = this.options;
    const child = fork(entry, [socketPath], {
      execArgv: [`--max-old-space-size=${heapMegabytesMax}`, ...youngSpace, "--enable-source-maps"],
      env,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child = child;
    this.#lastSeenMs = clock.now();
    child.on("message", (message) => {
      const beat = shardHeartbeat.safeParse(message);
      if (!beat.success) return;
      this.#lastSeenMs = clock.now();
      this.#rssBytes = beat.data.rssBytes;
      if (beat.data.type !== "ready") return;
      this.#client?.close();
      this.#client = createRpcClient(shardRpc, socketPath, "a clusterd shard");
      this.#markReady();
      this.onBack(this);
    });
    child.on("error", (failure) => logger.error({ err: failure }, "shard cannot be started"));
    child.on("exit", (code, signal) => {
      this.#ready = this.#pending();
      if (this.#isClosed) return;
      this.#restarts += 1;
      logger.warn(
        { shardPid: child.pid, code, signal, labs: this.labs.size },
        "shard ended; starting it again",
      );
      const delayMs = this.#restarts === 1 ? 0 : Math.min(5000, 100 * 2 ** Math.min(this.#restarts, 6));
      setTimeout(() => !this.#isClosed && this.#start(), delayMs);
    });
  }

  #killWhenSilent(): void {
    const silentMs = this.options.clock.now() - this.#lastSeenMs;
    if (silentMs <= this.options.silenceMsMax || !this.#child) return;
    this.options.logger.error({ shardPid: this.pid, silentMs }, "shard does not answer; killing it");
    this.#lastSeenMs = this.options.clock.now();
    this.#child.kill("SIGKILL");
  }

  #pending(): Promise<void> {
    return new Promise((resolve) => (this.#markReady = resolve));
  }

  async #waitReady(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new AppError("unavailable", "This part of clusterd is being started again. Try again.")),
        Math.max(1, timeoutMs),
      );
    });
    try {
      await Promise.race([this.#ready, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
