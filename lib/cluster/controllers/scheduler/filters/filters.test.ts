import { expect, test } from "vitest";
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
} from "@/lib/cluster/resources/types";
import { schedule } from "../plan";
import { nodeOf, podOf, snapshotOf, type ClusterOfObjects } from "../testing-snapshot";

const hopeless = (count: number) =>
  `no new claims to deallocate, preemption: 0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`;
const noVictims = (count: number) =>
  `no new claims to deallocate, preemption: 0/${count} nodes are available: ${count} No preemption victims found for incoming pod.`;
const hostname = "kubernetes.io/hostname";
const zone = "topology.kubernetes.io/zone";
const near = (labels: Record<string, string>, topologyKey = hostname, more: object = {}) => ({
  requiredDuringSchedulingIgnoredDuringExecution: [
    { labelSelector: { matchLabels: labels }, topologyKey, ...more },
  ],
});
const spread = (more: object = {}) => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: zone,
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: { app: "web" } },
      ...more,
    },
  ],
});
const mounts = (...names: string[]) => ({
  volumes: names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
});
const claim = (
  name: string,
  spec: PersistentVolumeClaim["spec"] = {},
  status: PersistentVolumeClaim["status"] = { phase: "Pending" },
): PersistentVolumeClaim => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, namespace: "shop", uid: name },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
  status,
});
const volume = (
  name: string,
  spec: Partial<PersistentVolume["spec"]> = {},
  labels = {},
): PersistentVolume => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name, labels },
  spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], ...spec },
  status: { phase: "Available" },
});
const onNode = (name: string) => ({
  required: {
    nodeSelectorTerms: [{ matchExpressions: [{ key: hostname, operator: "In", values: [name] }] }],
  },
});
const storageClass = (name: string, more: Partial<StorageClass> = {}): StorageClass => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name },
  provisioner: "kubernetes.io/no-provisioner",
  volumeBindingMode: "WaitForFirstConsumer",
  ...more,
});
const bound = { phase: "Bound" };

interface Case {
  name: string;
  pod: Pod;
  cluster: ClusterOfObjects;
  /** The message, or "-> node". */
  gives: string;
}

