import { describe, expect, test } from "vitest";
import type { Job, Pod } from "@/lib/cluster/resources/types";
import { formatIndexes, parseIndexes } from "./indexes";
import { planJob } from "./plan";
import { jobPod, trackingFinalizer } from "./pod";
import { expiresAtMs } from "./ttl";

const nowMs = Date.UTC(2026, 0, 1, 12);
const at = (secondsAgo: number) => new Date(nowMs - secondsAgo * 1000).toISOString().replace(".000Z", "Z");

function job(spec: Partial<Job["spec"]> = {}, status: Job["status"] = {}): Job {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "sum", namespace: "shop", uid: "job-uid" },
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: "NonIndexed",
      podReplacementPolicy: "TerminatingOrFailed",
      template: { spec: { containers: [{ name: "main", image: "busybox" }], restartPolicy: "Never" } },
      ...spec,
    },
    status: { startTime: at(60), ...status },
  };
}

let uid = 0;
function pod(
  phase: "Pending" | "Running" | "Succeeded" | "Failed",
  more: { index?: number; exitCode?: number; endedAgo?: number; metadata?: object; failures?: number } = {},
): Pod {
  const { index, exitCode = phase === "Failed" ? 1 : 0, endedAgo = 3600 } = more;
  const name = `sum-${uid++}`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "shop",
      uid: name,
      finalizers: [trackingFinalizer],
      annotations: {
        ...(index === undefined ? {} : { "batch.kubernetes.io/job-completion-index": String(index) }),
        ...(more.failures ? { "batch.kubernetes.io/job-index-failure-count": String(more.failures) } : {}),
      },
      ...more.metadata,
    },
    spec: { containers: [{ name: "main" }], nodeName: "node01" },
    status: {
      phase,
      conditions: [
        { type: "Ready", status: phase === "Running" ? "True" : "False", lastTransitionTime: at(endedAgo) },
      ],
      containerStatuses:
        phase === "Succeeded" || phase === "Failed"
          ? [
              {
                name: "main",
                ready: false,
                restartCount: 0,
                image: "",
                imageID: "",
                state: { terminated: { exitCode, finishedAt: at(endedAgo) } },
              },
            ]
          : [],
    },
  };
}

const typesOf = (status: Job["status"]) =>
  status?.conditions?.map(({ type, status: value }) => `${type}=${value}`);

