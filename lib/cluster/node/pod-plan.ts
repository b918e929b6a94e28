import type { Container, Pod } from "@/lib/cluster/resources/types";
import type { ContainerInstance, SandboxState } from "./container-runtime";
import { isSidecar, isTerminal } from "./pod-identity";
import type { ContainerHealth } from "./probes/probes";

/** What the node has of one pod. */
export interface PodOnNode {
  sandbox?: SandboxState;
  containers: ContainerInstance[];
}

/** What could not be done lately, by container name ("" for the sandbox and volumes): not tried again before `retryAtMs`. */
export type PodProblems = ReadonlyMap<string, PodProblem>;
export interface PodProblem {
  reason: string;
  message: string;
  retryAtMs: number;
  failures: number;
  /** What is shown instead from a later moment on. */
  then?: { atMs: number; reason: string; message: string };
}

/** What a container shows of its problem at a moment. */
export function shownProblem(problem: PodProblem, nowMs: number): { reason: string; message: string } {
  return problem.then && problem.then.atMs <= nowMs ? problem.then : problem;
}

export type PodAction =
  | { kind: "run-sandbox" }
  | { kind: "start"; container: Container; attempt: number; isInit: boolean }
  /** `because`: "failed liveness probe, will be restarted". */
  | { kind: "stop"; instance: ContainerInstance; because?: string; graceMs?: number }
  /** Old attempts: the last one that ended is kept for its log and state. */
  | { kind: "remove"; instance: ContainerInstance }
  | { kind: "remove-sandbox" };

export interface PodPlan {
  actions: PodAction[];
  /** When to plan again though nothing has changed: the end of a back-off. */
  wakeAtMs?: number;
  /** Containers that wait for their back-off, with its length. */
  backingOff: Map<string, { delayMs: number }>;
  /** Nothing of the pod is left on the node. */
  isGone: boolean;
}

export const backOffMaxMs = 300_000;
const backOffFirstMs = 10_000;
const stableMs = 600_000;

/**
 * What a kubelet does next for one pod (kubernetes 1.34 pkg/kubelet/kuberuntime: computePodActions). Level-triggered:
 * from what the pod asks for and what the node has; safe to run twice.
 */
export function planPod(input: {
  pod: Pod;
  onNode: PodOnNode;
  problems: PodProblems;
  /** The pod is being deleted, was evicted, or its manifest is gone. */
  mustEnd: boolean;
  /** What the probes of a container say; of one without probes, that all is well. */
  healthOf?(containerId: string): ContainerHealth;
  nowMs: number;
}): PodPlan {
  const { pod, onNode, problems, nowMs } = input;
  const plan: PodPlan = { actions: [], backingOff: new Map(), isGone: false };
  const running = onNode.containers.filter((instance) => instance.state !== "exited");
  if (input.mustEnd) {
    if (running.length > 0) plan.actions = stopInOrder(pod, running);
    else if (onNode.sandbox || onNode.containers.length > 0) plan.actions = [{ kind: "remove-sandbox" }];
    else plan.isGone = true;
    return plan;
  }
  const wakeAt = (ms: number) => (plan.wakeAtMs = Math.min(plan.wakeAtMs ?? Infinity, ms));
  const isHeld = (name: string) => {
    const problem = problems.get(name);
    if (!problem || problem.retryAtMs <= nowMs) return false;
    wakeAt(problem.then && problem.then.atMs > nowMs ? problem.then.atMs : problem.retryAtMs);
    return true;
  };

  const hasEnded = hasPodEnded(pod, onNode);
  const deadlineMs = deadlineOf(pod);
  if (!hasEnded && deadlineMs !== undefined && deadlineMs > nowMs) wakeAt(deadlineMs);
  if (hasEnded || isPastDeadline(pod, nowMs) || isTerminal(pod)) {
    // Sidecars of a pod whose main containers have ended are told to stop.
    plan.actions = stopInOrder(pod, running);
    return plan;
  }
  if (!onNode.sandbox) {
    if (!isHeld("")) plan.actions = [{ kind: "run-sandbox" }];
    return plan;
  }
  if (onNode.sandbox.state === "not-ready") {
    plan.actions = [{ kind: "remove-sandbox" }];
    return plan;
  }

  const start = (container: Container, isInit: boolean) => {
    const last = latest(onNode, container.name);
    const attempt = last ? last.attempt + 1 : 0;
    const delayMs = last ? backOffDelayMs(attempt, last) : 0;
    const readyAtMs = (last?.finishedAtMs ?? 0) + delayMs;
    if (delayMs > 0 && readyAtMs > nowMs) {
      plan.backingOff.set(container.name, { delayMs });
      return void wakeAt(readyAtMs);
    }
    if (!isHeld(container.name)) plan.actions.push({ kind: "start", container, attempt, isInit });
  };

  for (const container of pod.spec.ephemeralContainers ?? [])
    if (!latest(onNode, container.name) && !isHeld(container.name))
      plan.actions.push({ kind: "start", container, attempt: 0, isInit: false });

  /** Told to stop when a probe says so; true when it stays as it is. */
  const isWell = (container: Container, last: ContainerInstance) => {
    const failed = input.healthOf?.(last.containerId).failed;
    if (!failed || last.state !== "running") return true;
    const because =
      `failed ${failed} probe` + (pod.spec.restartPolicy === "Never" ? "" : ", will be restarted");
    const seconds = container[`${failed}Probe`]?.terminationGracePeriodSeconds;
    const graceMs = seconds === undefined ? undefined : seconds * 1000;
    plan.actions.push({
      kind: "stop",
      instance: last,
      because,
      ...(graceMs === undefined ? {} : { graceMs }),
    });
    return false;
  };
  const hasStarted = pod.spec.containers.some((container) => latest(onNode, container.name));
  for (const container of pod.spec.initContainers ?? []) {
    const last = latest(onNode, container.name);
    if (isSidecar(container)) {
      if (!last || last.state === "exited") start(container, true);
      else if (isWell(container, last) && (input.healthOf?.(last.containerId).isStarted ?? true)) continue;
      // What comes after it waits for its start; once the main containers are there, it comes back beside them.
      if (hasStarted) continue;
      return withCleaning(plan, onNode);
    }
    if (hasStarted) continue;
    if (last?.state === "exited" && last.exitCode === 0) continue;
    if (!last || (last.state === "exited" && pod.spec.restartPolicy !== "Never")) start(container, true);
    return withCleaning(plan, onNode);
  }
  for (const container of pod.spec.containers) {
    const last = latest(onNode, container.name);
    if (!last || (last.state === "exited" && shouldRestart(pod, last))) start(container, false);
    else isWell(container, last);
  }
  return withCleaning(plan, onNode);
}

