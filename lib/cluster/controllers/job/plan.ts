import type { Condition, Job, Pod } from "@/lib/cluster/resources/types";
import { hasCondition } from "../conditions";
import { isActive, isReady } from "../pods";
import { rfc3339 } from "../rfc3339";
import { judgeFailure } from "./failure-policy";
import { formatIndexes, parseIndexes } from "./indexes";
import { indexFailures, indexOf, isIndexed, isTracked } from "./pod";
import { finishOf, type Finish } from "./finish";
import { backoffLeftMs } from "./backoff";

type JobStatus = NonNullable<Job["status"]>;

export interface PlannedEvent {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

export interface JobPlan {
  /** One entry a pod to make: its completion index, undefined where the Job has none. */
  create: { index: number | undefined; failures: number }[];
  /** Pods that are not wanted any more: they leave without being counted. */
  remove: Pod[];
  /** Running pods of a Job that has ended: they are deleted and counted. */
  kill: Pod[];
  status: JobStatus;
  /** Pods whose end `status` holds: they may go once it is written. */
  release: Pod[];
  events: PlannedEvent[];
  /** Time alone makes the Job due again after this. */
  againMs?: number;
}

export function isFinished(job: Job): boolean {
  return hasCondition(job.status?.conditions, "Complete") || hasCondition(job.status?.conditions, "Failed");
}

/** Ended, or (unless only failed pods are replaced) on its way out. */
function isFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase === "Failed") return true;
  // Its kubelet is done with it; only the finalizer keeps it.
  if (pod.metadata.deletionGracePeriodSeconds === 0 && !isSucceeded(pod)) return true;
  return (
    job.spec.podReplacementPolicy !== "Failed" &&
    pod.metadata.deletionTimestamp !== undefined &&
    pod.status?.phase !== "Succeeded"
  );
}

const isSucceeded = (pod: Pod) => pod.status?.phase === "Succeeded";

/**
 * What one look at a Job and its pods asks to write (kubernetes 1.34 pkg/controller/job: syncJob, manageJob,
 * trackJobStatusAndRemoveFinalizers). Each pod is counted once: its uid waits in uncountedTerminatedPods until its
 * finalizer is gone, so that neither a restart nor a deleted pod loses or doubles a count.
 */
export function planJob(job: Job, pods: Pod[], nowMs: number): JobPlan {
  const { spec } = job;
  const status: JobStatus = structuredClone(job.status ?? {});
  const plan: JobPlan = { create: [], remove: [], kill: [], status, release: [], events: [] };
  if (isFinished(job)) {
    plan.release = pods.filter(isTracked);
    return plan;
  }
  if (!status.startTime && !spec.suspend) status.startTime = rfc3339(nowMs);

  const tally = countPods(job, pods, plan);
  const active = pods.filter(isActive);
  const terminating = pods.filter(
    (pod) => pod.metadata.deletionTimestamp && !isSucceeded(pod) && pod.status?.phase !== "Failed",
  ).length;

  let finish = finishOf(job, { ...tally, active: active.length, pods, nowMs });
  let activeAfter = active.length;
  if (finish?.type === "FailureTarget" || finish?.type === "SuccessCriteriaMet") {
    plan.kill = active;
    activeAfter = 0;
  } else if (!job.metadata.deletionTimestamp) {
    activeAfter = manage(job, pods, active, terminating, tally, plan, nowMs);
    finish = completionOf(job, tally.succeeded, activeAfter);
    if (!finish) suspendOrResume(job, plan, nowMs);
  }
  const deadlineMs = spec.activeDeadlineSeconds;
  if (!finish && deadlineMs !== undefined && !spec.suspend && status.startTime)
    again(plan, Date.parse(status.startTime) + deadlineMs * 1000 - nowMs);

  status.ready =
    plan.kill.length > 0 ? 0 : active.filter((pod) => isReady(pod) && !plan.remove.includes(pod)).length;
  status.terminating = terminating + plan.kill.length;
  status.active = activeAfter;
  if (finish) conclude(plan, finish, nowMs);
  if (!status.active) delete status.active;
  return plan;
}

/** Numbers of ended pods, those of `status` that wait for their finalizer included; `plan` gets what follows. */
interface Tally {
  succeeded: number;
  failed: number;
  done: Set<number>;
  failedIndexes: Set<number>;
  policyMessage?: string;
}

