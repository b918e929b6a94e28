import type { CronJob, Job, ObjectReference } from "@/lib/cluster/resources/types";
import { nextRun } from "@/lib/cluster/resources/cronjob/next-run";
import { hasCondition } from "../conditions";
import type { PlannedEvent } from "../job/plan";
import { controllerRef } from "../pods";
import { rfc3339 } from "../rfc3339";
import { dueRun, zonedStamp } from "./schedule";

export interface CronJobPlan {
  /** Jobs that give way to the new one, or that the history has no room for. */
  delete: Job[];
  create?: Job;
  /** Without the Job to create: that one is active once it is there. */
  status: NonNullable<CronJob["status"]>;
  events: PlannedEvent[];
  /** Until the next run; undefined: there is none. */
  nextMs?: number;
}

/** What one look at a CronJob and its Jobs asks to write (kubernetes 1.34 pkg/controller/cronjob: syncCronJob). */
export function planCronJob(cronJob: CronJob, jobs: Job[], nowMs: number): CronJobPlan {
  const plan: CronJobPlan = { delete: [], status: { ...cronJob.status }, events: [] };
  keepActive(cronJob, jobs, plan);
  plan.delete.push(...surplus(cronJob, jobs));
  for (const { metadata } of plan.delete)
    say(plan, "Normal", "SuccessfulDelete", `Deleted job ${metadata.name}`);
  const { spec, metadata } = cronJob;
  if (metadata.deletionTimestamp || spec.suspend) return plan;
  const next = nextRun(spec.schedule, nowMs, spec.timeZone);
  if (next !== undefined) plan.nextMs = next - nowMs;

  const { scheduledMs, hasMissedMany } = dueRun(cronJob, nowMs);
  if (hasMissedMany)
    say(
      plan,
      "Warning",
      "TooManyMissedTimes",
      "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
    );
  if (scheduledMs === undefined) return plan;
  const deadlineMs =
    spec.startingDeadlineSeconds === undefined ? Infinity : spec.startingDeadlineSeconds * 1000;
  if (scheduledMs + deadlineMs < nowMs) {
    const stamp = new Date(scheduledMs).toUTCString().replace("GMT", "+0000");
    say(plan, "Warning", "MissSchedule", `Missed scheduled time to start a job: ${stamp}`);
    return plan;
  }
  const made = newJob(cronJob, scheduledMs);
  const active = plan.status.active ?? [];
  if (active.some(({ name }) => name === made.metadata.name)) return plan;
  if (spec.concurrencyPolicy === "Forbid" && active.length > 0) {
    say(
      plan,
      "Normal",
      "JobAlreadyActive",
      "Not starting job because prior execution is running and concurrency policy is Forbid",
    );
    return plan;
  }
  if (spec.concurrencyPolicy === "Replace") {
    for (const job of jobs.filter(({ metadata: { uid } }) => active.some((one) => one.uid === uid))) {
      plan.delete.push(job);
      say(plan, "Normal", "SuccessfulDelete", `Deleted job ${job.metadata.name}`);
    }
    delete plan.status.active;
  }
  plan.create = made;
  plan.status.lastScheduleTime = rfc3339(scheduledMs);
  return plan;
}

/** Jobs that have ended leave the list of active ones; those that nobody remembers are told of. */
function keepActive(cronJob: CronJob, jobs: Job[], plan: CronJobPlan): void {
  const active: ObjectReference[] = [];
  const known = plan.status.active ?? [];
  for (const job of jobs) {
    const reference = known.find(({ uid }) => uid === job.metadata.uid);
    const end = endOf(job);
    if (!end && reference) active.push(reference);
    else if (!end)
      say(
        plan,
        "Warning",
        "UnexpectedJob",
        `Saw a job that the controller did not create or forgot: ${job.metadata.name}`,
      );
    else if (reference)
      say(plan, "Normal", "SawCompletedJob", `Saw completed job: ${job.metadata.name}, condition: ${end}`);
    const completed = end === "Complete" ? job.status?.completionTime : undefined;
    if (completed && completed > (plan.status.lastSuccessfulTime ?? ""))
      plan.status.lastSuccessfulTime = completed;
  }
  for (const { uid, name } of known)
    if (!jobs.some(({ metadata }) => metadata.uid === uid))
      say(plan, "Normal", "MissingJob", `Active job went missing: ${name}`);
  if (active.length > 0) plan.status.active = active;
  else delete plan.status.active;
}

/** Finished Jobs past the limits, the oldest first. */
function surplus({ spec }: CronJob, jobs: Job[]): Job[] {
  const beyond = (condition: string, limit: number) =>
    jobs
      .filter((job) => endOf(job) === condition && !job.metadata.deletionTimestamp)
      .sort((a, b) => startedMs(a) - startedMs(b) || (a.metadata.name < b.metadata.name ? -1 : 1))
      .slice(0, -limit || undefined);
  return [
    ...beyond("Complete", spec.successfulJobsHistoryLimit ?? 3),
    ...beyond("Failed", spec.failedJobsHistoryLimit ?? 1),
  ];
}

const startedMs = ({ status }: Job) => Date.parse(status?.startTime ?? "") || 0;

function endOf({ status }: Job): "Complete" | "Failed" | undefined {
  if (hasCondition(status?.conditions, "Complete")) return "Complete";
  return hasCondition(status?.conditions, "Failed") ? "Failed" : undefined;
}

function newJob(cronJob: CronJob, scheduledMs: number): Job {
  const { spec, metadata } = cronJob;
  const template = spec.jobTemplate.metadata as
    | { labels?: Record<string, string>; annotations?: Record<string, string> }
    | undefined;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: `${metadata.name}-${Math.floor(scheduledMs / 60_000)}`,
      namespace: metadata.namespace,
      labels: { ...template?.labels },
      annotations: {
        ...template?.annotations,
        "batch.kubernetes.io/cronjob-scheduled-timestamp": zonedStamp(scheduledMs, spec.timeZone),
      },
      ownerReferences: [controllerRef(cronJob)],
    },
    spec: structuredClone(spec.jobTemplate.spec),
  };
}

function say(plan: CronJobPlan, type: PlannedEvent["type"], reason: string, message: string): void {
  plan.events.push({ type, reason, message });
}
