import { expect, test } from "vitest";
import type { Pod } from "@/lib/cluster/resources/types";
import { schedule } from "../plan";
import { nodeOf, podOf, snapshotOf, type ClusterOfObjects } from "../testing-snapshot";
import { imageLocality } from "./nodes";
import { balancedAllocation, leastAllocated } from "./resources";
import { preferredSpread } from "./topology-spread";

const chosen = (pod: Pod, cluster: ClusterOfObjects) => {
  const decision = schedule(pod, snapshotOf(cluster));
  return decision.kind === "bind" ? decision.nodeName : decision.message;
};
const zone = "topology.kubernetes.io/zone";
const term = (app: string, topologyKey = "kubernetes.io/hostname") => ({
  labelSelector: { matchLabels: { app } },
  topologyKey,
});

// Figures of pkg/scheduler/framework/plugins/noderesources: LeastAllocated and BalancedAllocation of 1.34.
test("the share that stays free decides; a pod without requests counts 100m and 200Mi", () => {
  const { nodes } = snapshotOf({
    nodes: [nodeOf("a", { cpu: "4", memory: "10000" }), nodeOf("b", { cpu: "6", memory: "10000" })],
  });
  expect(
    leastAllocated.score(podOf("p", { cpu: "3", memory: "5000" }), nodes, snapshotOf({ nodes: [] })),
  ).toEqual([37, 50]);
  const bare = snapshotOf({ nodes: [nodeOf("a", { cpu: "1", memory: "2000Mi" })] }).nodes;
  expect(leastAllocated.score(podOf("p"), bare, snapshotOf({ nodes: [] }))).toEqual([90]);
});

test("CPU and memory in like shares are better; pods without requests do not care", () => {
  const { nodes } = snapshotOf({
    nodes: [nodeOf("a", { cpu: "4", memory: "10000" }), nodeOf("b", { cpu: "6", memory: "10000" })],
  });
  const pod = podOf("p", { cpu: "3", memory: "5000" });
  expect(balancedAllocation.score(pod, nodes, snapshotOf({ nodes: [] }))).toEqual([87, 100]);
  expect(balancedAllocation.score(podOf("p"), nodes, snapshotOf({ nodes: [] }))).toBeUndefined();
});

test("a large image that a node holds draws the pod there, less so when few nodes hold it", () => {
  const holder = nodeOf("a");
  holder.status!.images = [{ names: ["nginx:latest"], sizeBytes: 500 * 2 ** 20 }];
  const snapshot = snapshotOf({ nodes: [holder, nodeOf("b")] });
  expect(imageLocality.score(podOf("p"), snapshot.nodes, snapshot)).toEqual([23, 0]);
});

test("pods of one Service or controller spread over nodes without being asked", () => {
  const snapshot = snapshotOf({
    nodes: [nodeOf("a"), nodeOf("b")],
    pods: [podOf("web", { nodeName: "a" }), podOf("db", { nodeName: "b" })],
    selectors: [{ matchLabels: { app: "web" } }],
  });
  const pod = podOf("web-2", {}, { labels: { app: "web" } });
  const [onA, onB] = preferredSpread.score(pod, snapshot.nodes, snapshot)!;
  expect(onB).toBeGreaterThan(onA!);
  expect(preferredSpread.score(pod, snapshot.nodes, { ...snapshot, selectorsOf: () => [] })).toBeUndefined();
});

test.each<{ name: string; pod: Pod; cluster: ClusterOfObjects; node: string }>([
  {
    name: "preferred node affinity, by weight",
    pod: podOf("p", {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 10, preference: { matchExpressions: [{ key: "disk", operator: "Exists" }] } },
            {
              weight: 90,
              preference: { matchExpressions: [{ key: "cores", operator: "Gt", values: ["4"] }] },
            },
          ],
        },
      },
    }),
    cluster: { nodes: [nodeOf("a", { labels: { disk: "ssd" } }), nodeOf("b", { labels: { cores: "8" } })] },
    node: "b",
  },
  {
    name: "a PreferNoSchedule taint",
    pod: podOf("p"),
    cluster: {
      nodes: [nodeOf("a", { spec: { taints: [{ key: "x", effect: "PreferNoSchedule" }] } }), nodeOf("b")],
    },
    node: "b",
  },
  {
    name: "preferred pod affinity, over the domain",
    pod: podOf("p", {
      affinity: {
        podAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 100, podAffinityTerm: term("db", zone) },
          ],
        },
      },
    }),
    cluster: {
      nodes: [
        nodeOf("a", { labels: { [zone]: "1" } }),
        nodeOf("b", { labels: { [zone]: "2" } }),
        nodeOf("c", { labels: { [zone]: "2" }, cpu: "1" }),
      ],
      pods: [podOf("db", { nodeName: "c", cpu: "500m" })],
    },
    node: "b",
  },
  {
    name: "the wish of a pod that is there to be left alone",
    pod: podOf("p"),
    cluster: {
      nodes: [nodeOf("a"), nodeOf("b")],
      pods: [
        podOf("quiet", {
          nodeName: "a",
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term("p") }],
            },
          },
        }),
        podOf("busy", { nodeName: "b" }),
      ],
    },
    node: "b",
  },
  {
    name: "a constraint that says ScheduleAnyway",
    pod: podOf(
      "p",
      {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: zone,
            whenUnsatisfiable: "ScheduleAnyway",
            labelSelector: { matchLabels: { app: "web" } },
          },
        ],
      },
      { labels: { app: "web" } },
    ),
    cluster: {
      nodes: [nodeOf("a", { labels: { [zone]: "1" } }), nodeOf("b", { labels: { [zone]: "2" }, cpu: "1" })],
      pods: [podOf("web", { nodeName: "a" })],
    },
    node: "b",
  },
])("$name", ({ pod, cluster, node }) => expect(chosen(pod, cluster)).toBe(node));
