import { expect, test } from "vitest";
import type { DaemonSet, Deployment, Node, Pod, ReplicaSet } from "@/lib/cluster/resources/types";
import { planDaemons } from "./daemon-set/plan";
import { planDeployment } from "./deployment/plan";
import { deploymentStatus } from "./deployment/status";
import { templateHash } from "./pods";
import { planReplicas } from "./replica-set/plan";

const nowMs = Date.UTC(2026, 0, 1);
const meta = (name: string, more: object = {}) => ({ name, namespace: "shop", uid: `uid-${name}`, ...more });

function pod(
  name: string,
  more: { ready?: boolean; spec?: Partial<Pod["spec"]>; metadata?: object; ip?: string } = {},
): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: meta(name, { labels: { app: "web" }, ...more.metadata }),
    spec: { containers: [{ name: "main" }], nodeName: "node01", ...more.spec },
    status: {
      phase: "Running",
      podIP: more.ip ?? "10.244.1.9",
      conditions: [
        {
          type: "Ready",
          status: (more.ready ?? true) ? "True" : "False",
          lastTransitionTime: "2025-12-31T00:00:00Z",
        },
      ],
    },
  };
}

function node(
  name: string,
  more: {
    taints?: Node["spec"]["taints"];
    ready?: "True" | "False" | "Unknown";
    cpu?: string;
    labels?: Record<string, string>;
  } = {},
): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: `uid-${name}`, labels: { "kubernetes.io/hostname": name, ...more.labels } },
    spec: { taints: more.taints },
    status: {
      allocatable: { cpu: more.cpu ?? "2", memory: "4Gi", pods: "110" },
      conditions: [{ type: "Ready", status: more.ready ?? "True" }],
    },
  };
}

const template = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "main", image: "nginx:1" }] },
};
const deployment = (more: Partial<Deployment["spec"]> = {}): Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: meta("web", { generation: 1 }),
  spec: { replicas: 4, selector: { matchLabels: { app: "web" } }, template, ...more },
});
function set(
  of: Deployment,
  image: string,
  replicas: number,
  available = replicas,
  revision = "1",
): ReplicaSet {
  const own = { ...template, spec: { containers: [{ name: "main", image }] } };
  const hash = templateHash(own);
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: meta(`web-${hash}`, {
      creationTimestamp: `2026-01-01T00:00:0${revision}Z`,
      annotations: {
        "deployment.kubernetes.io/revision": revision,
        "deployment.kubernetes.io/desired-replicas": String(of.spec.replicas),
        "deployment.kubernetes.io/max-replicas": String((of.spec.replicas ?? 1) + 1),
      },
    }),
    spec: {
      replicas,
      selector: {},
      template: { ...own, metadata: { labels: { app: "web", "pod-template-hash": hash } } },
    },
    status: { replicas, readyReplicas: available, availableReplicas: available },
  };
}
const summary = (writes: ReturnType<typeof planDeployment>) =>
  writes.map((write) =>
    write.kind === "scale"
      ? `${write.set.spec.template!.spec.containers[0]!.image} -> ${write.replicas}`
      : `${write.kind} ${write.set.spec.replicas}`,
  );

test("a new Deployment makes one ReplicaSet with all pods, and then rests", () => {
  const of = deployment();
  const writes = planDeployment(of, []);
  expect(summary(writes)).toEqual(["create 4"]);
  expect(writes[0]!.set.metadata.annotations).toMatchObject({ "deployment.kubernetes.io/revision": "1" });
  expect(planDeployment(of, [set(of, "nginx:1", 4)])).toEqual([]);
});

test("a rolling update never passes surge nor availability", () => {
  const of = deployment({
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
  });
  const old = (replicas: number, available = replicas) => set(of, "nginx:0", replicas, available, "1");
  const fresh = (replicas: number, available = replicas) => set(of, "nginx:1", replicas, available, "2");
  expect(summary(planDeployment(of, [old(4)]))).toEqual(["create 1"]);
  expect(summary(planDeployment(of, [old(4), fresh(1, 0)]))).toEqual(["nginx:0 -> 3"]);
  expect(summary(planDeployment(of, [old(3), fresh(1, 0)]))).toEqual(["nginx:1 -> 2"]);
  expect(summary(planDeployment(of, [old(3), fresh(2, 0)]))).toEqual([]);
  expect(summary(planDeployment(of, [old(3), fresh(2, 2)]))).toEqual(["nginx:0 -> 1"]);
  expect(summary(planDeployment(of, [old(1), fresh(4, 4)]))).toEqual(["nginx:0 -> 0"]);
});

test("Recreate takes the old pods away first", () => {
  const of = deployment({ strategy: { type: "Recreate" } });
  const old = (replicas: number) => set(of, "nginx:0", replicas);
  expect(summary(planDeployment(of, [old(4)]))).toEqual(["nginx:0 -> 0"]);
  expect(summary(planDeployment(of, [old(0)]))).toEqual(["create 4"]);
});

test("an undo gives the old set the newest revision", () => {
  const of = deployment();
  const writes = planDeployment(of, [set(of, "nginx:1", 0, 0, "1"), set(of, "nginx:2", 4, 4, "2")]);
  expect(writes[0]).toMatchObject({
    kind: "annotate",
    annotations: {
      "deployment.kubernetes.io/revision": "3",
      "deployment.kubernetes.io/revision-history": "1",
    },
  });
});

test("a complete Deployment says so", () => {
  const of = deployment();
  const status = deploymentStatus(of, [set(of, "nginx:1", 4)], nowMs);
  expect(status).toMatchObject({ replicas: 4, updatedReplicas: 4, readyReplicas: 4, availableReplicas: 4 });
  expect(status.conditions?.map(({ type, reason }) => `${type}:${reason}`)).toEqual([
    "Available:MinimumReplicasAvailable",
    "Progressing:NewReplicaSetAvailable",
  ]);
});

test("a ReplicaSet makes what is missing and deletes the least useful", () => {
  const of = { ...set(deployment(), "nginx:1", 2) };
  expect(planReplicas(of, [pod("a")])).toEqual({ create: 1, delete: [] });
  const unscheduled = pod("b", { spec: { nodeName: undefined }, ready: false });
  expect(planReplicas(of, [pod("a"), unscheduled, pod("c")]).delete).toEqual([unscheduled]);
  expect(planReplicas(of, [pod("a"), pod("b")])).toEqual({ create: 0, delete: [] });
});

const daemonSet: DaemonSet = {
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: meta("agent"),
  spec: { selector: {}, template: { spec: { containers: [{ name: "main" }] } } },
};

test("a DaemonSet wants one pod on each node that it tolerates", () => {
  const tainted = node("cp", {
    taints: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }],
  });
  expect(
    planDaemons(
      daemonSet,
      [tainted, node("a"), node("b")],
      [pod("x", { spec: { nodeName: "a" } })],
      "h",
      nowMs,
    ),
  ).toMatchObject({
    create: ["b"],
  });
  const cordoned = node("a", { taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }] });
  expect(planDaemons(daemonSet, [cordoned], [], "h", nowMs).create).toEqual(["a"]);
});

test("a DaemonSet rolls one node at a time by default", () => {
  const old = (name: string) =>
    pod(`p-${name}`, {
      spec: { nodeName: name },
      metadata: { labels: { "controller-revision-hash": "old" } },
    });
  const plan = planDaemons(daemonSet, [node("a"), node("b")], [old("a"), old("b")], "new", nowMs);
  expect(plan.delete).toHaveLength(1);
});
