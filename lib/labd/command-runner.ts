import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { AppError } from "@/lib/core/app-error";
import type { CommandExecutor } from "@/lib/core/run-command";
import { readExec } from "@/lib/sandbox/exec";
import { encodeStdin } from "@/lib/sandbox/frames";
import { openInit, type InitFields } from "@/lib/sandbox/init-client";
import { nativeBinary } from "@/lib/sandbox/native";

/**
 * Executes commands in a small process (native/run) that ends with this one and is started again when it ends alone: a fork
 * of labd copies the page tables of 100 MB, in which time labd stands still.
 */
export class CommandRunner {
  #running: { child: ChildProcess; listens: Promise<void> } | undefined;

  constructor(private readonly socketPath: string) {}

  readonly execute: CommandExecutor = async (argv, options) => {
    await (this.#running ??= this.#start()).listens;
    const env = Object.entries(options.env ?? process.env).filter(([, value]) => value !== undefined);
    const fields: InitFields = [
      ...argv.map((value): [string, string] => ["arg", value]),
      ...env.map(([name, value]): [string, string] => ["env", `${name}=${value}`]),
      ["cwd", options.cwd ?? process.cwd()],
      ["stdin", options.stdin !== undefined],
      ["output", !options.withoutOutput],
      ["must_run", true],
      ["timeout_ms", Math.ceil(options.timeoutMs)],
    ];
    const { socket } = await openInit(this.socketPath, "exec", fields).catch(explain);
    if (options.stdin !== undefined) socket.write(encodeStdin(Buffer.from(options.stdin)));
    try {
      return await readExec(socket, { outputBytesMax: options.outputBytesMax }).catch(explain);
    } finally {
      socket.destroy();
    }
  };

  /** Commands under way are hung up. */
  async close(): Promise<void> {
    const { child } = this.#running ?? {};
    if (!child) return;
    child.stdin!.end();
    await once(child, "exit");
  }

  pid(): number | undefined {
    return this.#running?.child.pid;
  }

  #start(): { child: ChildProcess; listens: Promise<void> } {
    const child = spawn(nativeBinary("examctl-run"), [this.socketPath], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const listens = new Promise<void>((resolve, reject) => {
      const ended = (cause: Error) => {
        this.#running = undefined;
        reject(cause);
      };
      child.stdout.once("data", () => resolve());
      child.once("error", ended);
      child.once("exit", (code, signal) => ended(new Error(`examctl-run ended with ${code ?? signal}.`)));
    });
    return { child, listens };
  }
}

/** The program's own failure to start, in the kernel's words; of all else, that the runner is to blame. */
function explain(cause: unknown): never {
  if (cause instanceof AppError && cause.code === "not-found") throw cause;
  throw new Error("examctl-run does not answer.", { cause });
}
