import type { Condition, Node } from "@/lib/cluster/resources/types";
import type { NodeInspection } from "./container-runtime";
import { iso } from "./pod-status";

export interface NodeIdentity {
  name: string;
  ip: string;
  role: "control-plane" | "worker";
  labels: Record<string, string>;
}

/** Of the file system that images and containers share with the kubelet: the higher of upstream's two defaults. */
const diskFreeMin = 0.15;
const inodesFreeMin = 0.05;

/** Which resource is so scarce that the kubelet reports DiskPressure (pkg/kubelet/eviction/defaults_linux.go). */
export function scarceOnDisk(
  facts: Pick<NodeInspection, "diskKib" | "diskFreeKib" | "inodes" | "inodesFree">,
): "ephemeral-storage" | "inodes" | undefined {
  if (facts.diskFreeKib < facts.diskKib * diskFreeMin) return "ephemeral-storage";
  return facts.inodesFree < facts.inodes * inodesFreeMin ? "inodes" : undefined;
}

type NodeCapacity = Pick<NodeInspection, "cpuCount" | "memoryKib" | "diskKib">;

const evictionKib = 100 * 1024;

export const networkNotReadyMessage =
  "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized";

/** A node as the kubelet registers it (kubernetes 1.34 pkg/kubelet/kubelet_node_status.go). */
export function newNode(identity: NodeIdentity, inspection: NodeInspection): Node {
  const isControlPlane = identity.role === "control-plane";
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: identity.name,
      labels: {
        "beta.kubernetes.io/arch": inspection.architecture,
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": inspection.architecture,
        "kubernetes.io/hostname": identity.name,
        "kubernetes.io/os": "linux",
      },
      annotations: {
        "kubeadm.alpha.kubernetes.io/cri-socket": "unix:///var/run/containerd/containerd.sock",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
      },
    },
    spec: {
      ...(isControlPlane
        ? { taints: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }] }
        : {}),
    },
  };
}

/** The labels that kubeadm and the cluster's makers give a node: a kubelet may not set those of Kubernetes' own. */
export function givenLabels({ role, labels }: Pick<NodeIdentity, "role" | "labels">): Record<string, string> {
  return {
    ...(role === "control-plane"
      ? {
          "node-role.kubernetes.io/control-plane": "",
          "node.kubernetes.io/exclude-from-external-load-balancers": "",
        }
      : {}),
    ...labels,
  };
}

/** What of the node pods may use: memory but for the eviction threshold, disk but for its tenth. */
export function allocatableOf({ cpuCount, memoryKib, diskKib }: NodeCapacity) {
  return {
    cpu: String(cpuCount),
    memory: `${Math.max(0, memoryKib - evictionKib)}Ki`,
    "ephemeral-storage": String(Math.floor(diskKib * 1024 * 0.9)),
  };
}

/** What the kubelet reports of its node; conditions keep the time of their last change. */
export function nodeStatusOf(
  node: Node,
  identity: NodeIdentity,
  inspection: NodeInspection,
  version: string,
  containerRuntimeVersion: string,
  nowMs: number,
  { runtimeProblem, hasDiskPressure }: { runtimeProblem?: string; hasDiskPressure?: boolean } = {},
): NonNullable<Node["status"]> {
  const memoryKib = inspection.memoryKib;
  const resources = {
    cpu: String(inspection.cpuCount),
    "hugepages-1Gi": "0",
    "hugepages-2Mi": "0",
    pods: "110",
  };
  const conditions: Condition[] = [
    condition(
      "MemoryPressure",
      false,
      "KubeletHasSufficientMemory",
      "kubelet has sufficient memory available",
    ),
    hasDiskPressure
      ? condition("DiskPressure", true, "KubeletHasDiskPressure", "kubelet has disk pressure")
      : condition("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    condition("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    runtimeProblem !== undefined
      ? condition("Ready", false, "KubeletNotReady", runtimeProblem)
      : inspection.hasCniConfig
        ? condition("Ready", true, "KubeletReady", "kubelet is posting ready status")
        : condition("Ready", false, "KubeletNotReady", networkNotReadyMessage),
  ];
  const before = node.status?.conditions ?? [];
  const foreign = before.filter((old) => !conditions.some(({ type }) => type === old.type));
  return {
    ...node.status,
    addresses: [
      { type: "InternalIP", address: identity.ip },
      { type: "Hostname", address: identity.name },
    ],
    capacity: {
      ...resources,
      "ephemeral-storage": `${inspection.diskKib}Ki`,
      memory: `${memoryKib}Ki`,
    },
    allocatable: {
      ...resources,
      ...allocatableOf(inspection),
    },
    conditions: [
      ...foreign,
      ...conditions.map((next) => {
        const old = before.find(({ type }) => type === next.type);
        return {
          ...next,
          lastHeartbeatTime: iso(nowMs),
          lastTransitionTime:
            old?.status === next.status ? (old.lastTransitionTime ?? iso(nowMs)) : iso(nowMs),
        };
      }),
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      machineID: inspection.machineId,
      systemUUID: inspection.systemUuid,
      bootID: inspection.bootId,
      kernelVersion: inspection.kernelVersion,
      osImage: inspection.osImage,
      containerRuntimeVersion,
      kubeletVersion: version,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: inspection.architecture,
    },
  };
}

function condition(type: string, isTrue: boolean, reason: string, message: string): Condition {
  return { type, status: isTrue ? "True" : "False", reason, message };
}
