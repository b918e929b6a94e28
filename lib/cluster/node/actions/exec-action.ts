import type { ContainerRuntime } from "../container-runtime";
import type { ActionOutcome } from "./action";

const outputBytesMax = 10 * 1024;

/** Runs a command in the container (kubernetes 1.34 pkg/probe/exec). What it wrote is the output. */
export async function execAction(
  runtime: ContainerRuntime,
  containerId: string,
  command: string[],
  timeoutMs: number,
): Promise<ActionOutcome> {
  try {
    const { exitCode, output, timedOut } = await runtime.exec(containerId, command, timeoutMs);
    if (timedOut)
      return {
        result: "failure",
        output: `command timed out: ${JSON.stringify(command.join(" "))} timed out after ${timeoutMs / 1000}s`,
      };
    return { result: exitCode === 0 ? "success" : "failure", output: output.slice(0, outputBytesMax) };
  } catch (failure) {
    return { result: "failure", output: (failure as Error).message };
  }
}