describe("a Job that goes on", () => {
  test.each([
    ["the first look starts it", job({}, { startTime: undefined }), [], 1],
    ["no more pods at once than parallelism", job({ completions: 5, parallelism: 2 }), [pod("Running")], 1],
    [
      "no more pods than completions are left",
      job({ completions: 3, parallelism: 3 }, { succeeded: 2 }),
      [],
      1,
    ],
    [
      "without completions, none follows the first success",
      job({ completions: undefined, parallelism: 2 }),
      [pod("Succeeded"), pod("Running")],
      0,
    ],
    [
      "a pod that is being deleted is replaced",
      job(),
      [pod("Running", { metadata: { deletionTimestamp: at(1) } })],
      1,
    ],
    [
      "unless only failed ones are",
      job({ podReplacementPolicy: "Failed" }),
      [pod("Running", { metadata: { deletionTimestamp: at(1) } })],
      0,
    ],
    ["suspended, it makes none", job({ suspend: true }), [], 0],
    [
      "being deleted, it makes none",
      { ...job(), metadata: { ...job().metadata, deletionTimestamp: at(1) } },
      [],
      0,
    ],
  ])("%s", (_what, object, pods, created) => {
    const plan = planJob(object, pods, nowMs);
    expect(plan.create).toHaveLength(created);
    expect(plan.status.conditions ?? []).not.toContainEqual(expect.objectContaining({ type: "Complete" }));
  });

  test("a failed pod is counted once, over its finalizer", () => {
    const failed = pod("Failed");
    const first = planJob(job(), [failed], nowMs);
    expect(first.status.uncountedTerminatedPods).toEqual({ failed: [failed.metadata.uid] });
    expect(first.release).toEqual([failed]);
    const again = planJob(job({}, first.status), [failed], nowMs);
    expect(again.status).toEqual(first.status);
    const released = { ...failed, metadata: { ...failed.metadata, finalizers: [] } };
    const counted = planJob(job({}, first.status), [released], nowMs);
    expect(counted.status).toMatchObject({ failed: 1, uncountedTerminatedPods: {} });
    expect(planJob(job({}, counted.status), [released], nowMs).status.failed).toBe(1);
  });

  test("after failures it waits 10 s, 20 s, 40 s", () => {
    expect(planJob(job(), [pod("Failed", { endedAgo: 4 })], nowMs)).toMatchObject({
      create: [],
      againMs: 6000,
    });
    expect(
      planJob(job(), [pod("Failed", { endedAgo: 5 }), pod("Failed", { endedAgo: 50 })], nowMs).againMs,
    ).toBe(15_000);
    expect(planJob(job(), [pod("Failed", { endedAgo: 11 })], nowMs).create).toHaveLength(1);
  });

  test("suspending deletes the active pods uncounted and says so; resuming starts its time anew", () => {
    const running = pod("Running");
    const plan = planJob(job({ suspend: true }), [running], nowMs);
    expect(plan.remove).toEqual([running]);
    expect(plan.events).toEqual([{ type: "Normal", reason: "Suspended", message: "Job suspended" }]);
    const resumed = planJob(job({}, plan.status), [], nowMs + 5000);
    expect(resumed.status.startTime).toBe(at(-5));
    expect(typesOf(resumed.status)).toEqual(["Suspended=False"]);
    expect(resumed.create).toHaveLength(1);
  });
});

describe("the end of a Job", () => {
  test("it is complete when the last pod is counted, not before", () => {
    const last = pod("Succeeded");
    const met = planJob(job(), [last], nowMs);
    expect(typesOf(met.status)).toEqual(["SuccessCriteriaMet=True"]);
    expect(met.events).toEqual([]);
    const released = { ...last, metadata: { ...last.metadata, finalizers: [] } };
    const complete = planJob(job({}, met.status), [released], nowMs);
    expect(typesOf(complete.status)).toEqual(["SuccessCriteriaMet=True", "Complete=True"]);
    expect(complete.status).toMatchObject({ succeeded: 1, completionTime: at(0), ready: 0, terminating: 0 });
    expect(complete.events).toEqual([{ type: "Normal", reason: "Completed", message: "Job completed" }]);
    expect(planJob(job({}, complete.status), [], nowMs).create).toEqual([]);
  });

  test.each([
    [
      "BackoffLimitExceeded",
      "Job has reached the specified backoff limit",
      job({ backoffLimit: 1 }, { failed: 1 }),
      [pod("Failed"), pod("Running")],
    ],
    [
      "DeadlineExceeded",
      "Job was active longer than specified deadline",
      job({ activeDeadlineSeconds: 30 }),
      [pod("Running")],
    ],
    [
      "PodFailurePolicy",
      expect.stringMatching(
        /^Container main for pod shop\/sum-\d+ failed with exit code 42 matching FailJob rule at index 0$/,
      ),
      job({
        podFailurePolicy: { rules: [{ action: "FailJob", onExitCodes: { operator: "In", values: [42] } }] },
      }),
      [pod("Failed", { exitCode: 42 }), pod("Running")],
    ],
  ])("%s: active pods are deleted and what it fails for is announced", (reason, message, object, pods) => {
    const plan = planJob(object, pods, nowMs);
    expect(plan.kill).toEqual(pods.filter(({ status }) => status?.phase === "Running"));
    expect(plan.create).toEqual([]);
    expect(plan.status.conditions).toMatchObject([
      { type: "FailureTarget", status: "True", reason, message },
    ]);
    const { uncountedTerminatedPods: _, ...status } = plan.status;
    const ended = planJob(job(object.spec, { ...status, terminating: 0 }), [], nowMs);
    expect(ended.status.conditions?.at(-1)).toMatchObject({ type: "Failed", reason, message });
    expect(ended.events).toMatchObject([{ type: "Warning", reason, message }]);
  });

  test("a failure that the policy ignores is neither counted nor waited for by the limit", () => {
    const ignored = job({
      backoffLimit: 0,
      podFailurePolicy: { rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] }] },
    });
    const evicted = pod("Failed");
    evicted.status!.conditions!.push({ type: "DisruptionTarget", status: "True" });
    const plan = planJob(ignored, [evicted], nowMs);
    expect(plan.status.uncountedTerminatedPods).toEqual({});
    expect(plan.create).toHaveLength(1);
  });
});

