import type {
  Endpoint,
  EndpointSlice,
  Endpoints,
  EndpointSubset,
  Pod,
  Service,
  ServicePort,
} from "@/lib/cluster/resources/types";
import { canonical, controllerRef, isReady } from "../pods";

export const serviceNameLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const sliceController = "endpointslice-controller.k8s.io";
const sliceSize = 100;

interface Target {
  pod: Pod;
  isReady: boolean;
  isServing: boolean;
  isTerminating: boolean;
}

/** Pods that belong to a Service and have an address (kubernetes 1.34 pkg/controller/util/endpoint). */
export function targetsOf(service: Service, pods: Pod[]): Target[] {
  const selector = Object.entries(service.spec.selector ?? {});
  if (selector.length === 0) return [];
  return pods
    .filter((pod) => selector.every(([key, value]) => pod.metadata.labels?.[key] === value))
    .filter((pod) => pod.status?.podIP && pod.status.phase !== "Succeeded" && pod.status.phase !== "Failed")
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map((pod) => {
      const isTerminating = pod.metadata.deletionTimestamp !== undefined;
      const isServing = isReady(pod);
      const isWanted = Boolean(service.spec.publishNotReadyAddresses);
      return { pod, isServing, isTerminating, isReady: isWanted || (isServing && !isTerminating) };
    });
}

/** The number that a port of the Service means in this pod; undefined when the pod has no port of that name. */
export function portOf(port: ServicePort, pod: Pod): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === "number") return target === 0 ? port.port : target;
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  for (const container of [...pod.spec.containers, ...sidecars])
    for (const candidate of container.ports ?? [])
      if (candidate.name === target && (candidate.protocol ?? "TCP") === (port.protocol ?? "TCP"))
        return candidate.containerPort;
  return undefined;
}

type SlicePort = NonNullable<EndpointSlice["ports"]>[number];

function portsFor(service: Service, pod: Pod): SlicePort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = portOf(port, pod);
    return number === undefined
      ? []
      : [
          {
            name: port.name ?? "",
            port: number,
            protocol: port.protocol ?? "TCP",
            ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
          },
        ];
  });
}

/** What the slices of a Service should hold, one list a set of ports and at most 100 endpoints each. */
export function wantedSlices(service: Service, pods: Pod[]): { ports: SlicePort[]; endpoints: Endpoint[] }[] {
  const byPorts = new Map<string, { ports: SlicePort[]; endpoints: Endpoint[] }>();
  for (const target of targetsOf(service, pods)) {
    const ports = portsFor(service, target.pod);
    const key = canonical(ports);
    const group = byPorts.get(key) ?? { ports, endpoints: [] };
    byPorts.set(key, group);
    const { pod } = target;
    group.endpoints.push({
      addresses: [pod.status!.podIP!],
      conditions: { ready: target.isReady, serving: target.isServing, terminating: target.isTerminating },
      ...(pod.spec.hostname && pod.spec.subdomain === service.metadata.name
        ? { hostname: pod.spec.hostname }
        : {}),
      nodeName: pod.spec.nodeName,
      targetRef: {
        kind: "Pod",
        namespace: pod.metadata.namespace,
        name: pod.metadata.name,
        uid: pod.metadata.uid,
      },
    });
  }
  // A Service with a selector and no pod keeps one empty slice.
  if (byPorts.size === 0) return [{ ports: [], endpoints: [] }];
  return [...byPorts.values()].flatMap(({ ports, endpoints }) =>
    Array.from({ length: Math.ceil(endpoints.length / sliceSize) }, (_, index) => ({
      ports,
      endpoints: endpoints.slice(index * sliceSize, (index + 1) * sliceSize),
    })),
  );
}

export type SliceWrite =
  | { kind: "create"; slice: EndpointSlice }
  | { kind: "update"; slice: EndpointSlice }
  | { kind: "delete"; slice: EndpointSlice };

