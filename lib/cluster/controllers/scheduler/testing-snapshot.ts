import type {
  LabelSelector,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  StorageClass,
} from "@/lib/cluster/resources/types";
import { NodeInfo, type Snapshot } from "./snapshot";

export interface ClusterOfObjects {
  nodes: Node[];
  /** Bound by spec.nodeName; pending ones count by status.nominatedNodeName. */
  pods?: Pod[];
  claims?: PersistentVolumeClaim[];
  volumes?: PersistentVolume[];
  classes?: StorageClass[];
  budgets?: PodDisruptionBudget[];
  namespaces?: Record<string, Record<string, string>>;
  selectors?: LabelSelector[];
}

/** What a scheduling cycle would see of these objects. */
export function snapshotOf(of: ClusterOfObjects): Snapshot {
  const { pods = [], volumes = [] } = of;
  const named = <T extends { metadata: { name: string } }>(list: T[] | undefined, name: string) =>
    list?.find(({ metadata }) => metadata.name === name);
  return {
    cycle: {},
    nodes: of.nodes.map(
      (node) =>
        new NodeInfo(
          node,
          pods.filter(({ spec }) => spec.nodeName === node.metadata.name),
        ),
    ),
    namespaceLabels: (name) => of.namespaces?.[name],
    claim: (_namespace, name) => named(of.claims, name),
    volume: (name) => named(volumes, name),
    volumes: () => volumes,
    storageClass: (name) => named(of.classes, name),
    budgets: () => of.budgets ?? [],
    selectorsOf: () => of.selectors ?? [],
    nominated: (name) =>
      pods.filter(({ spec, status }) => !spec.nodeName && status?.nominatedNodeName === name),
  };
}

export function nodeOf(
  name: string,
  more: {
    spec?: Node["spec"];
    labels?: Record<string, string>;
    cpu?: string;
    memory?: string;
    pods?: string;
    more?: Record<string, string>;
  } = {},
): Node {
  const { cpu = "2", memory = "4Gi", pods = "110" } = more;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: name, labels: { "kubernetes.io/hostname": name, ...more.labels } },
    spec: more.spec ?? {},
    status: { allocatable: { cpu, memory, pods, ...more.more } },
  };
}

export function podOf(
  name: string,
  spec: Partial<Pod["spec"]> & { cpu?: string; memory?: string } = {},
  metadata: Partial<Pod["metadata"]> = {},
  status: Pod["status"] = {},
): Pod {
  const { cpu, memory, ...rest } = spec;
  const requests = { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "shop", uid: name, labels: { app: name }, ...metadata },
    spec: { containers: [{ name: "main", image: "nginx", resources: { requests } }], ...rest },
    status,
  };
}