const cases: Case[] = [
  {
    name: "NodeUnschedulable",
    pod: podOf("p"),
    cluster: { nodes: [nodeOf("a", { spec: { unschedulable: true } })] },
    gives: `0/1 nodes are available: 1 node(s) were unschedulable. ${hopeless(1)}`,
  },
  {
    name: "NodeUnschedulable: tolerated",
    pod: podOf("p", { tolerations: [{ key: "node.kubernetes.io/unschedulable", operator: "Exists" }] }),
    cluster: { nodes: [nodeOf("a", { spec: { unschedulable: true } })] },
    gives: "-> a",
  },
  {
    name: "NodeName",
    pod: podOf("p", { nodeName: "b" }),
    cluster: { nodes: [nodeOf("a")] },
    gives: `0/1 nodes are available: 1 node(s) didn't match the requested node name. ${hopeless(1)}`,
  },
  {
    name: "TaintToleration beside NodeResourcesFit",
    pod: podOf("p", { cpu: "3" }),
    cluster: {
      nodes: [
        nodeOf("cp", {
          spec: { taints: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }] },
        }),
        nodeOf("a"),
        nodeOf("b"),
      ],
    },
    gives: `0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient cpu. ${hopeless(3)}`,
  },
  {
    name: "TaintToleration: only the first untolerated taint is named; PreferNoSchedule keeps nobody away",
    pod: podOf("p", { tolerations: [{ key: "a", operator: "Equal", value: "1", effect: "NoSchedule" }] }),
    cluster: {
      nodes: [
        nodeOf("a", {
          spec: {
            taints: [
              { key: "a", value: "1", effect: "NoSchedule" },
              { key: "soft", effect: "PreferNoSchedule" },
              { key: "spray", value: "mortein", effect: "NoExecute" },
              { key: "z", effect: "NoSchedule" },
            ],
          },
        }),
      ],
    },
    gives: `0/1 nodes are available: 1 node(s) had untolerated taint {spray: mortein}. ${hopeless(1)}`,
  },
  {
    name: "NodeAffinity: nodeSelector",
    pod: podOf("p", { nodeSelector: { disk: "ssd" } }),
    cluster: { nodes: [nodeOf("a"), nodeOf("b", { labels: { disk: "hdd" } })] },
    gives: `0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. ${hopeless(2)}`,
  },
  {
    name: "NodeAffinity: matchFields, as a DaemonSet's pods have, on a full node",
    pod: podOf("p", { cpu: "3", affinity: { nodeAffinity: byName("a") } }),
    cluster: { nodes: [nodeOf("a"), nodeOf("b", { cpu: "8" }), nodeOf("c")] },
    gives: `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. ${hopeless(3)}`,
  },
  {
    name: "NodeAffinity: matchFields that contradict each other",
    pod: podOf("p", { affinity: { nodeAffinity: byName("a", "b") } }),
    cluster: { nodes: [nodeOf("a"), nodeOf("b")] },
    gives: `0/2 nodes are available: pod affinity terms conflict. ${hopeless(2)}`,
  },
  {
    name: "NodePorts",
    pod: podOf("p", listensOn(80)),
    cluster: { nodes: [nodeOf("a")], pods: [podOf("x", { ...listensOn(80), nodeName: "a" })] },
    gives: `0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. ${noVictims(1)}`,
  },
  {
    name: "NodeResourcesFit: everything that is lacking, and pods that could make room are none",
    pod: podOf("p", {
      containers: [
        { name: "main", resources: { requests: { cpu: "1500m", memory: "3Gi", "example.com/gpu": "1" } } },
      ],
    }),
    cluster: {
      nodes: [nodeOf("a", { pods: "1", more: { "example.com/gpu": "1" } })],
      pods: [podOf("x", { nodeName: "a", cpu: "1", memory: "2Gi", overhead: { "example.com/gpu": "1" } })],
    },
    gives: `0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient example.com/gpu, 1 Insufficient memory, 1 Too many pods. ${noVictims(1)}`,
  },
  {
    name: "NodeResourcesFit: pods that are leaving take their share until they are gone",
    pod: podOf("p", { cpu: "2" }),
    cluster: {
      nodes: [nodeOf("a")],
      pods: [podOf("x", { nodeName: "a", cpu: "1" }, { deletionTimestamp: "2026-01-01T00:00:00Z" })],
    },
    gives: `0/1 nodes are available: 1 Insufficient cpu. ${noVictims(1)}`,
  },
  {
    name: "NodeResourcesFit: sidecars count with the containers, other init containers for themselves",
    pod: podOf("p", {
      cpu: "500m",
      initContainers: [
        { name: "proxy", restartPolicy: "Always", resources: { requests: { cpu: "600m" } } },
        { name: "migrate", resources: { requests: { cpu: "1400m" } } },
      ],
    }),
    cluster: { nodes: [nodeOf("a", { cpu: "1999m" }), nodeOf("b", { cpu: "2" })] },
    gives: "-> b",
  },
  {
    name: "NodeResourcesFit: room on disk",
    pod: podOf("p", {
      containers: [{ name: "main", resources: { requests: { "ephemeral-storage": "2Gi" } } }],
    }),
    cluster: {
      nodes: [nodeOf("a", { more: { "ephemeral-storage": "3Gi" } }), nodeOf("b")],
      pods: [
        podOf("x", {
          nodeName: "a",
          containers: [{ name: "main", resources: { requests: { "ephemeral-storage": "1500Mi" } } }],
        }),
      ],
    },
    gives: `0/2 nodes are available: 2 Insufficient ephemeral-storage. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.`,
  },
  {
    name: "InterPodAffinity: nobody to be near to",
    pod: podOf("p", { affinity: { podAffinity: near({ app: "db" }) } }),
    cluster: { nodes: [nodeOf("a")] },
    gives: `0/1 nodes are available: 1 node(s) didn't match pod affinity rules. ${hopeless(1)}`,
  },
  {
    name: "InterPodAffinity: the first of a group may start",
    pod: podOf("p", { affinity: { podAffinity: near({ app: "p" }) } }),
    cluster: { nodes: [nodeOf("a")] },
    gives: "-> a",
  },
  {
    name: "InterPodAffinity: near a pod of another namespace that its labels select",
    pod: podOf("p", {
      affinity: {
        podAffinity: near({ app: "db" }, hostname, { namespaceSelector: { matchLabels: { team: "data" } } }),
      },
    }),
    cluster: {
      nodes: [nodeOf("a"), nodeOf("b"), nodeOf("c")],
      namespaces: { data: { team: "data" } },
      pods: [
        podOf("x", { nodeName: "a" }, { labels: { app: "db" } }),
        podOf("db", { nodeName: "b" }, { namespace: "data" }),
      ],
    },
    gives: "-> b",
  },
  {
    name: "InterPodAffinity: apart from its like, in each zone one",
    pod: podOf("p", { affinity: { podAntiAffinity: near({ app: "web" }, zone) } }),
    cluster: {
      nodes: [nodeOf("a", { labels: { [zone]: "1" } }), nodeOf("b", { labels: { [zone]: "1" } })],
      pods: [podOf("web", { nodeName: "a" })],
    },
    gives: `0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules. ${noVictims(2)}`,
  },
  {
    name: "InterPodAffinity: those there shun it",
    pod: podOf("p"),
    cluster: {
      nodes: [nodeOf("a")],
      pods: [podOf("x", { nodeName: "a", affinity: { podAntiAffinity: near({ app: "p" }) } })],
    },
    gives: `0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules. ${noVictims(1)}`,
  },
  {
    name: "InterPodAffinity: matchLabelKeys looks at pods of the same revision only",
    pod: podOf(
      "p",
      { affinity: { podAntiAffinity: near({ app: "web" }, hostname, { matchLabelKeys: ["revision"] }) } },
      { labels: { app: "web", revision: "2" } },
    ),
    cluster: {
      nodes: [nodeOf("a")],
      pods: [podOf("web", { nodeName: "a" }, { labels: { app: "web", revision: "1" } })],
    },
    gives: "-> a",
  },
  {
    name: "InterPodAffinity: more terms than anyone should have to look at",
    pod: podOf("p", { affinity: { podAffinity: near({ app: "x".repeat(70_000) }) } }),
    cluster: { nodes: [nodeOf("a")] },
    gives:
      "the pod's affinity and topology spread constraints are longer than the scheduler's limit of 65536 bytes",
  },
  {
    name: "InterPodAffinity: such a pod, bound by hand, keeps nobody away",
    pod: podOf("p"),
    cluster: {
      nodes: [nodeOf("a")],
      pods: [
        podOf("x", {
          nodeName: "a",
          affinity: {
            podAntiAffinity: near({ app: "p" }, hostname, { namespaces: ["shop", "y".repeat(70_000)] }),
          },
        }),
      ],
    },
    gives: "-> a",
  },
  {
    name: "PodTopologySpread: the skew",
    pod: podOf("p", { ...spread(), nodeSelector: {} }, { labels: { app: "web" } }),
    cluster: {
      nodes: [
        nodeOf("a", { labels: { [zone]: "1" } }),
        nodeOf("b", { labels: { [zone]: "2" }, spec: { unschedulable: true } }),
      ],
      pods: [podOf("web", { nodeName: "a" })],
    },
    gives: `0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.`,
  },
  {
    name: "PodTopologySpread: a node without the label",
    pod: podOf("p", spread()),
    cluster: { nodes: [nodeOf("a")] },
    gives: `0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label). ${hopeless(1)}`,
  },
  {
    name: "PodTopologySpread: nodeTaintsPolicy Honor leaves nodes out that the pod cannot use",
    pod: podOf("p", spread({ nodeTaintsPolicy: "Honor" }), { labels: { app: "web" } }),
    cluster: {
      nodes: [
        nodeOf("a", { labels: { [zone]: "1" } }),
        nodeOf("b", { labels: { [zone]: "2" }, spec: { taints: [{ key: "x", effect: "NoSchedule" }] } }),
      ],
      pods: [podOf("web", { nodeName: "a" })],
    },
    gives: "-> a",
  },
  {
    name: "PodTopologySpread: fewer domains than minDomains count as if one were empty",
    pod: podOf("p", spread({ minDomains: 2 }), { labels: { app: "web" } }),
    cluster: {
      nodes: [nodeOf("a", { labels: { [zone]: "1" } })],
      pods: [podOf("web", { nodeName: "a" })],
    },
    gives: `0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints. ${noVictims(1)}`,
  },
  {
    name: "VolumeBinding: no such claim",
    pod: podOf("p", mounts("data")),
    cluster: { nodes: [nodeOf("a")] },
    gives: `0/1 nodes are available: persistentvolumeclaim "data" not found. ${hopeless(1)}`,
  },
  {
    name: "VolumeBinding: a claim whose volume is lost",
    pod: podOf("p", mounts("data")),
    cluster: { nodes: [nodeOf("a")], claims: [claim("data", { volumeName: "pv" }, { phase: "Lost" })] },
    gives: `0/1 nodes are available: persistentvolumeclaim "data" bound to non-existent persistentvolume "pv". ${hopeless(1)}`,
  },
  {
    name: "VolumeBinding: a bound claim whose volume was deleted",
    pod: podOf("p", mounts("data")),
    cluster: { nodes: [nodeOf("a")], claims: [claim("data", { volumeName: "pv" }, bound)] },
    gives: `0/1 nodes are available: 1 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s). ${hopeless(1)}`,
  },
  {
    name: "VolumeBinding: a claim that is being deleted",
    pod: podOf("p", mounts("data")),
    cluster: {
      nodes: [nodeOf("a")],
      claims: [
        {
          ...claim("data"),
          metadata: { name: "data", namespace: "shop", deletionTimestamp: "2026-01-01T00:00:00Z" },
        },
      ],
    },
    gives: `0/1 nodes are available: persistentvolumeclaim "data" is being deleted. ${hopeless(1)}`,
  },
  {
    name: "VolumeBinding: the claim of an ephemeral volume that is not made yet",
    pod: podOf("p", { volumes: [{ name: "scratch", ephemeral: { volumeClaimTemplate: { spec: {} } } }] }),
    cluster: { nodes: [nodeOf("a")] },
    gives: `0/1 nodes are available: waiting for ephemeral volume controller to create the persistentvolumeclaim "p-scratch". ${hopeless(1)}`,
  },
  {
    name: "VolumeBinding: a claim that binds at once and is not bound",
    pod: podOf("p", mounts("data")),
    cluster: { nodes: [nodeOf("a"), nodeOf("b")], claims: [claim("data")] },
    gives: `0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. ${hopeless(2)}`,
  },
  {
    name: "VolumeBinding: a bound volume of another node",
    pod: podOf("p", mounts("data")),
    cluster: {
      nodes: [nodeOf("a"), nodeOf("b", { spec: { unschedulable: true } })],
      claims: [claim("data", { volumeName: "pv" }, bound)],
      volumes: [volume("pv", { nodeAffinity: onNode("b") })],
    },
    gives: `0/2 nodes are available: 1 node(s) had volume node affinity conflict, 1 node(s) were unschedulable. ${hopeless(2)}`,
  },
  {
    name: "VolumeBinding: a claim that waits, without any volume for it",
    pod: podOf("p", mounts("data")),
    cluster: {
      nodes: [nodeOf("a")],
      claims: [claim("data", { storageClassName: "local" })],
      classes: [storageClass("local")],
      volumes: [volume("small", { storageClassName: "local", capacity: { storage: "500Mi" } })],
    },
    gives: `0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind. ${hopeless(1)}`,
  },
  {
    name: "VolumeBinding: a claim that waits goes where a volume is",
    pod: podOf("p", mounts("data")),
    cluster: {
      nodes: [nodeOf("a"), nodeOf("b")],
      claims: [claim("data", { storageClassName: "local" })],
      classes: [storageClass("local")],
      volumes: [volume("pv", { storageClassName: "local", nodeAffinity: onNode("b") })],
    },
    gives: "-> b",
  },
  {
    name: "VolumeBinding: a provisioner's topology",
    pod: podOf("p", mounts("data")),
    cluster: {
      nodes: [nodeOf("a"), nodeOf("b", { labels: { [zone]: "2" } })],
      claims: [claim("data", { storageClassName: "fast" })],
      classes: [
        storageClass("fast", {
          provisioner: "example.com/disk",
          allowedTopologies: [{ matchLabelExpressions: [{ key: zone, values: ["2"] }] }],
        }),
      ],
    },
    gives: "-> b",
  },
  {
    name: "VolumeZone",
    pod: podOf("p", mounts("data")),
    cluster: {
      nodes: [nodeOf("a", { labels: { [zone]: "1" } })],
      claims: [claim("data", { volumeName: "pv" }, bound)],
      volumes: [volume("pv", {}, { [zone]: "2" })],
    },
    gives: `0/1 nodes are available: 1 node(s) had no available volume zone. ${hopeless(1)}`,
  },
  {
    name: "VolumeRestrictions",
    pod: podOf("p", mounts("data")),
    cluster: {
      nodes: [nodeOf("a")],
      claims: [claim("data", { volumeName: "pv", accessModes: ["ReadWriteOncePod"] }, bound)],
      volumes: [volume("pv")],
      pods: [podOf("x", { ...mounts("data"), nodeName: "a" })],
    },
    gives: `0/1 nodes are available: 1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode. ${noVictims(1)}`,
  },
  {
    name: "VolumeRestrictions: a disk that another pod of the node has",
    pod: podOf("p", { volumes: [{ name: "d", gcePersistentDisk: { pdName: "disk" } }] }),
    cluster: {
      nodes: [nodeOf("a")],
      pods: [
        podOf("x", {
          nodeName: "a",
          volumes: [{ name: "d", gcePersistentDisk: { pdName: "disk", readOnly: true } }],
        }),
      ],
    },
    gives: `0/1 nodes are available: 1 node(s) had no available disk. ${noVictims(1)}`,
  },
  {
    name: "VolumeRestrictions: both only read, or it is another disk",
    pod: podOf("p", {
      volumes: [
        { name: "d", gcePersistentDisk: { pdName: "disk", readOnly: true } },
        { name: "e", awsElasticBlockStore: { volumeID: "one" } },
        { name: "f", rbd: { monitors: ["m1"], image: "x" } },
      ],
    }),
    cluster: {
      nodes: [nodeOf("a")],
      pods: [
        podOf("x", {
          nodeName: "a",
          volumes: [
            { name: "d", gcePersistentDisk: { pdName: "disk", readOnly: true } },
            { name: "e", awsElasticBlockStore: { volumeID: "two" } },
            { name: "f", rbd: { monitors: ["m2"], image: "x" } },
          ],
        }),
      ],
    },
    gives: "-> a",
  },
  {
    name: "no nodes",
    pod: podOf("p"),
    cluster: { nodes: [] },
    gives: "no nodes available to schedule pods",
  },
];

function byName(...names: string[]) {
  return {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchFields: names.map((name) => ({ key: "metadata.name", operator: "In", values: [name] })) },
      ],
    },
  };
}

function listensOn(hostPort: number) {
  return { containers: [{ name: "main", ports: [{ containerPort: 80, hostPort }] }] };
}

test.each(cases)("$name", ({ pod, cluster, gives }) => {
  const decision = schedule(pod, snapshotOf(cluster));
  expect(decision.kind === "bind" ? `-> ${decision.nodeName}` : decision.message).toBe(gives);
});