/** Slices that are there are reused, those with the same ports first. */
export function planSlices(service: Service, pods: Pod[], present: EndpointSlice[]): SliceWrite[] {
  if (!service.spec.selector || service.spec.type === "ExternalName") return [];
  const { [serviceNameLabel]: _, ...own } = service.metadata.labels ?? {};
  const labels = {
    ...own,
    ...(service.spec.clusterIP === "None" ? { "service.kubernetes.io/headless": "" } : {}),
    [serviceNameLabel]: service.metadata.name,
    [managedByLabel]: sliceController,
  };
  const free = [...present];
  const writes: SliceWrite[] = [];
  const rest: { ports: SlicePort[]; endpoints: Endpoint[] }[] = [];
  const reuse = (slice: EndpointSlice, wanted: { ports: SlicePort[]; endpoints: Endpoint[] }) => {
    free.splice(free.indexOf(slice), 1);
    const next = { ...slice, metadata: { ...slice.metadata, labels }, ...wanted };
    if (
      canonical([slice.endpoints ?? [], slice.ports ?? [], slice.metadata.labels]) !==
      canonical([next.endpoints, next.ports, labels])
    )
      writes.push({ kind: "update", slice: next });
  };
  for (const wanted of wantedSlices(service, pods)) {
    const same = free.find((slice) => canonical(slice.ports ?? []) === canonical(wanted.ports));
    if (same) reuse(same, wanted);
    else rest.push(wanted);
  }
  for (const wanted of rest) {
    const any = free[0];
    if (any) reuse(any, wanted);
    else
      writes.push({
        kind: "create",
        slice: {
          apiVersion: "discovery.k8s.io/v1",
          kind: "EndpointSlice",
          metadata: {
            name: "",
            generateName: `${service.metadata.name}-`,
            namespace: service.metadata.namespace,
            labels,
            ownerReferences: [controllerRef(service)],
          },
          addressType: "IPv4",
          ...wanted,
        },
      });
  }
  return [...writes, ...free.map((slice) => ({ kind: "delete" as const, slice }))];
}

/** The subsets of the Endpoints object, as pkg/controller/endpoint packs them. */
export function wantedSubsets(service: Service, pods: Pod[]): EndpointSubset[] {
  const byPorts = new Map<string, Required<EndpointSubset>>();
  for (const { pod, isReady: ready, isTerminating } of targetsOf(service, pods)) {
    if (isTerminating && !service.spec.publishNotReadyAddresses) continue;
    const ports = portsFor(service, pod).map(({ name, port, ...more }) => ({
      ...(name ? { name } : {}),
      port: port!,
      ...more,
    }));
    if (ports.length === 0 && (service.spec.ports ?? []).length > 0) continue;
    const key = canonical(ports);
    const subset = byPorts.get(key) ?? { addresses: [], notReadyAddresses: [], ports };
    byPorts.set(key, subset);
    (ready ? subset.addresses : subset.notReadyAddresses).push({
      ip: pod.status!.podIP!,
      ...(pod.spec.hostname && pod.spec.subdomain === service.metadata.name
        ? { hostname: pod.spec.hostname }
        : {}),
      nodeName: pod.spec.nodeName,
      targetRef: {
        kind: "Pod",
        namespace: pod.metadata.namespace,
        name: pod.metadata.name,
        uid: pod.metadata.uid,
      },
    });
  }
  return [...byPorts.values()].map(({ addresses, notReadyAddresses, ports }) => ({
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
    ports,
  }));
}

export function plannedEndpoints(
  service: Service,
  pods: Pod[],
  present: Endpoints | undefined,
): Endpoints | undefined {
  if (!service.spec.selector || service.spec.type === "ExternalName") return undefined;
  const subsets = wantedSubsets(service, pods);
  const labels = {
    ...service.metadata.labels,
    "endpoints.kubernetes.io/managed-by": "endpoint-controller",
    ...(service.spec.clusterIP === "None" ? { "service.kubernetes.io/headless": "" } : {}),
  };
  if (
    present &&
    canonical([present.subsets ?? [], present.metadata.labels ?? {}]) === canonical([subsets, labels])
  )
    return undefined;
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: {
      ...present?.metadata,
      name: service.metadata.name,
      namespace: service.metadata.namespace,
      labels,
    },
    ...(subsets.length > 0 ? { subsets } : {}),
  };
}
