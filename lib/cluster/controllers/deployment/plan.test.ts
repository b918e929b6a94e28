import { describe, expect, test } from "vitest";
import type { Deployment, ReplicaSet } from "@/lib/cluster/resources/types";
import { templateHash } from "../pods";
import { planDeployment } from "./plan";
import { deadlineCheckMs, progressCondition } from "./progress";
import { deploymentStatus } from "./status";

const nowMs = Date.UTC(2026, 0, 1, 12);
const at = (secondsAgo: number) => new Date(nowMs - secondsAgo * 1000).toISOString().replace(".000Z", "Z");
const key = (name: string) => `deployment.kubernetes.io/${name}`;
const template = (image: string) => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "main", image }] },
});

function deployment(
  spec: Partial<Deployment["spec"]> = {},
  status: Deployment["status"] = {},
  annotations: Record<string, string> = {},
): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "shop", uid: "web-uid", generation: 3, annotations },
    spec: { replicas: 10, selector: { matchLabels: { app: "web" } }, template: template("web:2"), ...spec },
    status,
  };
}

/** A set of the image `web:REVISION`, older the lower its revision. */
function set(
  revision: number,
  replicas: number,
  more: { available?: number; desired?: number; max?: number; annotations?: object; spec?: object } = {},
): ReplicaSet {
  const own = template(`web:${revision}`);
  const hash = templateHash(own);
  const { available = replicas, desired = 10, max = desired + 3 } = more;
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `web-${revision}`,
      namespace: "shop",
      creationTimestamp: at(1000 - revision),
      generation: 1,
      annotations: {
        [key("revision")]: String(revision),
        [key("desired-replicas")]: String(desired),
        [key("max-replicas")]: String(max),
        ...more.annotations,
      },
    },
    spec: {
      replicas,
      selector: {},
      template: { ...own, metadata: { labels: { app: "web", "pod-template-hash": hash } } },
      ...more.spec,
    },
    status: {
      observedGeneration: 1,
      replicas,
      ...(available ? { readyReplicas: available, availableReplicas: available } : {}),
    },
  };
}

const told = (object: Deployment, sets: ReplicaSet[]) =>
  planDeployment(object, sets).map((write) => {
    if (write.kind === "scale") return `${write.set.metadata.name} -> ${write.replicas}`;
    if (write.kind === "create") return `create with ${write.set.spec.replicas}`;
    return `${write.kind} ${write.set.metadata.name}`;
  });

describe("what is written", () => {
  const complete = {
    observedGeneration: 3,
    replicas: 10,
    updatedReplicas: 10,
    readyReplicas: 10,
    availableReplicas: 10,
  };
  const paused = { paused: true, template: template("web:3") };

  test.each<[string, Deployment, ReplicaSet[], string[]]>([
    ["paused, a new template makes nothing", deployment(paused), [set(2, 10)], []],
    ["paused, the one set is resized", deployment({ ...paused, replicas: 4 }), [set(2, 10)], ["web-2 -> 4"]],
    [
      "paused amid a rollout, both sets keep their proportions",
      deployment({ paused: true, replicas: 20, template: template("web:2") }),
      [set(1, 8), set(2, 5)],
      ["web-1 -> 15", "web-2 -> 10"],
    ],
    [
      "resized amid a rollout, up",
      deployment({ replicas: 20 }),
      [set(1, 8), set(2, 5, { available: 0 })],
      ["web-1 -> 15", "web-2 -> 10"],
    ],
    [
      "resized amid a rollout, down",
      deployment({ replicas: 5 }),
      [set(1, 8), set(2, 5, { available: 0 })],
      ["web-1 -> 4", "web-2 -> 3"],
    ],
    [
      "of equal sets the newer grows by what is left over",
      deployment({ replicas: 11, strategy: { rollingUpdate: { maxSurge: 0 } } }),
      [set(1, 5, { max: 10 }), set(2, 5, { max: 10, available: 0 })],
      ["web-2 -> 6", "web-1 -> 5"],
    ],
    [
      "of equal sets the older shrinks first",
      deployment({ replicas: 9, strategy: { rollingUpdate: { maxSurge: 0 } } }),
      [set(1, 5, { max: 10 }), set(2, 5, { max: 10, available: 0 })],
      ["web-1 -> 4", "web-2 -> 5"],
    ],
    ["to nothing", deployment({ replicas: 0 }), [set(1, 8), set(2, 5)], ["web-1 -> 0", "web-2 -> 0"]],
    [
      "a set that was taken over goes when the present one has all pods",
      deployment(),
      [set(1, 2, { desired: 4 }), set(2, 10)],
      ["web-1 -> 0"],
    ],
    [
      "old sets past the limit go, the oldest first, when the rollout is complete",
      deployment({ revisionHistoryLimit: 1, template: template("web:4") }, complete),
      [set(1, 0), set(2, 0), set(3, 0), set(4, 10)],
      ["delete web-1", "delete web-2"],
    ],
    [
      "not before",
      deployment(
        { revisionHistoryLimit: 1, template: template("web:4") },
        { ...complete, availableReplicas: 9 },
      ),
      [set(1, 0), set(2, 0), set(3, 0), set(4, 10, { available: 9 })],
      [],
    ],
    [
      "nor while the status is of an older generation",
      deployment(
        { revisionHistoryLimit: 1, template: template("web:4") },
        { ...complete, observedGeneration: 2 },
      ),
      [set(1, 0), set(2, 0), set(3, 0), set(4, 10)],
      [],
    ],
    [
      "a paused one cleans up too",
      deployment({ revisionHistoryLimit: 0, paused: true }),
      [set(1, 0), set(2, 10)],
      ["delete web-1"],
    ],
    [
      "one that still reports pods stays",
      deployment({ revisionHistoryLimit: 0 }, complete),
      [{ ...set(1, 0), status: { observedGeneration: 1, replicas: 1 } }, set(2, 10)],
      [],
    ],
    [
      "minReadySeconds goes to the set",
      deployment({ minReadySeconds: 30 }, complete),
      [set(2, 10)],
      ["annotate web-2"],
    ],
  ])("%s", (_what, object, sets, writes) => {
    expect(told(object, sets)).toEqual(writes);
  });

  test("an undo gives the old set the next revision, and writes nothing twice", () => {
    const [write, ...rest] = planDeployment(deployment(), [set(2, 0), set(3, 10)]);
    expect(write).toMatchObject({
      kind: "annotate",
      annotations: { [key("revision")]: "4", [key("revision-history")]: "2" },
    });
    expect(rest).toMatchObject([{ kind: "scale", replicas: 3 }]);
    const annotations = { [key("revision")]: "4", [key("revision-history")]: "2" };
    expect(told(deployment(), [set(2, 3, { annotations, available: 0 }), set(3, 10)])).toEqual([
      "web-3 -> 8",
    ]);
  });

  test("minReadySeconds is written with the annotations, and taken back", () => {
    const [write] = planDeployment(deployment({ minReadySeconds: 30 }), [set(2, 10)]);
    expect(write).toMatchObject({ kind: "annotate", minReadySeconds: 30 });
    const [back] = planDeployment(deployment(), [set(2, 10, { spec: { minReadySeconds: 30 } })]);
    expect(back).toMatchObject({ kind: "annotate", minReadySeconds: 0 });
  });
});

