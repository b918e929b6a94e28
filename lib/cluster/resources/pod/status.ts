import type { Container, ContainerStatus, Pod } from "../types";

export interface PodSummary {
  ready: number;
  total: number;
  /** The STATUS column: "Running", "Init:0/2", "CrashLoopBackOff", "Terminating" ... */
  reason: string;
  restarts: number;
  lastRestartAt?: string;
}

const isSidecar = (container: Container | undefined) => container?.restartPolicy === "Always";

/** What printPod of kubernetes 1.34 makes of a pod. */
export function summarizePod(pod: Pod): PodSummary {
  const { spec, status = {} } = pod;
  const initContainers = new Map((spec.initContainers ?? []).map((container) => [container.name, container]));
  const summary: PodSummary = {
    ready: 0,
    total: (spec.containers ?? []).length + [...initContainers.values()].filter(isSidecar).length,
    reason: status.reason || status.phase || "",
    restarts: 0,
  };
  if (
    (status.conditions ?? []).some(
      ({ type, reason }) => type === "PodScheduled" && reason === "SchedulingGated",
    )
  ) {
    summary.reason = "SchedulingGated";
  }
  const sidecars = { restarts: 0, lastRestartAt: undefined as string | undefined };
  const initializing = readInitContainers(pod, summary, sidecars, initContainers);
  const initialized = (status.conditions ?? []).some(
    ({ type, status: is }) => type === "Initialized" && is === "True",
  );
  if (!initializing || initialized) {
    summary.restarts = sidecars.restarts;
    summary.lastRestartAt = sidecars.lastRestartAt;
    readContainers(pod, summary);
  }
  if (pod.metadata.deletionTimestamp) {
    if (status.reason === "NodeLost") summary.reason = "Unknown";
    else if (status.phase !== "Failed" && status.phase !== "Succeeded") summary.reason = "Terminating";
  }
  return summary;
}

function readInitContainers(
  pod: Pod,
  summary: PodSummary,
  sidecars: { restarts: number; lastRestartAt?: string },
  initContainers: Map<string, Container>,
): boolean {
  for (const [index, container] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const sidecar = isSidecar(initContainers.get(container.name));
    countRestarts(summary, container);
    if (sidecar) countRestarts(sidecars, container);
    const { terminated, waiting } = container.state ?? {};
    if (terminated && terminated.exitCode === 0) continue;
    if (sidecar && container.started) {
      if (container.ready) summary.ready += 1;
      continue;
    }
    if (terminated) {
      summary.reason = `Init:${terminated.reason || exitReason(terminated)}`;
    } else if (waiting?.reason && waiting.reason !== "PodInitializing") {
      summary.reason = `Init:${waiting.reason}`;
    } else {
      summary.reason = `Init:${index}/${(pod.spec.initContainers ?? []).length}`;
    }
    return true;
  }
  return false;
}

function readContainers(pod: Pod, summary: PodSummary): void {
  let hasRunning = false;
  for (const container of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    countRestarts(summary, container);
    const { waiting, terminated, running } = container.state ?? {};
    if (waiting?.reason) summary.reason = waiting.reason;
    else if (terminated) summary.reason = terminated.reason || exitReason(terminated);
    else if (container.ready && running) {
      hasRunning = true;
      summary.ready += 1;
    }
  }
  if (summary.reason === "Completed" && hasRunning) {
    const ready = (pod.status?.conditions ?? []).some(
      ({ type, status }) => type === "Ready" && status === "True",
    );
    summary.reason = ready ? "Running" : "NotReady";
  }
}

function exitReason(terminated: { exitCode: number; signal?: number }): string {
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

function countRestarts(into: { restarts: number; lastRestartAt?: string }, container: ContainerStatus): void {
  into.restarts += container.restartCount ?? 0;
  const at = container.lastState?.terminated?.finishedAt;
  if (at && (!into.lastRestartAt || Date.parse(at) > Date.parse(into.lastRestartAt))) into.lastRestartAt = at;
}
