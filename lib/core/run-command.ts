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
  /** Resolve with the result even when the exit code is not 0. */
  allowFailure?: boolean;
  signal?: AbortSignal;
}

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
  durationMs: number;
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
  const child = spawn(program, args, {
    env: options.env ?? process.env,
    cwd: options.cwd,
    stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    signal: options.signal,
    killSignal: "SIGKILL",
  });
  const stdout = collect(child.stdout!, outputBytesMax);
  const stderr = collect(child.stderr!, outputBytesMax);
  if (options.stdin !== undefined) {
    child.stdin!.on("error", () => undefined); // the command may end before it has read everything
    child.stdin!.end(options.stdin);
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, killedBy) => resolve(code ?? 128 + (killedBy === "SIGKILL" ? 9 : 15)));
    });
    const result = {
      exitCode,
      stdout: stdout(),
      stderr: stderr(),
      durationMs: performance.now() - startedMs,
    };
    if (timedOut) throw commandError("timeout", argv, `took longer than ${timeoutMs} ms`, result);
    if (exitCode !== 0 && !options.allowFailure)
      throw commandError("internal", argv, `exited with ${exitCode}`, result);
    return result;
  } catch (failure) {
    if (failure instanceof AppError) throw failure;
    throw new AppError("unavailable", `Cannot run ${argv.join(" ")}: ${(failure as Error).message}`, {
      cause: failure,
    });
  } finally {
    clearTimeout(timer);
  }
}

function collect(stream: NodeJS.ReadableStream, bytesMax: number): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    if (bytes < bytesMax) chunks.push(chunk.subarray(0, bytesMax - bytes));
    bytes += chunk.length;
  });
  return () => Buffer.concat(chunks).toString("utf8");
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
