import type { EndpointSlice, Service } from "@/lib/cluster/resources/types";

export interface ProxyEndpoint {
  ip: string;
  port: number;
  nodeName?: string;
}

/** One port of a Service with where it leads, as the proxy sees it. */
export interface ServicePortInfo {
  /** "kube-system/kube-dns:dns" */
  name: string;
  /** "kube-system/kube-dns" */
  service: string;
  protocol: string;
  clusterIp: string;
  port: number;
  nodePort?: number;
  externalIps: string[];
  loadBalancerIps: string[];
  /** Who may use the load balancer's addresses; empty: all. */
  sourceRanges: string[];
  healthCheckNodePort?: number;
  affinitySeconds?: number;
  internalLocal: boolean;
  externalLocal: boolean;
  ready: ProxyEndpoint[];
  /** Those that still serve while they terminate: used where none is ready. */
  terminating: ProxyEndpoint[];
}

/** Where traffic from anywhere in the cluster may go (pkg/proxy/topology.go: CategorizeEndpoints). */
export function clusterEndpoints({ ready, terminating }: ServicePortInfo): ProxyEndpoint[] {
  return ready.length > 0 ? ready : terminating;
}

/** Where traffic that must stay on the node may go: what terminates there, when nothing there is ready. */
export function localEndpoints(info: ServicePortInfo, nodeName: string): ProxyEndpoint[] {
  const isLocal = (endpoint: ProxyEndpoint) => endpoint.nodeName === nodeName;
  const ready = info.ready.filter(isLocal);
  return ready.length > 0 ? ready : info.terminating.filter(isLocal);
}

const serviceNameLabel = "kubernetes.io/service-name";

/** Sorted by name: equal clusters give equal rules. Headless and external Services have no ports here. */
export function servicePorts(services: Service[], slices: EndpointSlice[]): ServicePortInfo[] {
  const byService = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const key = `${slice.metadata.namespace}/${slice.metadata.labels?.[serviceNameLabel]}`;
    byService.set(key, [...(byService.get(key) ?? []), slice]);
  }
  return services
    .flatMap((service) => portsOf(service, byService.get(keyOf(service)) ?? []))
    .sort((a, b) => (a.name + a.protocol < b.name + b.protocol ? -1 : 1));
}

function keyOf({ metadata }: Service): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function portsOf(service: Service, slices: EndpointSlice[]): ServicePortInfo[] {
  const { spec } = service;
  if (!spec.clusterIP || spec.clusterIP === "None" || spec.type === "ExternalName") return [];
  return (spec.ports ?? []).map((port) => ({
    name: port.name ? `${keyOf(service)}:${port.name}` : keyOf(service),
    service: keyOf(service),
    protocol: (port.protocol ?? "TCP").toLowerCase(),
    clusterIp: spec.clusterIP!,
    port: port.port,
    ...(port.nodePort ? { nodePort: port.nodePort } : {}),
    externalIps: spec.externalIPs ?? [],
    loadBalancerIps: (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) =>
      ip && ipMode !== "Proxy" ? [ip] : [],
    ),
    sourceRanges: (spec.loadBalancerSourceRanges ?? []).map((range) => range.trim()),
    ...(spec.healthCheckNodePort && spec.externalTrafficPolicy === "Local"
      ? { healthCheckNodePort: spec.healthCheckNodePort }
      : {}),
    ...(spec.sessionAffinity === "ClientIP"
      ? { affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800 }
      : {}),
    internalLocal: spec.internalTrafficPolicy === "Local",
    externalLocal: spec.externalTrafficPolicy === "Local",
    ...endpointsOf(port.name ?? "", port.protocol ?? "TCP", slices),
  }));
}

function endpointsOf(
  name: string,
  protocol: string,
  slices: EndpointSlice[],
): Pick<ServicePortInfo, "ready" | "terminating"> {
  const ready = new Map<string, ProxyEndpoint>();
  const terminating = new Map<string, ProxyEndpoint>();
  for (const slice of slices) {
    const port = (slice.ports ?? []).find(
      (candidate) => (candidate.name ?? "") === name && (candidate.protocol ?? "TCP") === protocol,
    )?.port;
    if (port === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const ip = endpoint.addresses[0];
      if (!ip) continue;
      const entry = { ip, port, ...(endpoint.nodeName ? { nodeName: endpoint.nodeName } : {}) };
      if (endpoint.conditions?.ready ?? true) ready.set(`${ip}:${port}`, entry);
      else if (endpoint.conditions?.serving && endpoint.conditions.terminating)
        terminating.set(`${ip}:${port}`, entry);
    }
  }
  return { ready: sorted(ready), terminating: sorted(terminating) };
}

function sorted(endpoints: ReadonlyMap<string, ProxyEndpoint>): ProxyEndpoint[] {
  return [...endpoints.keys()].sort().map((address) => endpoints.get(address)!);
}
