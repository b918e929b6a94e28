import { spawn } from "node:child_process";
import { AppError } from "./app-error";

export interface CommandOptions {
  /** Kills the command (SIGKILL) when it takes longer. */
  timeoutMs?: number;
  stdin?: string | Buffer;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** What is kept of stdout and of stderr each; the rest is read and dropped. */
  outputBytesMax?: number;
  /** Nothing as stdout and stderr: what the command leaves running would hold pipes open. */
  withoutOutput?: boolean;
  /** Resolve with the result even when the exit code is not 0. */
  allowFailure?: boolean;
}

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
  durationMs: number;
}

export interface CommandEnd {
  exitCode: number;
  stdout: Buffer;
  stderr: Buffer;
  timedOut: boolean;
}

/** Runs a command to its end or its deadline, when it is killed. Rejects when it cannot be started. */
export type CommandExecutor = (
  argv: readonly [string, ...string[]],
  options: CommandOptions & { timeoutMs: number; outputBytesMax: number },
) => Promise<CommandEnd>;

let execute: CommandExecutor = spawnHere;

/** All commands of this process are executed by `executor` from now on; by default they are its children. */
export function executeCommandsWith(executor: CommandExecutor = spawnHere): void {
  execute = executor;
}

/**
 * Runs one command from an argument array, never through a shell.
 * Throws AppError `timeout` past the deadline, `unavailable` when the program cannot be started and `internal` when it
 * exits with another code than 0; each message carries the command and the end of its output.
 */
export async function runCommand(
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const [program, ...args] = argv;
  if (program === undefined) throw new AppError("invalid", "No command given.");
  const { timeoutMs = 30_000, outputBytesMax = 1 << 20 } = options;
  const startedMs = performance.now();
  const end = await execute([program, ...args], { ...options, timeoutMs, outputBytesMax }).catch(
    (cause: Error) => {
      throw new AppError("unavailable", `Cannot run ${argv.join(" ")}: ${cause.message}`, { cause });
    },
  );
  const result = {
    exitCode: end.exitCode,
    stdout: end.stdout.toString("utf8"),
    stderr: end.stderr.toString("utf8"),
    durationMs: performance.now() - startedMs,
  };
  if (end.timedOut) throw commandError("timeout", argv, `took longer than ${timeoutMs} ms`, result);
  if (result.exitCode !== 0 && !options.allowFailure)
    throw commandError("internal", argv, `exited with ${result.exitCode}`, result);
  return result;
}

async function spawnHere(...[[program, ...args], options]: Parameters<CommandExecutor>): Promise<CommandEnd> {
  const output = options.withoutOutput ? "ignore" : "pipe";
  const child = spawn(program, args, {
    env: options.env ?? process.env,
    cwd: options.cwd,
    stdio: [options.stdin === undefined ? "ignore" : "pipe", output, output],
  });
  const stdout = collect(child.stdout, options.outputBytesMax);
  const stderr = collect(child.stderr, options.outputBytesMax);
  child.stdin?.on("error", () => undefined); // the command may end before it has read everything
  child.stdin?.end(options.stdin);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, options.timeoutMs);
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, killedBy) => resolve(code ?? 128 + (killedBy === "SIGKILL" ? 9 : 15)));
    });
    return { exitCode, stdout: stdout(), stderr: stderr(), timedOut };
  } finally {
    clearTimeout(timer);
  }
}

function collect(stream: NodeJS.ReadableStream | null, bytesMax: number): () => Buffer {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream?.on("data", (chunk: Buffer) => {
    if (bytes < bytesMax) chunks.push(chunk.subarray(0, bytesMax - bytes));
    bytes += chunk.length;
  });
  return () => Buffer.concat(chunks);
}

function commandError(
  code: "timeout" | "internal",
  argv: readonly string[],
  what: string,
  result: CommandResult,
): AppError {
  const output = (result.stderr + result.stdout).trim().slice(-2000);
  return new AppError(code, `${argv.join(" ")} ${what}${output ? `: ${output}` : "."}`, {
    details: { argv, ...result },
  });
}
