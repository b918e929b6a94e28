import type { Condition, Container, ContainerStatus, Pod, PodStatus } from "@/lib/cluster/resources/types";
import type { ContainerInstance } from "./container-runtime";
import { isSidecar, isTerminal } from "./pod-identity";
import {
  hasPodEnded,
  isPastDeadline,
  latest,
  shouldRestart,
  shownProblem,
  type PodOnNode,
  type PodProblem,
  type PodProblems,
} from "./pod-plan";
import type { ContainerHealth } from "./probes/probes";

export interface PodStatusInput {
  pod: Pod;
  onNode: PodOnNode;
  problems: PodProblems;
  backingOff: ReadonlyMap<string, { delayMs: number }>;
  healthOf?(containerId: string): ContainerHealth;
  nodeIp: string;
  nowMs: number;
}

/**
 * The status that a kubelet reports (kubernetes 1.34 pkg/kubelet/kubelet_pods.go: generateAPIPodStatus). Keeps the
 * times of what has not changed, so that an equal status means nothing to write.
 */
export function podStatusOf(input: PodStatusInput): PodStatus {
  const { pod, onNode, nowMs } = input;
  const before = pod.status ?? {};
  const inits = pod.spec.initContainers ?? [];
  const hasStarted = pod.spec.containers.some((container) => latest(onNode, container.name));
  const isInitialized = hasStarted || inits.every((container) => isInitDone(container, input));
  const containerStatuses = pod.spec.containers.map((container) =>
    statusOf(
      container,
      input,
      onNode.sandbox && inits.length > 0 && !isInitialized ? "PodInitializing" : "ContainerCreating",
    ),
  );
  const initContainerStatuses = inits.map((container) => statusOf(container, input, "PodInitializing", true));
  const ephemeral = (pod.spec.ephemeralContainers ?? []).map((container) =>
    statusOf(container, input, "ContainerCreating", true),
  );
  const isExpired = isPastDeadline(pod, nowMs);
  const phase = isExpired && !isTerminal(pod) ? "Failed" : phaseOf(pod, onNode, isInitialized);
  const hasEnded = phase === "Succeeded" || phase === "Failed";
  const unready = containerStatuses.filter((status) => !status.ready).map((status) => status.name);
  const readiness = readinessOf(phase, unready);
  const ips = pod.spec.hostNetwork ? [input.nodeIp] : (onNode.sandbox?.ips ?? []);
  const incomplete = inits.filter((container) => !isInitDone(container, input));
  const next: Condition[] = [
    {
      type: "PodReadyToStartContainers",
      status: onNode.sandbox?.state === "ready" && (!hasEnded || pod.spec.hostNetwork) ? "True" : "False",
    },
    isInitialized
      ? { type: "Initialized", status: "True", ...(phase === "Succeeded" ? { reason: "PodCompleted" } : {}) }
      : {
          type: "Initialized",
          status: "False",
          reason: "ContainersNotInitialized",
          message: `containers with incomplete status: [${incomplete.map(({ name }) => name).join(" ")}]`,
        },
    { type: "Ready", ...readiness },
    { type: "ContainersReady", ...readiness },
    { type: "PodScheduled", status: "True" },
  ];
  return {
    ...before,
    ...(pod.metadata.generation ? { observedGeneration: pod.metadata.generation } : {}),
    phase,
    ...(isExpired && phase === "Failed"
      ? {
          reason: "DeadlineExceeded",
          message: "Pod was active on the node longer than the specified deadline",
        }
      : {}),
    conditions: mergeConditions(before.conditions ?? [], next, nowMs, pod.metadata.generation),
    hostIP: input.nodeIp,
    hostIPs: [{ ip: input.nodeIp }],
    ...(ips.length > 0 ? { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) } : {}),
    startTime: before.startTime ?? iso(nowMs),
    ...(inits.length > 0 ? { initContainerStatuses } : {}),
    containerStatuses,
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    qosClass: before.qosClass,
  };
}

function isInitDone(container: Container, { onNode, healthOf }: PodStatusInput): boolean {
  const last = latest(onNode, container.name);
  if (isSidecar(container))
    return last?.state === "running" && (healthOf?.(last.containerId).isStarted ?? true);
  return last?.state === "exited" && last.exitCode === 0;
}