function countPods(job: Job, pods: Pod[], plan: JobPlan): Tally {
  const { spec } = job;
  const { status } = plan;
  const byUid = new Map(pods.map((pod) => [pod.metadata.uid!, pod]));
  const waiting = status.uncountedTerminatedPods ?? {};
  const settle = (uids: string[] | undefined) => {
    const left = (uids ?? []).filter((uid) => {
      const pod = byUid.get(uid);
      return pod && isTracked(pod);
    });
    return { left, counted: (uids?.length ?? 0) - left.length };
  };
  const succeededBefore = settle(waiting.succeeded);
  const failedBefore = settle(waiting.failed);
  status.succeeded = (status.succeeded ?? 0) + succeededBefore.counted;
  status.failed = (status.failed ?? 0) + failedBefore.counted;
  const completions = spec.completions ?? 0;
  const done = parseIndexes(status.completedIndexes, completions);
  const failedIndexes = parseIndexes(status.failedIndexes, completions);
  let policyMessage: string | undefined;
  for (const pod of pods) {
    const uid = pod.metadata.uid!;
    const hasFailed = isFailed(job, pod);
    if (!isTracked(pod) || !(isSucceeded(pod) || hasFailed)) continue;
    plan.release.push(pod);
    if (succeededBefore.left.includes(uid) || failedBefore.left.includes(uid)) continue;
    const index = indexOf(pod);
    if (isSucceeded(pod)) {
      if (!isIndexed(job)) succeededBefore.left.push(uid);
      else if (index >= 0 && index < completions) done.add(index);
      continue;
    }
    const verdict = pod.status?.phase === "Failed" ? judgeFailure(spec.podFailurePolicy, pod) : undefined;
    if (verdict?.action === "Ignore") continue;
    if (verdict?.action === "FailJob") policyMessage ??= verdict.message;
    failedBefore.left.push(uid);
    const isIndexSpent =
      verdict?.action === "FailIndex" ||
      (spec.backoffLimitPerIndex !== undefined && indexFailures(pod) > spec.backoffLimitPerIndex);
    if (isIndexed(job) && index >= 0 && isIndexSpent) failedIndexes.add(index);
  }
  for (const index of done) failedIndexes.delete(index);
  if (isIndexed(job)) {
    status.succeeded = done.size;
    status.completedIndexes = formatIndexes(done);
    if (!status.completedIndexes) delete status.completedIndexes;
    if (spec.backoffLimitPerIndex !== undefined) status.failedIndexes = formatIndexes(failedIndexes);
  }
  status.uncountedTerminatedPods = {
    ...(succeededBefore.left.length > 0 ? { succeeded: succeededBefore.left } : {}),
    ...(failedBefore.left.length > 0 ? { failed: failedBefore.left } : {}),
  };
  const tally = {
    succeeded: status.succeeded + succeededBefore.left.length,
    failed: status.failed + failedBefore.left.length,
    done,
    failedIndexes,
    policyMessage,
  };
  if (!status.succeeded) delete status.succeeded;
  if (!status.failed) delete status.failed;
  return tally;
}

/** Pods to make or to take away while the Job goes on; gives the number of active pods afterwards. */
function manage(
  job: Job,
  pods: Pod[],
  active: Pod[],
  terminating: number,
  tally: Tally,
  plan: JobPlan,
  nowMs: number,
): number {
  const { spec } = job;
  if (spec.suspend) {
    plan.remove = active;
    return 0;
  }
  const parallelism = spec.parallelism ?? 1;
  const { completions } = spec;
  let wanted: number;
  if (completions === undefined) wanted = tally.succeeded > 0 ? active.length : parallelism;
  else wanted = Math.min(Math.max(completions - tally.succeeded - tally.failedIndexes.size, 0), parallelism);
  const useless = isIndexed(job) ? surplusOfIndexes(active, tally, completions ?? 0) : [];
  const rest = active.filter((pod) => !useless.includes(pod));
  const surplus = Math.max(0, rest.length - wanted);
  plan.remove = [...useless, ...leastUseful(rest).slice(0, surplus)];
  let left = active.length - plan.remove.length;
  const held = spec.podReplacementPolicy === "Failed" ? terminating : 0;
  const missing = Math.min(wanted - left - held, 500);
  if (missing <= 0) return left;
  const indexes = isIndexed(job)
    ? freeIndexes(
        completions ?? 0,
        [...rest],
        tally,
        held > 0 ? pods.filter((pod) => pod.metadata.deletionTimestamp) : [],
      )
    : Array.from({ length: missing }, () => undefined);
  for (const index of indexes.slice(0, missing)) {
    const own =
      index === undefined || spec.backoffLimitPerIndex === undefined
        ? pods
        : pods.filter((pod) => indexOf(pod) === index);
    const waitMs = backoffLeftMs(own, nowMs);
    if (waitMs > 0) {
      again(plan, waitMs);
      continue;
    }
    const failures = Math.max(0, ...own.filter((pod) => isFailed(job, pod)).map(indexFailures));
    plan.create.push({ index, failures });
    left += 1;
  }
  return left;
}