describe("Indexed", () => {
  const indexed = (spec: Partial<Job["spec"]> = {}, status: Job["status"] = {}) =>
    job({ completionMode: "Indexed", completions: 4, parallelism: 2, ...spec }, status);

  test("each index gets one pod, the lowest first, and finished ones none", () => {
    expect(planJob(indexed(), [], nowMs).create.map(({ index }) => index)).toEqual([0, 1]);
    const plan = planJob(indexed(), [pod("Succeeded", { index: 0 }), pod("Running", { index: 1 })], nowMs);
    expect(plan.create.map(({ index }) => index)).toEqual([2]);
    expect(plan.status).toMatchObject({ completedIndexes: "0", succeeded: 1 });
  });

  test("an index that runs twice loses the second pod", () => {
    const twice = [pod("Running", { index: 0 }), pod("Running", { index: 0 })];
    expect(planJob(indexed(), twice, nowMs).remove).toEqual([twice[1]]);
  });

  test("an index past its own limit fails alone; the Job fails at the end", () => {
    const object = indexed({ backoffLimitPerIndex: 1, backoffLimit: 2147483647 });
    const plan = planJob(
      object,
      [pod("Failed", { index: 0, failures: 1 }), pod("Running", { index: 1 })],
      nowMs,
    );
    expect(plan.status.failedIndexes).toBe("0");
    expect(plan.create.map(({ index }) => index)).toEqual([2]);
    const last = planJob(indexed(object.spec, { failedIndexes: "0", completedIndexes: "1-3" }), [], nowMs);
    expect(last.status.conditions?.at(-1)).toMatchObject({ type: "Failed", reason: "FailedIndexes" });
  });

  test("a success policy ends it early", () => {
    const object = indexed({ successPolicy: { rules: [{ succeededIndexes: "0" }] } });
    const running = pod("Running", { index: 1 });
    const plan = planJob(object, [pod("Succeeded", { index: 0 }), running], nowMs);
    expect(plan.kill).toEqual([running]);
    expect(plan.status.conditions).toMatchObject([{ type: "SuccessCriteriaMet", reason: "SuccessPolicy" }]);
  });

  test("its pods know their index", () => {
    const made = jobPod(indexed(), 3, 0);
    expect(made).toMatchObject({
      metadata: { generateName: "sum-3-", labels: { "batch.kubernetes.io/job-completion-index": "3" } },
      spec: { hostname: "sum-3", containers: [{ env: [{ name: "JOB_COMPLETION_INDEX" }] }] },
    });
  });

  test("sets of indexes are written as upstream writes them", () => {
    expect(formatIndexes([4, 0, 1, 2, 7, 8])).toBe("0-2,4,7,8");
    expect([...parseIndexes("0-2,4,7,8", 8)]).toEqual([0, 1, 2, 4, 7]);
  });
});

test("a finished Job goes after its time to live", () => {
  const done = job(
    { ttlSecondsAfterFinished: 100 },
    {
      conditions: [{ type: "Complete", status: "True", lastTransitionTime: at(0) }],
    },
  );
  expect(expiresAtMs(done)).toBe(nowMs + 100_000);
  expect(expiresAtMs(job({ ttlSecondsAfterFinished: 100 }))).toBeUndefined();
});
