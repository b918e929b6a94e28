import type { Duplex } from "node:stream";
import { AppError } from "@/lib/core/app-error";
import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";
import type { ExecRequest, LogRequest, NodeProxy } from "@/lib/cluster/api/node-proxy";
import { ApiStatusError, badRequest } from "@/lib/cluster/client/status";
import { dialErrorText } from "@/lib/cluster/node/actions/dial-error";
import { runtimeUid } from "@/lib/cluster/node/pod-identity";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Container, ContainerStatus, Pod } from "@/lib/cluster/resources/types";
import { attachSession } from "./attach-session";
import { execSession } from "./exec-session";
import { kubeletAnswer } from "./kubelet-server/answer-kubelet";
import type { ResourceMetrics } from "./kubelet-server/resource-metrics";
import { plainLog } from "./plain-log";

const kubeletPort = 10_250;

/** What the API server asks of the kubelets of one lab (exec, logs, port-forward), over labd's streams. */
export function createNodeProxy(
  labd: RpcClient<LabdRpc>,
  sandboxId: string,
  controlPlaneNode: string,
  metrics: ResourceMetrics,
): NodeProxy {
  const nodeOf = (pod: KubeObject): string => {
    const { nodeName } = (pod as Pod).spec;
    if (!nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
    return nodeName;
  };

  /** All of these go through the kubelet's port: the node's address, as the control plane reaches it. */
  const reachKubelet = async (pod: KubeObject): Promise<void> => {
    const address = (pod as Pod).status?.hostIP;
    if (!address) return;
    const to = `${address}:${kubeletPort}`;
    const { socket } = await labd
      .open("dial", { sandboxId, node: controlPlaneNode, address: to, timeoutMs: 5000 })
      .catch((failure: unknown) => {
        const text = dialErrorText(to, failure);
        throw new ApiStatusError(500, "InternalError", `error dialing backend: ${text}`);
      });
    socket.destroy();
  };

  return {
    async exec(request: ExecRequest, signal: AbortSignal) {
      await reachKubelet(request.pod);
      const { socket } = await labd.open("exec", {
        sandboxId,
        node: nodeOf(request.pod),
        containerId: runningContainer(request.pod as Pod, request.container),
        argv: request.command ?? [],
        tty: request.tty,
        stdin: request.stdin,
      });
      return execSession(socket, signal);
    },

    async attach(request: ExecRequest, signal: AbortSignal) {
      await reachKubelet(request.pod);
      const pod = request.pod as Pod;
      const { socket } = await labd.open("attach", {
        sandboxId,
        node: nodeOf(pod),
        containerId: runningContainer(pod, request.container),
      });
      return attachSession(execSession(socket, signal), containerNamed(pod, request.container));
    },

    async *logs(request: LogRequest, signal: AbortSignal) {
      await reachKubelet(request.pod);
      const { socket } = await labd.open("log", {
        sandboxId,
        node: nodeOf(request.pod),
        containerId: loggedContainer(request.pod as Pod, request.container, request.previous),
        follow: request.follow,
        // Lines that `since` leaves out must not use up the tail.
        ...(request.tailLines !== undefined && request.sinceMs === undefined
          ? { tailLines: request.tailLines }
          : {}),
      });
      const abort = () => socket.destroy();
      signal.addEventListener("abort", abort, { once: true });
      try {
        yield* plainLog(socket, request);
      } finally {
        signal.removeEventListener("abort", abort);
        socket.destroy();
      }
    },

    async dialPod(pod: KubeObject, port: number): Promise<Duplex> {
      const isHost = (pod as Pod).spec.hostNetwork ?? false;
      const { socket } = await labd.open("dial", {
        sandboxId,
        node: nodeOf(pod),
        ...(isHost ? {} : { podUid: runtimeUid(pod as Pod) }),
        address: `127.0.0.1:${port}`,
      });
      return socket;
    },

    async dial(address: string, port: number): Promise<Duplex> {
      const { socket } = await labd.open("dial", {
        sandboxId,
        node: controlPlaneNode,
        address: `${address}:${port}`,
      });
      return socket;
    },

    async nodeRequest(node, { path }) {
      const absolute = path.startsWith("/") ? path : `/${path}`;
      const text = await kubeletAnswer(absolute, metrics, node.metadata.name);
      return {
        status: text === undefined ? 404 : 200,
        contentType: "text/plain; charset=utf-8",
        body: Buffer.from(text ?? "404 page not found\n"),
      };
    },
  };
}

function statusOf(pod: Pod, name: string): ContainerStatus | undefined {
  const {
    containerStatuses = [],
    initContainerStatuses = [],
    ephemeralContainerStatuses = [],
  } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    (status) => status.name === name,
  );
}

function containerNamed(pod: Pod, name: string): Container | undefined {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  return [...containers, ...initContainers, ...ephemeralContainers].find((one) => one.name === name);
}

function idOf(containerID: string): string {
  return containerID.replace(/^[a-z-]+:\/\//, "");
}

/** Throws as a kubelet does when the container does not run. */
function runningContainer(pod: Pod, name: string): string {
  const status = statusOf(pod, name);
  if (!status?.containerID || !status.state?.running)
    throw new AppError("not-found", `unable to upgrade connection: container not found ("${name}")`);
  return idOf(status.containerID);
}

function loggedContainer(pod: Pod, name: string, previous: boolean): string {
  const status = statusOf(pod, name);
  const earlier = status?.lastState?.terminated?.containerID;
  if (previous) {
    if (earlier) return idOf(earlier);
    throw badRequest(`previous terminated container "${name}" in pod "${pod.metadata.name}" not found`);
  }
  const id =
    status?.state?.terminated?.containerID ?? (status?.state?.waiting ? earlier : status?.containerID);
  if (id) return idOf(id);
  const reason = status?.state?.waiting?.reason ?? "ContainerCreating";
  const why =
    reason === "ErrImagePull" || reason === "ImagePullBackOff"
      ? "trying and failing to pull image"
      : `waiting to start: ${reason}`;
  throw badRequest(`container "${name}" in pod "${pod.metadata.name}" is ${why}`);
}