describe("Progressing", () => {
  const progressing = (status: "True" | "False" | "Unknown", reason: string, secondsAgo: number) => ({
    ...{ type: "Progressing", status, reason, message: reason },
    lastUpdateTime: at(secondsAgo),
    lastTransitionTime: at(2000),
  });
  const rolling = (
    condition: ReturnType<typeof progressing>,
    counts: NonNullable<Deployment["status"]> = {},
    spec: Partial<Deployment["spec"]> = {},
  ) =>
    deployment(spec, {
      observedGeneration: 3,
      replicas: 12,
      updatedReplicas: 4,
      readyReplicas: 10,
      availableReplicas: 10,
      ...counts,
      conditions: [condition],
    });
  const updated = (secondsAgo: number) => progressing("True", "ReplicaSetUpdated", secondsAgo);
  const same = {
    observedGeneration: 3,
    replicas: 12,
    updatedReplicas: 4,
    readyReplicas: 10,
    availableReplicas: 10,
  };
  const whole = {
    observedGeneration: 3,
    replicas: 10,
    updatedReplicas: 10,
    readyReplicas: 10,
    availableReplicas: 10,
  };

  test.each<[string, Deployment, NonNullable<Deployment["status"]>, string, number]>([
    ["nothing new within the deadline leaves it", rolling(updated(599)), same, "True ReplicaSetUpdated", 599],
    [
      "one more ready pod starts the deadline anew",
      rolling(updated(599)),
      { ...same, readyReplicas: 11 },
      "True ReplicaSetUpdated",
      0,
    ],
    [
      "so does one more available",
      rolling(updated(599)),
      { ...same, availableReplicas: 11 },
      "True ReplicaSetUpdated",
      0,
    ],
    [
      "one more new",
      rolling(updated(599)),
      { ...same, replicas: 13, updatedReplicas: 5 },
      "True ReplicaSetUpdated",
      0,
    ],
    ["one less old", rolling(updated(599)), { ...same, replicas: 11 }, "True ReplicaSetUpdated", 0],
    [
      "one less ready is none",
      rolling(updated(599)),
      { ...same, readyReplicas: 9 },
      "True ReplicaSetUpdated",
      599,
    ],
    ["past the deadline it says so", rolling(updated(601)), same, "False ProgressDeadlineExceeded", 0],
    [
      "and goes on saying it",
      rolling(progressing("False", "ProgressDeadlineExceeded", 900)),
      same,
      "False ProgressDeadlineExceeded",
      900,
    ],
    [
      "until something moves",
      rolling(progressing("False", "ProgressDeadlineExceeded", 900)),
      { ...same, readyReplicas: 11 },
      "True ReplicaSetUpdated",
      0,
    ],
    [
      "the deadline is the object's",
      rolling(updated(31), {}, { progressDeadlineSeconds: 30 }),
      same,
      "False ProgressDeadlineExceeded",
      0,
    ],
    ["all new and available is the end", rolling(updated(100)), whole, "True NewReplicaSetAvailable", 0],
    [
      "a finished rollout is not timed again when it is resized",
      rolling(progressing("True", "NewReplicaSetAvailable", 5000), whole, { replicas: 12 }),
      whole,
      "True NewReplicaSetAvailable",
      5000,
    ],
    [
      "nor when a pod fails",
      rolling(progressing("True", "NewReplicaSetAvailable", 5000), whole),
      { ...whole, readyReplicas: 9, availableReplicas: 9 },
      "True NewReplicaSetAvailable",
      5000,
    ],
    [
      "pausing stops the clock",
      rolling(updated(100), {}, { paused: true }),
      same,
      "Unknown DeploymentPaused",
      0,
    ],
    [
      "a lack of progress is not hidden by pausing",
      rolling(progressing("False", "ProgressDeadlineExceeded", 900), {}, { paused: true }),
      same,
      "False ProgressDeadlineExceeded",
      900,
    ],
    [
      "resuming starts it anew",
      rolling(progressing("Unknown", "DeploymentPaused", 5000)),
      same,
      "Unknown DeploymentResumed",
      0,
    ],
  ])("%s", (_what, object, next, said, secondsAgo) => {
    const condition = progressCondition(object, next, "web-2", nowMs);
    expect(`${condition?.status} ${condition?.reason}`).toBe(said);
    expect(condition?.lastUpdateTime).toBe(at(secondsAgo));
  });

  test("a transition is a change of the status, not of the reason", () => {
    const moved = progressCondition(rolling(updated(50)), { ...same, readyReplicas: 11 }, "web-2", nowMs);
    expect(moved?.lastTransitionTime).toBe(at(2000));
    const stuck = progressCondition(rolling(updated(601)), same, "web-2", nowMs);
    expect(stuck).toMatchObject({
      lastTransitionTime: at(0),
      message: 'ReplicaSet "web-2" has timed out progressing.',
    });
  });

  test("it tells of a set that was made, found, or could not be made; without a deadline it tells nothing", () => {
    const made = progressCondition(deployment(), {}, "web-2", nowMs, { created: "web-2" });
    expect(made).toMatchObject({
      status: "True",
      reason: "NewReplicaSetCreated",
      message: 'Created new replica set "web-2"',
    });
    expect(progressCondition(deployment(), {}, "web-2", nowMs)).toMatchObject({
      reason: "FoundNewReplicaSet",
      message: 'Found new replica set "web-2"',
    });
    const createFailure = { message: 'Failed to create new replica set "web-2": no', cause: undefined };
    expect(progressCondition(deployment(), {}, undefined, nowMs, { createFailure })).toMatchObject({
      status: "False",
      reason: "ReplicaSetCreateError",
      message: createFailure.message,
    });
    const endless = deployment({ progressDeadlineSeconds: 2_147_483_647 });
    expect(progressCondition(endless, {}, "web-2", nowMs, { created: "web-2" })).toBeUndefined();
  });

  test.each([
    ["it runs", updated(100), 501_000],
    ["it is over", updated(700), 1000],
    ["it was said to be over", progressing("False", "ProgressDeadlineExceeded", 10), undefined],
    ["the rollout is done", progressing("True", "NewReplicaSetAvailable", 10), undefined],
    ["paused", progressing("Unknown", "DeploymentPaused", 10), undefined],
    ["resumed", progressing("Unknown", "DeploymentResumed", 10), 591_000],
  ])("the next look for the deadline: %s", (_what, condition, ms) => {
    const object = rolling(condition);
    expect(deadlineCheckMs(object, object.status!, nowMs)).toBe(ms);
  });
});

test("the status sums up the sets; a set's failure is the Deployment's", () => {
  const failing = set(2, 4, { available: 1 });
  failing.status!.conditions = [
    {
      ...{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "exceeded quota" },
      lastTransitionTime: at(30),
    },
  ];
  const status = deploymentStatus(deployment(), [set(1, 8), failing], nowMs, { created: "web-2" });
  expect(status).toMatchObject({
    observedGeneration: 3,
    replicas: 12,
    updatedReplicas: 4,
    readyReplicas: 9,
    availableReplicas: 9,
    unavailableReplicas: 3,
  });
  expect(status.conditions?.map(({ type, status: value, reason }) => `${type}=${value} ${reason}`)).toEqual([
    "Available=True MinimumReplicasAvailable",
    "Progressing=True ReplicaSetUpdated",
    "ReplicaFailure=True FailedCreate",
  ]);
  expect(deploymentStatus(deployment({}, status), [set(1, 8), failing], nowMs + 60_000)).toEqual(status);
  const fewer = deploymentStatus(deployment({}, status), [set(1, 3), failing], nowMs);
  expect(fewer.conditions?.[0]).toMatchObject({ status: "False", reason: "MinimumReplicasUnavailable" });
});
