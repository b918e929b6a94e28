import { CommanderError, type Command } from "commander";
import { AppError, type ErrorCode } from "@/lib/core/app-error";
import { failureAsJson } from "@/scripts/setup/step.mjs";

/** 0 done; 1 failed; 2 used wrongly; 3 not found; 4 not running or not reachable. */
const exitCodes: Partial<Record<ErrorCode, number>> = {
  invalid: 2,
  "not-found": 3,
  unavailable: 4,
  timeout: 4,
};
export const exitCodesHelp =
  "\nExit codes: 0 done, 1 failed, 2 used wrongly, 3 not found, 4 not running or not reachable.";

/** Runs the command that `args` name (default: this process's); whatever fails is told once and becomes the exit code. */
export async function runProgram(program: Command, args?: string[]): Promise<void> {
  exitInsteadOfThrow(program);
  try {
    await (args ? program.parseAsync(args, { from: "user" }) : program.parseAsync());
  } catch (failure) {
    process.exitCode = report(program, failure);
  }
}

function report(program: Command, failure: unknown): number {
  if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : 2; // commander has printed it
  const isJson = program.opts<{ json?: boolean }>().json;
  if ((failure as { reported?: boolean }).reported) {
    // The step has told people; programs read standard output.
    if (isJson) process.stdout.write(`${JSON.stringify({ error: failureAsJson(failure as Error) })}\n`);
    return 1;
  }
  const error = AppError.from(failure, (failure as Error)?.message);
  if (isJson) {
    const { code, message, details } = error;
    process.stdout.write(`${JSON.stringify({ error: { code, message, details } })}\n`);
  } else process.stderr.write(`examctl: ${error.message}\n`);
  if (error.code === "internal" && process.env.EXAMCTL_LOG_LEVEL === "debug") console.error(failure);
  return exitCodes[error.code] ?? 1;
}

function exitInsteadOfThrow(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) exitInsteadOfThrow(child as Command);
}