function deadlineOf(pod: Pod): number | undefined {
  const { activeDeadlineSeconds } = pod.spec;
  const startedMs = Date.parse(pod.status?.startTime ?? "");
  return activeDeadlineSeconds === undefined || Number.isNaN(startedMs)
    ? undefined
    : startedMs + activeDeadlineSeconds * 1000;
}

/** Whether the pod has been active for longer than its activeDeadlineSeconds, or was found so before. */
export function isPastDeadline(pod: Pod, nowMs: number): boolean {
  return pod.status?.reason === "DeadlineExceeded" || (deadlineOf(pod) ?? Infinity) <= nowMs;
}

/** Main containers first; when they have ended, sidecars from the last to the first. */
function stopInOrder(pod: Pod, running: ContainerInstance[]): PodAction[] {
  if (running.length === 0) return [];
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const main = running.filter(({ name }) => !sidecars.includes(name));
  if (main.length > 0) return main.map((instance) => ({ kind: "stop", instance }));
  const last = [...running].sort((a, b) => sidecars.indexOf(b.name) - sidecars.indexOf(a.name))[0]!;
  return [{ kind: "stop", instance: last }];
}

/** How long a container waits before its n-th start: none, none, 10 s, 20 s ... 5 min; a stable run starts it over. */
export function backOffDelayMs(attempt: number, previous: ContainerInstance): number {
  if (attempt <= 1) return 0;
  // One that could not be started never ran.
  const ranMs = previous.startedAtMs ? (previous.finishedAtMs ?? 0) - previous.startedAtMs : 0;
  if (ranMs >= stableMs) return 0;
  return Math.min(backOffFirstMs * 2 ** Math.min(attempt - 2, 10), backOffMaxMs);
}

export function latest(onNode: PodOnNode, name: string): ContainerInstance | undefined {
  let found: ContainerInstance | undefined;
  for (const instance of onNode.containers)
    if (instance.name === name && (!found || instance.attempt > found.attempt)) found = instance;
  return found;
}

export function shouldRestart(pod: Pod, ended: ContainerInstance): boolean {
  const policy = pod.spec.restartPolicy ?? "Always";
  return policy === "Always" || (policy === "OnFailure" && ended.exitCode !== 0);
}

/** All main containers have ended for good, or an init container failed and may not be repeated. */
export function hasPodEnded(pod: Pod, onNode: PodOnNode): boolean {
  const isOver = (container: Container) => {
    const last = latest(onNode, container.name);
    return last?.state === "exited" && !shouldRestart(pod, last);
  };
  if (pod.spec.containers.every(isOver)) return true;
  if (pod.spec.restartPolicy !== "Never") return false;
  return (pod.spec.initContainers ?? []).some((container) => {
    const last = latest(onNode, container.name);
    return !isSidecar(container) && last?.state === "exited" && last.exitCode !== 0;
  });
}

function withCleaning(plan: PodPlan, onNode: PodOnNode): PodPlan {
  for (const instance of onNode.containers) {
    const newest = latest(onNode, instance.name)!;
    const keepFrom = newest.state === "exited" ? newest.attempt : newest.attempt - 1;
    if (instance.state === "exited" && instance.attempt < keepFrom)
      plan.actions.push({ kind: "remove", instance });
  }
  return plan;
}
