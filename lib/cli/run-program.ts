import { CommanderError, type Command } from "commander";
import { AppError, type ErrorCode } from "@/lib/core/app-error";

/** 0 done; 1 failed; 2 used wrongly; 3 not found; 4 not running or not reachable. */
const exitCodes: Partial<Record<ErrorCode, number>> = {
  invalid: 2,
  "not-found": 3,
  unavailable: 4,
  timeout: 4,
};
export const exitCodesHelp =
  "\nExit codes: 0 done, 1 failed, 2 used wrongly, 3 not found, 4 not running or not reachable.";

/** Runs the command of this process's arguments; whatever fails is told once and becomes the exit code. */
export async function runProgram(program: Command): Promise<void> {
  exitInsteadOfThrow(program);
  try {
    await program.parseAsync();
  } catch (failure) {
    process.exitCode = report(program, failure);
  }
}

function report(program: Command, failure: unknown): number {
  if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : 2; // commander has printed it
  if ((failure as { reported?: boolean }).reported) return 1; // a step has
  const error = AppError.from(failure, (failure as Error)?.message);
  if (program.opts<{ json?: boolean }>().json) {
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
