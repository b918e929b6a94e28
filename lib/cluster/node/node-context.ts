import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { EventRecorder } from "@/lib/cluster/client/event-recorder";
import type { Informers } from "@/lib/cluster/client/informers";
import type { Pod } from "@/lib/cluster/resources/types";
import type { ContainerInstance, ContainerRuntime, NodeInspection } from "./container-runtime";
import { allocatableOf } from "./node-status";
import { fieldPathOf } from "./pod-identity";
import type { PodOnNode } from "./pod-plan";
import type { PodProblemStore } from "./pod-problems";
import type { PodVolumes } from "./volumes/pod-volumes";
import type { VolumeReferences } from "./volumes/plan-volumes";

/** What the parts of a kubelet that work on pods share. */
export interface NodeContext {
  node: { name: string; ip: string };
  cluster: { dnsIp: string; domain: string };
  client: ClusterClient;
  informers: Informers;
  recorder: EventRecorder;
  runtime: ContainerRuntime;
  clock: Clock;
  logger: Logger;
  signal: AbortSignal;
  volumes: PodVolumes;
  problems: PodProblemStore;
  inspection(): NodeInspection | undefined;
  onNode(uid: string): PodOnNode;
  setOnNode(uid: string, state: PodOnNode): void;
  wake(uid: string, delayMs: number): void;
}

/** Takes the place of what was known of this container. */
export function putInstance(
  { onNode, setOnNode }: NodeContext,
  uid: string,
  instance: ContainerInstance,
): void {
  const state = onNode(uid);
  const others = state.containers.filter(({ containerId }) => containerId !== instance.containerId);
  setOnNode(uid, { ...state, containers: [...others, instance] });
}

export function podIpOf({ node, onNode }: NodeContext, pod: Pod, uid: string): string | undefined {
  return pod.spec.hostNetwork ? node.ip : onNode(uid).sandbox?.ips[0];
}

export function referencesOf(context: NodeContext, pod: Pod, uid: string): VolumeReferences {
  const { informers, node } = context;
  const { namespace } = pod.metadata;
  return {
    configMap: (name) => informers.configMaps.get(namespace, name),
    secret: (name) => informers.secrets.get(namespace, name),
    claim: (name) => informers.persistentVolumeClaims.get(namespace, name),
    persistentVolume: (name) => informers.persistentVolumes.get(undefined, name),
    services: informers.services
      .list()
      .filter(
        ({ metadata }) =>
          metadata.namespace === namespace ||
          (metadata.namespace === "default" && metadata.name === "kubernetes"),
      ),
    podIp: podIpOf(context, pod, uid),
    nodeIp: node.ip,
    allocatable: allocatableOf(context.inspection() ?? { cpuCount: 1, memoryKib: 0, diskKib: 0 }),
  };
}

/** An event about a pod, or about one of its containers. */
export function tell(
  { recorder }: NodeContext,
  about: Pod,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
  container?: string,
): void {
  recorder.event(about, type, reason, message, container && fieldPathOf(about, container));
}
