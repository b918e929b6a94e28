import { describe, expect, test } from "vitest";
import type { DaemonSet, Node, Pod } from "@/lib/cluster/resources/types";
import { daemonStatus, planDaemons } from "./plan";

const nowMs = Date.UTC(2026, 0, 1, 12);
const ago = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString().replace(".000Z", "Z");

const set = (spec: Partial<DaemonSet["spec"]> = {}): DaemonSet => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "agent", namespace: "shop", uid: "agent-uid", generation: 2 },
  spec: { selector: {}, template: { spec: { containers: [{ name: "main" }] } }, ...spec },
});
const node = (name: string, ...taints: [string, string][]): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name },
  spec: { taints: taints.map(([key, effect]) => ({ key, effect })) },
});

interface PodFacts {
  hash?: string;
  readyAgo?: number;
  phase?: NonNullable<Pod["status"]>["phase"];
  isLeaving?: boolean;
  createdAgo?: number;
}
function pod(
  nodeName: string,
  { hash = "new", readyAgo, phase, isLeaving, createdAgo = 100 }: PodFacts = {},
): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${nodeName}-${hash}`,
      labels: { "controller-revision-hash": hash },
      creationTimestamp: ago(createdAgo),
      ...(isLeaving ? { deletionTimestamp: ago(1) } : {}),
    },
    spec: { containers: [{ name: "main" }], nodeName },
    status: {
      phase: phase ?? "Running",
      conditions: [
        readyAgo === undefined
          ? { type: "Ready", status: "False" }
          : { type: "Ready", status: "True", lastTransitionTime: ago(readyAgo) },
      ],
    },
  };
}
const ready = { readyAgo: 60 };
const old = { hash: "old", readyAgo: 60 };
const nodes = ["a", "b", "c", "d"].map((name) => node(name));
const rolling = (rollingUpdate: object, more: object = {}) =>
  set({ updateStrategy: { type: "RollingUpdate", rollingUpdate }, ...more });

describe("which pods come and go", () => {
  const told = (of: DaemonSet, on: Node[], pods: Pod[]) => {
    const plan = planDaemons(of, on, pods, "new", nowMs);
    const names = (some: Pod[]) => some.map(({ metadata }) => metadata.name).join();
    return `+${plan.create.join()} -${names(plan.delete)} ended ${names(plan.ended)}`;
  };

  test.each<[string, DaemonSet, Node[], Pod[], string]>([
    ["one a node", set(), nodes, [pod("a", ready)], "+b,c,d - ended "],
    [
      "none where it is not tolerated",
      set(),
      [node("a", ["db", "NoSchedule"]), node("b")],
      [],
      "+b - ended ",
    ],
    [
      "one that is there may stay beside NoSchedule",
      set(),
      [node("a", ["db", "NoSchedule"])],
      [pod("a", ready)],
      "+ - ended ",
    ],
    ["not beside NoExecute", set(), [node("a", ["db", "NoExecute"])], [pod("a", ready)], "+ -a-new ended "],
    [
      "a cordoned node gets one",
      set(),
      [node("a", ["node.kubernetes.io/unschedulable", "NoSchedule"])],
      [],
      "+a - ended ",
    ],
    [
      "a node that is gone loses its own",
      set(),
      [node("a")],
      [pod("a", ready), pod("z", ready)],
      "+ -z-new ended ",
    ],
    [
      "one that terminates holds its place",
      set(),
      [node("a")],
      [pod("a", { isLeaving: true })],
      "+ - ended ",
    ],
    ["one that ended is told apart", set(), [node("a")], [pod("a", { phase: "Failed" })], "+ - ended a-new"],
    [
      "of two the younger goes",
      set(),
      [node("a")],
      [
        {
          ...pod("a", { ...ready, createdAgo: 5 }),
          metadata: { ...pod("a").metadata, name: "young", creationTimestamp: ago(5) },
        },
        pod("a", ready),
      ],
      "+ -young ended ",
    ],
    [
      "the node of nodeName only",
      set({ template: { spec: { nodeName: "b", containers: [] } } }),
      nodes,
      [],
      "+b - ended ",
    ],
    [
      "the nodes of nodeSelector only",
      set({ template: { spec: { nodeSelector: { disk: "ssd" }, containers: [] } } }),
      [node("a"), { ...node("b"), metadata: { name: "b", labels: { disk: "ssd" } } }],
      [],
      "+b - ended ",
    ],
    [
      "an update takes one of the old at a time",
      set(),
      nodes,
      nodes.map(({ metadata }) => pod(metadata.name, old)),
      "+ -a-old ended ",
    ],
    [
      "as many as maxUnavailable allows",
      rolling({ maxUnavailable: "50%" }),
      nodes,
      nodes.map(({ metadata }) => pod(metadata.name, old)),
      "+ -a-old,b-old ended ",
    ],
    [
      "none while a new one is not ready",
      set(),
      nodes,
      [pod("a"), pod("b", old), pod("c", old), pod("d", old)],
      "+ - ended ",
    ],
    [
      "nor while it is not ready long enough",
      rolling({ maxUnavailable: 1 }, { minReadySeconds: 30 }),
      nodes,
      [pod("a", { readyAgo: 29 }), pod("b", old), pod("c", old), pod("d", old)],
      "+ - ended ",
    ],
    [
      "then the next",
      rolling({ maxUnavailable: 1 }, { minReadySeconds: 30 }),
      nodes,
      [pod("a", { readyAgo: 30 }), pod("b", old), pod("c", old), pod("d", old)],
      "+ -b-old ended ",
    ],
    [
      "an old one that is not ready goes whatever the limit",
      set(),
      nodes.slice(0, 2),
      [pod("a"), pod("b", { hash: "old" })],
      "+ -b-old ended ",
    ],
    [
      "OnDelete leaves the old",
      set({ updateStrategy: { type: "OnDelete" } }),
      nodes.slice(0, 1),
      [pod("a", old)],
      "+ - ended ",
    ],
    [
      "a surge starts beside the old",
      rolling({ maxSurge: 1, maxUnavailable: 0 }),
      nodes.slice(0, 2),
      [pod("a", old), pod("b", old)],
      "+a - ended ",
    ],
    [
      "and takes the old when the new is available",
      rolling({ maxSurge: 1, maxUnavailable: 0 }, { minReadySeconds: 30 }),
      nodes.slice(0, 2),
      [pod("a", old), pod("a", { readyAgo: 31, createdAgo: 50 }), pod("b", old)],
      "+b -a-old ended ",
    ],
    [
      "not before",
      rolling({ maxSurge: 1, maxUnavailable: 0 }, { minReadySeconds: 30 }),
      nodes.slice(0, 2),
      [pod("a", old), pod("a", { readyAgo: 29, createdAgo: 50 }), pod("b", old)],
      "+ - ended ",
    ],
  ])("%s", (_what, of, on, pods, plan) => {
    expect(told(of, on, pods)).toBe(plan);
  });
});

test("the status counts nodes: those that should have one, that have a new, a ready, an available one", () => {
  const of = set({ minReadySeconds: 30 });
  const on = [...nodes, node("tainted", ["db", "NoSchedule"])];
  const pods = [
    pod("a", { readyAgo: 60 }),
    pod("b", { readyAgo: 10 }),
    pod("c", { hash: "old" }),
    pod("tainted", ready),
  ];
  expect(daemonStatus(of, on, pods, "new", nowMs)).toEqual({
    currentNumberScheduled: 3,
    numberMisscheduled: 1,
    desiredNumberScheduled: 4,
    numberReady: 2,
    observedGeneration: 2,
    updatedNumberScheduled: 2,
    numberAvailable: 1,
    numberUnavailable: 3,
  });
});
