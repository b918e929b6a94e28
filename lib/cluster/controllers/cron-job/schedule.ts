import type { CronJob } from "@/lib/cluster/resources/types";
import { nextRun } from "@/lib/cluster/resources/cronjob/next-run";

const minuteMs = 60_000;
const manyMissed = 100;

export interface DueRun {
  /** The latest scheduled moment that is not in the future; undefined: none since the last one. */
  scheduledMs: number | undefined;
  /** More than a hundred moments went by. */
  hasMissedMany: boolean;
}

/** Which run is due (kubernetes 1.34 pkg/controller/cronjob/utils.go: mostRecentScheduleTime). */
export function dueRun(cronJob: CronJob, nowMs: number): DueRun {
  const { schedule, timeZone, startingDeadlineSeconds } = cronJob.spec;
  const createdMs = Date.parse(cronJob.metadata.creationTimestamp ?? "") || nowMs;
  let earliestMs = Date.parse(cronJob.status?.lastScheduleTime ?? "") || createdMs;
  if (startingDeadlineSeconds !== undefined)
    earliestMs = Math.max(earliestMs, nowMs - startingDeadlineSeconds * 1000);
  const after = (ms: number) => nextRun(schedule, ms, timeZone) ?? Infinity;
  let missed = 0;
  for (let ms = after(earliestMs); ms <= nowMs; ms = after(ms)) {
    missed += 1;
    if (missed > manyMissed) return { scheduledMs: latestBefore(after, nowMs), hasMissedMany: true };
    if (after(ms) > nowMs) return { scheduledMs: ms, hasMissedMany: false };
  }
  return { scheduledMs: undefined, hasMissedMany: false };
}

/** Looks back in growing steps: the runs of a year gone by are not walked one by one. */
function latestBefore(after: (ms: number) => number, nowMs: number): number {
  let back = 2 * minuteMs;
  while (after(nowMs - back) > nowMs) back *= 2;
  let ms = after(nowMs - back);
  for (let next = after(ms); next <= nowMs; next = after(ms)) ms = next;
  return ms;
}

/** RFC 3339 in the schedule's own zone, as the annotation of a scheduled Job gives it. */
export function zonedStamp(ms: number, timeZone: string | undefined): string {
  const utc = new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
  if (!timeZone) return utc;
  const name = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" })
    .formatToParts(ms)
    .find(({ type }) => type === "timeZoneName")!.value;
  const [, sign, hours = "0", minutes = "0"] = /^GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  if (!sign) return utc;
  const offsetMs = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * minuteMs;
  return `${new Date(ms + offsetMs).toISOString().slice(0, 19)}${sign}${hours}:${minutes}`;
}