function phaseOf(pod: Pod, onNode: PodOnNode, isInitialized: boolean): PodStatus["phase"] {
  if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") return pod.status.phase;
  if (hasPodEnded(pod, onNode)) {
    const failed = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].some((container) => {
      const last = latest(onNode, container.name);
      return last?.state === "exited" && last.exitCode !== 0 && !isSidecar(container);
    });
    return failed ? "Failed" : "Succeeded";
  }
  if (!isInitialized) return "Pending";
  const started = pod.spec.containers.filter((container) => latest(onNode, container.name));
  return started.length === pod.spec.containers.length ? "Running" : "Pending";
}

function readinessOf(
  phase: PodStatus["phase"],
  unready: string[],
): Pick<Condition, "status" | "reason" | "message"> {
  if (phase === "Succeeded") return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  if (unready.length === 0) return { status: "True" };
  return {
    status: "False",
    reason: "ContainersNotReady",
    message: `containers with unready status: [${unready.join(" ")}]`,
  };
}

function statusOf(
  container: Container,
  input: PodStatusInput,
  waitingReason: string,
  isInit = false,
): ContainerStatus {
  const { pod, onNode, problems } = input;
  const current = latest(onNode, container.name);
  const previous = onNode.containers
    .filter((instance) => instance.name === container.name && instance !== current)
    .sort((a, b) => b.attempt - a.attempt)[0];
  const isRunning = current?.state === "running";
  const isRegularInit = isInit && !isSidecar(container);
  const image = container.image ?? "";
  const common = {
    name: container.name,
    image,
    imageID: current?.imageId ?? "",
    restartCount: current?.attempt ?? 0,
    ...(current ? { containerID: `containerd://${current.containerId}` } : {}),
  };
  const problem = problems.get(container.name);
  const health = (current && input.healthOf?.(current.containerId)) ?? { isStarted: true, isReady: true };
  if (isRunning)
    return {
      ...common,
      state: { running: { startedAt: iso(current.startedAtMs ?? input.nowMs) } },
      lastState: previous ? { terminated: terminated(previous) } : {},
      ready: !isRegularInit && health.isStarted && health.isReady,
      started: !isRegularInit && health.isStarted,
    };
  const backingOff = input.backingOff.get(container.name);
  const willRestart =
    current?.state === "exited" &&
    (isRegularInit
      ? current.exitCode !== 0 && pod.spec.restartPolicy !== "Never"
      : shouldRestart(pod, current));
  if (current?.state === "exited" && (!willRestart || (!backingOff && !problem)))
    return {
      ...common,
      state: { terminated: terminated(current) },
      lastState: previous ? { terminated: terminated(previous) } : {},
      ready: isRegularInit && current.exitCode === 0,
      started: false,
    };
  const waiting = backingOff
    ? {
        reason: "CrashLoopBackOff",
        message: `back-off ${goSeconds(backingOff.delayMs)} restarting failed container=${container.name} pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`,
      }
    : problem
      ? pickProblem(problem, input.nowMs)
      : { reason: waitingReason };
  return {
    ...common,
    state: { waiting },
    lastState: current ? { terminated: terminated(current) } : {},
    ready: false,
    started: false,
  };
}

function pickProblem(problem: PodProblem, nowMs: number): { reason: string; message: string } {
  const { reason, message } = shownProblem(problem, nowMs);
  return { reason, message };
}

function terminated(instance: ContainerInstance) {
  const exitCode = instance.exitCode ?? 0;
  return {
    exitCode,
    reason: instance.reason ?? (exitCode === 0 ? "Completed" : "Error"),
    ...(instance.message ? { message: instance.message } : {}),
    startedAt: iso(instance.startedAtMs ?? 0),
    finishedAt: iso(instance.finishedAtMs ?? 0),
    containerID: `containerd://${instance.containerId}`,
  };
}

/** Each condition keeps the time of its last change of status; conditions of others stay. */
export function mergeConditions(
  before: Condition[],
  next: Condition[],
  nowMs: number,
  observedGeneration?: number,
): Condition[] {
  const merged = next.map((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    const isSame = old?.status === condition.status;
    return {
      ...condition,
      ...(observedGeneration ? { observedGeneration } : {}),
      lastProbeTime: null,
      lastTransitionTime: isSame ? (old.lastTransitionTime ?? iso(nowMs)) : iso(nowMs),
    };
  });
  const foreign = before.filter((old) => !next.some(({ type }) => type === old.type));
  return [...merged, ...foreign];
}

/** metav1.Time: seconds, UTC. */
export function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Go's time.Duration.String for whole seconds: "10s", "1m20s", "5m0s". */
function goSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
