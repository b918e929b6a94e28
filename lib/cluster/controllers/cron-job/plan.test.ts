import { describe, expect, test } from "vitest";
import type { CronJob, Job } from "@/lib/cluster/resources/types";
import { planCronJob } from "./plan";
import { dueRun, zonedStamp } from "./schedule";

const noonMs = Date.UTC(2026, 0, 1, 12);
const iso = (ms: number) => new Date(ms).toISOString().replace(".000Z", "Z");

function cronJob(spec: Partial<CronJob["spec"]> = {}, status: CronJob["status"] = {}): CronJob {
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "night", namespace: "shop", uid: "c", creationTimestamp: iso(noonMs - 30_000) },
    spec: {
      schedule: "*/5 * * * *",
      concurrencyPolicy: "Allow",
      jobTemplate: {
        metadata: { labels: { tier: "batch" } },
        spec: { template: { spec: { containers: [{ name: "main" }], restartPolicy: "Never" } } },
      },
      ...spec,
    },
    status,
  };
}

function job(name: string, condition?: "Complete" | "Failed", startMs = noonMs): Job {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: "shop", uid: name },
    spec: { template: { spec: { containers: [{ name: "main" }] } } },
    status: {
      startTime: iso(startMs),
      ...(condition === "Complete" ? { completionTime: iso(startMs + 1000) } : {}),
      ...(condition ? { conditions: [{ type: condition, status: "True" }] } : {}),
    },
  };
}
const active = (...names: string[]) => ({
  active: names.map((name) => ({ name, uid: name })),
  lastScheduleTime: iso(noonMs - 300_000),
});

describe("a run", () => {
  test("is made on its minute, named for it, once", () => {
    expect(planCronJob(cronJob(), [], noonMs - 1)).toMatchObject({ events: [], nextMs: 1 });
    const plan = planCronJob(cronJob(), [], noonMs);
    expect(plan.create?.metadata).toMatchObject({
      name: `night-${noonMs / 60_000}`,
      labels: { tier: "batch" },
      annotations: { "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-01-01T12:00:00Z" },
      ownerReferences: [{ kind: "CronJob", controller: true }],
    });
    expect(plan).toMatchObject({ nextMs: 300_000, status: { lastScheduleTime: iso(noonMs) } });
    expect(planCronJob(cronJob({}, plan.status), [], noonMs + 60_000).create).toBeUndefined();
  });

  test.each([
    ["suspended", { suspend: true }],
    ["for another day", { schedule: "0 0 2 1 *" }],
  ])("is not made when %s", (_why, spec) => {
    expect(planCronJob(cronJob(spec), [], noonMs).create).toBeUndefined();
  });

  test("is of the named zone", () => {
    const plan = planCronJob(cronJob({ schedule: "0 7 * * *", timeZone: "America/New_York" }), [], noonMs);
    expect(plan.create?.metadata.annotations).toEqual({
      "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-01-01T07:00:00-05:00",
    });
    expect(zonedStamp(noonMs, "Asia/Kolkata")).toBe("2026-01-01T17:30:00+05:30");
  });

  test("that was missed is made late, unless its deadline is over", () => {
    const late = noonMs + 90_000;
    expect(planCronJob(cronJob(), [], late).create?.metadata.name).toBe(`night-${noonMs / 60_000}`);
    expect(planCronJob(cronJob({ startingDeadlineSeconds: 100 }), [], late).create).toBeDefined();
    expect(planCronJob(cronJob({ startingDeadlineSeconds: 60 }), [], late).create).toBeUndefined();
  });

  test("after a long sleep only the latest is made, with a warning", () => {
    const year = noonMs + 365 * 24 * 3600_000 + 61_000;
    const due = dueRun(cronJob({ schedule: "* * * * *" }), year);
    expect(due).toEqual({ scheduledMs: year - 1000, hasMissedMany: true });
    expect(planCronJob(cronJob({ schedule: "* * * * *" }), [], year).events).toMatchObject([
      { type: "Warning", reason: "TooManyMissedTimes" },
    ]);
  });
});

describe("when the last run still goes on", () => {
  test("Allow starts another beside it", () => {
    const plan = planCronJob(cronJob({}, active("old")), [job("old")], noonMs);
    expect(plan.create).toBeDefined();
    expect(plan.status.active).toMatchObject([{ name: "old" }]);
  });
  test("Forbid waits and says so", () => {
    const plan = planCronJob(cronJob({ concurrencyPolicy: "Forbid" }, active("old")), [job("old")], noonMs);
    expect(plan.create).toBeUndefined();
    expect(plan.events).toEqual([
      {
        type: "Normal",
        reason: "JobAlreadyActive",
        message: "Not starting job because prior execution is running and concurrency policy is Forbid",
      },
    ]);
  });
  test("Replace deletes it first", () => {
    const old = job("old");
    const plan = planCronJob(cronJob({ concurrencyPolicy: "Replace" }, active("old")), [old], noonMs);
    expect(plan.delete).toEqual([old]);
    expect(plan.create).toBeDefined();
    expect(plan.status.active).toBeUndefined();
  });
});

describe("what has ended", () => {
  test("leaves the active list and sets the time of the last success", () => {
    const plan = planCronJob(cronJob({}, active("done", "lost")), [job("done", "Complete")], noonMs - 1000);
    expect(plan.status.active).toBeUndefined();
    expect(plan.status.lastSuccessfulTime).toBe(iso(noonMs + 1000));
    expect(plan.events.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      "SawCompletedJob: Saw completed job: done, condition: Complete",
      "MissingJob: Active job went missing: lost",
    ]);
  });

  test("is kept as far as the history limits go", () => {
    const jobs = [
      ...["a", "b", "c", "d"].map((name, at) => job(name, "Complete", noonMs + at * 1000)),
      ...["x", "y"].map((name, at) => job(name, "Failed", noonMs + at * 1000)),
    ];
    const removed = (spec: Partial<CronJob["spec"]>) =>
      planCronJob(cronJob({ suspend: true, ...spec }), jobs, noonMs).delete.map(
        ({ metadata }) => metadata.name,
      );
    expect(removed({})).toEqual(["a", "x"]);
    expect(removed({ successfulJobsHistoryLimit: 0, failedJobsHistoryLimit: 2 })).toEqual([
      "a",
      "b",
      "c",
      "d",
    ]);
  });

  test("a Job that somebody else made in its name is told of", () => {
    expect(planCronJob(cronJob(), [job("by-hand")], noonMs - 1000).events).toMatchObject([
      { reason: "UnexpectedJob", message: "Saw a job that the controller did not create or forgot: by-hand" },
    ]);
  });
});
