import { describe, expect, test } from "vitest";
import type { Pod, ReplicaSet } from "@/lib/cluster/resources/types";
import { planReplicas, replicaSetStatus } from "./plan";

const nowMs = Date.UTC(2026, 0, 1, 12);
const ago = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString().replace(".000Z", "Z");
const set = (replicas: number | undefined, more: Partial<ReplicaSet["spec"]> = {}): ReplicaSet => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name: "web", namespace: "shop", generation: 4 },
  spec: {
    replicas,
    selector: {},
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "main" }] } },
    ...more,
  },
});

interface Facts {
  nodeName?: string;
  phase?: NonNullable<Pod["status"]>["phase"];
  readyAgo?: number;
  createdAgo?: number;
  cost?: number;
  restarts?: number;
  isLeaving?: boolean;
  labels?: Record<string, string>;
}
const pod = (name: string, facts: Facts = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    labels: facts.labels ?? { app: "web" },
    creationTimestamp: ago(facts.createdAgo ?? 100),
    ...(facts.cost === undefined
      ? {}
      : { annotations: { "controller.kubernetes.io/pod-deletion-cost": String(facts.cost) } }),
    ...(facts.isLeaving ? { deletionTimestamp: ago(1) } : {}),
  },
  spec: {
    containers: [{ name: "main" }],
    ...("nodeName" in facts ? { nodeName: facts.nodeName } : { nodeName: name }),
  },
  status: {
    phase: facts.phase ?? "Running",
    conditions:
      facts.readyAgo === undefined
        ? []
        : [{ type: "Ready", status: "True", lastTransitionTime: ago(facts.readyAgo) }],
    containerStatuses: [
      { name: "main", ready: true, restartCount: facts.restarts ?? 0, image: "", imageID: "" },
    ],
  },
});
const ready = { readyAgo: 50 };

describe("which pods come and go", () => {
  test.each<[string, ReplicaSet, Pod[], string]>([
    ["none is there", set(3), [], "+3"],
    ["one by default", set(undefined), [], "+1"],
    ["at most 500 at once", set(2000), [], "+500"],
    ["enough", set(2), [pod("a", ready), pod("b")], "+0"],
    [
      "those that have ended or leave do not count",
      set(2),
      [pod("a", { phase: "Failed" }), pod("b", { isLeaving: true }), pod("c")],
      "+1",
    ],
    [
      "without a node before with one",
      set(1),
      [pod("a", ready), pod("b", { nodeName: undefined, phase: "Pending" })],
      "+0 -b",
    ],
    ["Pending before Running", set(1), [pod("a"), pod("b", { phase: "Pending" })], "+0 -b"],
    ["not ready before ready", set(1), [pod("a", ready), pod("b")], "+0 -b"],
    [
      "cheap before dear",
      set(1),
      [pod("a", { ...ready, cost: 10 }), pod("b", { ...ready, cost: -5 })],
      "+0 -b",
    ],
    [
      "from the fuller node",
      set(2),
      [
        pod("a", { ...ready, nodeName: "one" }),
        pod("b", { ...ready, nodeName: "two", createdAgo: 200 }),
        pod("c", { ...ready, nodeName: "two", createdAgo: 300 }),
      ],
      "+0 -b",
    ],
    ["restarted more often", set(1), [pod("a", ready), pod("b", { ...ready, restarts: 3 })], "+0 -b"],
    ["the younger", set(1), [pod("a", ready), pod("b", { ...ready, createdAgo: 10 })], "+0 -b"],
    ["being deleted, nothing", { ...set(3), metadata: { name: "web", deletionTimestamp: ago(1) } }, [], "+0"],
    ["down to none", set(0), [pod("a", ready), pod("b", ready)], "+0 -a,b"],
  ])("%s", (_what, of, pods, told) => {
    const plan = planReplicas(of, pods);
    const gone = plan.delete.map(({ metadata }) => metadata.name).sort();
    expect(`+${plan.create}${gone.length > 0 ? ` -${gone.join()}` : ""}`).toBe(told);
  });
});

test("the status counts active pods: fully labelled, ready, and ready long enough", () => {
  const pods = [
    pod("a", { readyAgo: 40 }),
    pod("b", { readyAgo: 10 }),
    pod("c", { labels: {} }),
    pod("gone", { isLeaving: true, readyAgo: 40 }),
  ];
  expect(replicaSetStatus(set(3, { minReadySeconds: 30 }), pods, undefined, nowMs)).toEqual({
    replicas: 3,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 1,
    observedGeneration: 4,
  });
});

test("a failure is a condition until it is over; its time is that of the first", () => {
  const failure = { reason: "FailedCreate", message: "exceeded quota" } as const;
  const failing = replicaSetStatus(set(1), [], failure, nowMs);
  expect(failing.conditions).toEqual([
    { type: "ReplicaFailure", status: "True", ...failure, lastTransitionTime: ago(0) },
  ]);
  const later = replicaSetStatus({ ...set(1), status: failing }, [], failure, nowMs + 60_000);
  expect(later.conditions).toEqual(failing.conditions);
  expect(
    replicaSetStatus({ ...set(1), status: failing }, [pod("a")], undefined, nowMs).conditions,
  ).toBeUndefined();
});
