import type { ContainerRuntime } from "../container-runtime";
import type { ActionOutcome } from "./action";
import { dialErrorText, hostPort } from "./dial-error";

/** Succeeds when the port takes a connection (kubernetes 1.34 pkg/probe/tcp). */
export async function tcpAction(
  runtime: ContainerRuntime,
  host: string,
  port: number,
  timeoutMs: number,
): Promise<ActionOutcome> {
  const address = hostPort(host, port);
  try {
    (await runtime.dial(address, timeoutMs)).destroy();
    return { result: "success", output: "" };
  } catch (failure) {
    return { result: "failure", output: dialErrorText(address, failure) };
  }
}
