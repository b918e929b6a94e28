import type { ContainerStatus, PodSandboxStatus } from "@/lib/contract/labd";
import { terminationMessage } from "./termination-message";
import { monitored, type MonitoredContainer, type NodeRuntime } from "./node-runtime";
import type { ContainerRecord, PodRecord } from "./store";

/** All pods and containers of the node: what labd recorded, in the state that PID 1 sees. */
export async function listPods(
  runtime: NodeRuntime,
): Promise<{ pods: PodSandboxStatus[]; containers: ContainerStatus[] }> {
  const [record, known] = await Promise.all([runtime.store.load(), monitored(runtime)]);
  return {
    pods: Object.values(record.pods).map((pod) => podStatusOf(runtime, pod, known.get(pod.podId))),
    containers: await Promise.all(
      Object.values(record.containers).map((container) =>
        containerStatusOf(runtime, container, known.get(container.containerId)),
      ),
    ),
  };
}

function podStatusOf(
  { store }: NodeRuntime,
  { spec, podId, ips }: PodRecord,
  pause: MonitoredContainer | undefined,
): PodSandboxStatus {
  const isUp = pause?.state === "running";
  const { podUid, name, namespace } = spec;
  return {
    ...{ podUid, podId, name, namespace },
    state: isUp || store.returning.sinceMs(podUid) !== undefined ? "ready" : "not-ready",
    ips,
    ...(isUp ? { pid: pause.pid } : {}),
    ...(pause?.startedAtMs ? { startedAtMs: pause.startedAtMs } : {}),
  };
}

export async function containerStatusOf(
  runtime: NodeRuntime,
  container: ContainerRecord,
  known: MonitoredContainer | undefined,
): Promise<ContainerStatus> {
  const { spec, containerId, imageName, imageId, started, ended } = container;
  const { podUid, name, attempt } = spec;
  const status = { containerId, podUid, name, attempt, image: imageName, ...(imageId ? { imageId } : {}) };
  if (!known && ended) return { ...status, state: "exited", ...ended };
  const returningSinceMs = runtime.store.returning.sinceMs(podUid);
  if (!known && returningSinceMs !== undefined)
    return { ...status, state: "running", startedAtMs: returningSinceMs };
  // One that was started and is not known any more was lost with its node's PID 1: containerd calls it unknown.
  if (!known && started)
    return {
      ...status,
      state: "exited",
      exitCode: 255,
      reason: "Unknown",
      message: "The node was restarted.",
    };
  if (!known || known.state === "starting") return { ...status, state: "created" };
  const { startedAtMs, finishedAtMs, pid, exitCode = 255 } = known;
  if (known.state === "running") return { ...status, state: "running", pid, startedAtMs };
  const killed = exitCode === 137 && spec.memoryBytes !== undefined;
  const outOfMemory = killed && (await runtime.limits.ranOutOfMemory(containerId));
  const reason = outOfMemory ? "OOMKilled" : exitCode === 0 ? "Completed" : "Error";
  const message = await terminationMessage(runtime, container, exitCode);
  return {
    ...{ ...status, state: "exited", exitCode, reason, startedAtMs, finishedAtMs },
    ...(message ? { message } : {}),
  };
}