/** Pods that run an index twice, or one that is done or out of range. */
function surplusOfIndexes(active: Pod[], tally: Tally, completions: number): Pod[] {
  const seen = new Set<number>();
  return active.filter((pod) => {
    const index = indexOf(pod);
    if (
      index < 0 ||
      index >= completions ||
      tally.done.has(index) ||
      tally.failedIndexes.has(index) ||
      seen.has(index)
    )
      return true;
    seen.add(index);
    return false;
  });
}

function freeIndexes(completions: number, active: Pod[], tally: Tally, held: Pod[]): number[] {
  const taken = new Set([...active, ...held].map(indexOf));
  return Array.from({ length: completions }, (_, index) => index).filter(
    (index) => !taken.has(index) && !tally.done.has(index) && !tally.failedIndexes.has(index),
  );
}

function leastUseful(pods: Pod[]): Pod[] {
  return [...pods].sort(
    (a, b) =>
      Number(isReady(a)) - Number(isReady(b)) ||
      Date.parse(b.metadata.creationTimestamp ?? "") - Date.parse(a.metadata.creationTimestamp ?? ""),
  );
}

function completionOf(job: Job, succeeded: number, active: number): Finish | undefined {
  const { completions } = job.spec;
  const isDone = completions === undefined ? succeeded > 0 && active === 0 : succeeded >= completions;
  if (!isDone) return undefined;
  if (job.spec.suspend && completions === undefined) return undefined;
  return {
    type: "SuccessCriteriaMet",
    reason: "CompletionsReached",
    message: "Reached expected number of succeeded pods",
  };
}

function suspendOrResume(job: Job, plan: JobPlan, nowMs: number): void {
  const { status } = plan;
  const old = status.conditions?.find(({ type }) => type === "Suspended");
  if (job.spec.suspend && old?.status !== "True") {
    setCondition(
      plan,
      { type: "Suspended", status: "True", reason: "JobSuspended", message: "Job suspended" },
      nowMs,
    );
    plan.events.push({ type: "Normal", reason: "Suspended", message: "Job suspended" });
  } else if (!job.spec.suspend && old?.status === "True") {
    setCondition(
      plan,
      { type: "Suspended", status: "False", reason: "JobResumed", message: "Job resumed" },
      nowMs,
    );
    plan.events.push({ type: "Normal", reason: "Resumed", message: "Job resumed" });
    // The deadline of a resumed Job starts anew.
    status.startTime = rfc3339(nowMs);
  }
}

/** First what the Job will end with; the end itself once no pod runs and every pod is counted. */
function conclude(plan: JobPlan, finish: Finish, nowMs: number): void {
  const { status } = plan;
  if (!hasCondition(status.conditions, finish.type)) setCondition(plan, { ...finish, status: "True" }, nowMs);
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  if (status.terminating || status.active || succeeded.length + failed.length > 0) return;
  if (finish.type === "SuccessCriteriaMet") {
    setCondition(plan, { ...finish, type: "Complete", status: "True" }, nowMs);
    status.completionTime = rfc3339(nowMs);
    plan.events.push({ type: "Normal", reason: "Completed", message: "Job completed" });
  } else {
    setCondition(plan, { ...finish, type: "Failed", status: "True" }, nowMs);
    plan.events.push({ type: "Warning", reason: finish.reason, message: finish.message });
  }
}

function setCondition(plan: JobPlan, condition: Condition, nowMs: number): void {
  const { conditions = [] } = plan.status;
  const stamp = rfc3339(nowMs);
  const fresh = { ...condition, lastProbeTime: stamp, lastTransitionTime: stamp };
  const at = conditions.findIndex(({ type }) => type === condition.type);
  plan.status.conditions = at < 0 ? [...conditions, fresh] : conditions.with(at, fresh);
}

function again(plan: JobPlan, ms: number): void {
  if (ms > 0) plan.againMs = Math.min(plan.againMs ?? Infinity, ms);
}
