import { badRequest, notFound, serviceUnavailable } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api, Target } from "../api";
import type { NodeProxy } from "../node-proxy";
import { groupResource } from "../registry/registry";

export interface PodLike extends KubeObject {
  spec: {
    nodeName?: string;
    containers: { name: string }[];
    initContainers?: { name: string }[];
    ephemeralContainers?: { name: string }[];
  };
  status?: {
    phase?: string;
    podIP?: string;
    containerStatuses?: ContainerState[];
    initContainerStatuses?: ContainerState[];
    ephemeralContainerStatuses?: ContainerState[];
  };
}

export interface ContainerState {
  name: string;
  state?: { waiting?: { reason?: string }; running?: object; terminated?: object };
  lastState?: { terminated?: object };
}

export function podOf({ resource, namespace, name }: Target): PodLike {
  const entry = resource.collection.get(namespace, name);
  if (!entry) throw notFound(groupResource(resource), name);
  return entry.object as PodLike;
}

/** The container that a request means; throws 400 as kubernetes pkg/registry/core/pod/strategy.go. */
export function containerOf(pod: PodLike, asked: string | null): string {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  const { name } = pod.metadata;
  if (asked) {
    if ([...containers, ...initContainers, ...ephemeralContainers].some((one) => one.name === asked))
      return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  if (containers.length === 1 && initContainers.length === 0) return containers[0]!.name;
  const names = (list: { name: string }[]) => `[${list.map((one) => one.name).join(" ")}]`;
  if (initContainers.length > 0)
    throw badRequest(
      `a container name must be specified for pod ${name}, choose one of: ${names(containers)} or one of the init containers: ${names(initContainers)}`,
    );
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: ${names(containers)}`);
}

export function stateOf({ status }: PodLike, container: string): ContainerState | undefined {
  return [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].find(({ name }) => name === container);
}

export function requireHost(pod: PodLike): void {
  if (!pod.spec.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
}

export function requireNodeProxy(api: Api): NodeProxy {
  const proxy = api.nodeProxy();
  if (!proxy) throw serviceUnavailable("error dialing backend: the kubelet of this node cannot be reached");
  return proxy;
}
