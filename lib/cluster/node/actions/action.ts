import type { Container, Handler, Pod } from "@/lib/cluster/resources/types";
import type { ContainerRuntime } from "../container-runtime";
import { execAction } from "./exec-action";
import { grpcAction } from "./grpc-action";
import { httpAction } from "./http-action";
import { tcpAction } from "./tcp-action";

/** What came of a probe's action; `warning`: it succeeded, with something to tell. */
export interface ActionOutcome {
  result: "success" | "warning" | "failure";
  output: string;
}

export interface ActionTarget {
  runtime: ContainerRuntime;
  pod: Pod;
  container: Container;
  containerId: string;
  podIp: string;
}

/**
 * Does what a probe or an http hook asks for, as kubernetes 1.34 pkg/kubelet/prober does: connections are made from the
 * node to the pod's address, commands run in the container. Never throws for what the pod does.
 */
export async function runAction(
  action: Handler,
  target: ActionTarget,
  timeoutMs: number,
): Promise<ActionOutcome> {
  const { runtime, podIp } = target;
  if (action.exec)
    return execAction(runtime, target.containerId, expandedCommand(action.exec.command, target), timeoutMs);
  try {
    if (action.httpGet) {
      const host = action.httpGet.host || podIp;
      return await httpAction(runtime, action.httpGet, host, portOf(action.httpGet.port, target), timeoutMs);
    }
    if (action.tcpSocket) {
      const host = action.tcpSocket.host || podIp;
      return await tcpAction(runtime, host, portOf(action.tcpSocket.port, target), timeoutMs);
    }
    if (action.grpc)
      return await grpcAction(runtime, podIp, action.grpc.port, action.grpc.service ?? "", timeoutMs);
  } catch (failure) {
    return { result: "failure", output: (failure as Error).message };
  }
  return {
    result: "failure",
    output: `missing probe handler for ${target.pod.metadata.namespace}/${target.pod.metadata.name}`,
  };
}

function expandedCommand(command: string[] | undefined, { container }: ActionTarget): string[] {
  // Only literal variables can be told here; the kubelet expands from the container's own list as well.
  const values = new Map((container.env ?? []).map(({ name, value }) => [name, value]));
  return (command ?? []).map((word) =>
    word.replace(/\$\(([^)]*)\)/g, (whole, name: string) => values.get(name) ?? whole),
  );
}

/** A number, or the name of one of the container's ports. Throws with the kubelet's words. */
export function portOf(port: number | string, { container }: Pick<ActionTarget, "container">): number {
  const number =
    typeof port === "number"
      ? port
      : (container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port));
  if (Number.isInteger(number) && number > 0 && number < 65536) return number;
  throw new Error(`couldn't find port: ${JSON.stringify(port)} in ${container.name}`);
}
