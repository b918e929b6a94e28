import { isIP, isIPv4 } from "node:net";
import type { EndpointSlice, Service } from "@/lib/cluster/resources/types";
import { addressOfReverseName, isReverseZone } from "../dns/names";
import { recordTypes, type Question, type RecordData, type ResourceRecord } from "../dns/types";
import type { ClusterRecords } from "./view";

/** What a Corefile says of the plugin kubernetes. */
export interface KubernetesOptions {
  zones: string[];
  pods: "disabled" | "insecure" | "verified";
  ttl: number;
  endpointPodNames: boolean;
  /** Empty: all. */
  namespaces: string[];
  ignoreEmptyService: boolean;
  noEndpoints: boolean;
}

/** Found records, possibly none (the name is there with other types), or undefined: there is no such name. */
export type Found = { answers: ResourceRecord[]; additional: ResourceRecord[] } | undefined;

/** One address or alias of a name, as the plugin's backend hands it on. */
interface Target {
  host: string;
  port: number;
  /** The name that an SRV record points at. */
  name: string;
}

const noPort = -1;

/**
 * Answers for cluster zones and reverse names as the plugin kubernetes of CoreDNS 1.12 does (plugin/kubernetes,
 * plugin/backend_lookup.go), which follows the Kubernetes DNS specification 1.1.0.
 */
export function findRecords(
  question: Question,
  zone: string,
  options: KubernetesOptions,
  records: ClusterRecords,
  dnsIps: string[],
): Found {
  const { type, name } = question;
  const { ttl } = options;
  const record = (data: RecordData, owner = name): ResourceRecord => ({ name: owner, ttl, data });
  const none = { answers: [], additional: [] };
  const isApex = name.toLowerCase() === zone.toLowerCase();
  if (isApex && type === recordTypes.SOA)
    return { answers: [soaRecord(zone, ttl, records.modifiedAtMs())], additional: [] };
  if (isApex && type === recordTypes.NS) {
    const target = `ns.dns.${zone}`;
    return {
      answers: [record({ type: "NS", target })],
      additional: dnsIps.map((address) => record({ type: addressType(address), address }, target)),
    };
  }
  if (isReverseZone(zone)) {
    if (type !== recordTypes.PTR) return undefined;
    const names = reverseNames(name, options, records);
    return names.length > 0
      ? { answers: names.map((target) => record({ type: "PTR", target })), additional: [] }
      : undefined;
  }
  if (isApex) return none;
  const path = name.slice(0, -zone.length - 1).toLowerCase();
  if (path === "dns-version")
    return type === recordTypes.TXT
      ? { answers: [{ name, ttl: 28_800, data: { type: "TXT", texts: ["1.1.0"] } }], additional: [] }
      : undefined;
  const targets =
    path === "ns.dns"
      ? dnsIps.map((host) => ({ host, port: noPort, name }))
      : targetsOf(path.split("."), zone, options, records);
  if (!targets) return undefined;
  if (type === recordTypes.A || type === recordTypes.AAAA)
    return { answers: addressRecords(name, type, targets, ttl), additional: [] };
  if (type === recordTypes.CNAME)
    return {
      answers: targets
        .filter(({ host }) => !isIP(host))
        .map(({ host }) => record({ type: "CNAME", target: `${host}.` })),
      additional: [],
    };
  if (type === recordTypes.SRV) return srvRecords(name, targets, ttl);
  return none;
}

function addressRecords(name: string, type: number, targets: Target[], ttl: number): ResourceRecord[] {
  const alias = targets.find(({ host }) => !isIP(host));
  if (alias) return [{ name, ttl, data: { type: "CNAME", target: `${alias.host}.` } }];
  const wanted = type === recordTypes.A ? "A" : "AAAA";
  const addresses = [...new Set(targets.map(({ host }) => host))];
  return addresses
    .filter((address) => addressType(address) === wanted)
    .map((address) => ({ name, ttl, data: { type: wanted, address } }));
}

function srvRecords(name: string, targets: Target[], ttl: number): Found {
  const all = targets.filter(({ host, port }) => isIP(host) && port !== noPort);
  const answers = new Map<string, ResourceRecord>();
  const additional = new Map<string, ResourceRecord>();
  const weight = Math.max(1, Math.floor(100 / Math.max(1, all.length)));
  for (const { host, port, name: target } of all) {
    answers.set(`${target}:${port}`, {
      name,
      ttl,
      data: { type: "SRV", priority: 0, weight, port, target },
    });
    const type = addressType(host);
    additional.set(`${target} ${host}`, { name: target, ttl, data: { type, address: host } });
  }
  return { answers: [...answers.values()], additional: [...additional.values()] };
}

/** The targets of a path below the zone; undefined where there is no such name. */
function targetsOf(
  labels: string[],
  zone: string,
  options: KubernetesOptions,
  records: ClusterRecords,
): Target[] | undefined {
  const kind = labels.pop();
  if (kind !== "svc" && kind !== "pod") return undefined;
  const namespace = labels.pop();
  // "svc.cluster.local" itself has no records, but names below it.
  if (namespace === undefined) return [];
  const isExposed =
    (options.namespaces.length === 0 || options.namespaces.includes(namespace)) &&
    records.hasNamespace(namespace);
  if (!isExposed) return undefined;
  const name = labels.pop();
  if (name === undefined) return kind === "pod" && options.pods === "disabled" ? undefined : [];
  if (kind === "pod") return podTargets(name, namespace, options, records);
  const below: Below = {};
  if (labels.length === 1) below.endpoint = labels[0]!;
  else if (labels.length === 2) {
    below.port = labels[0]!.replace(/^_/, "");
    below.protocol = labels[1]!.replace(/^_/, "");
  } else if (labels.length > 2) return undefined;
  const service = records.service(namespace, name);
  if (!service) return undefined;
  return serviceTargets(service, namespace, below, zone, options, records);
}

/** What stands before a service's name: an endpoint's, or `_port._protocol`. */
interface Below {
  endpoint?: string;
  port?: string;
  protocol?: string;
}

function podTargets(
  name: string,
  namespace: string,
  options: KubernetesOptions,
  records: ClusterRecords,
): Target[] | undefined {
  if (options.pods === "disabled") return undefined;
  const isV4 = name.split("-").length === 4 && !name.includes("--");
  const ip = name.replaceAll("-", isV4 ? "." : ":");
  if (!isIP(ip)) return undefined;
  if (options.pods === "verified" && !records.hasPodIp(namespace, ip)) return undefined;
  return [{ host: ip, port: noPort, name: "" }];
}

function serviceTargets(
  service: Service,
  namespace: string,
  below: Below,
  zone: string,
  options: KubernetesOptions,
  records: ClusterRecords,
): Target[] | undefined {
  const { spec, metadata } = service;
  const base = `${metadata.name}.${namespace}.svc.${zone}`;
  if (spec.type === "ExternalName") {
    if (below.endpoint !== undefined || !spec.externalName) return undefined;
    return [{ host: spec.externalName.replace(/\.$/, ""), port: noPort, name: base }];
  }
  const isHeadless = !spec.clusterIP || spec.clusterIP === "None";
  const slices = options.noEndpoints ? [] : records.slicesOf(namespace, metadata.name);
  if (options.ignoreEmptyService && !isHeadless && !slices.some(hasAddress)) return undefined;
  const targets: Target[] = [];
  if (isHeadless || below.endpoint !== undefined)
    for (const { ip, label, ports } of endpointsOf(slices, options)) {
      if (below.endpoint !== undefined && label.toLowerCase() !== below.endpoint) continue;
      for (const port of ports)
        if (matches(below, port))
          targets.push({ host: ip, port: port.port ?? noPort, name: `${label}.${base}` });
    }
  else {
    const ports = spec.ports?.length ? spec.ports : [{ port: noPort }];
    const ips = spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP!];
    for (const port of ports)
      if (matches(below, port)) for (const ip of ips) targets.push({ host: ip, port: port.port, name: base });
  }
  return targets.length > 0 ? targets : undefined;
}

function matches(below: Below, port: { name?: string; protocol?: string }): boolean {
  const same = (wanted: string | undefined, value: string) =>
    wanted === undefined || wanted === "" || wanted === value.toLowerCase();
  return same(below.port, port.name ?? "") && same(below.protocol, port.protocol ?? "TCP");
}

type Endpoint = NonNullable<EndpointSlice["endpoints"]>[number];

function hasAddress({ endpoints }: EndpointSlice): boolean {
  return (endpoints ?? []).some(
    ({ addresses, conditions }) => addresses.length > 0 && conditions?.ready !== false,
  );
}

/** Endpoints that are ready (the slices say so of those that are published before), each with its own label. */
function* endpointsOf(slices: EndpointSlice[], options: KubernetesOptions) {
  for (const { endpoints, ports } of slices)
    for (const endpoint of endpoints ?? []) {
      if (endpoint.conditions?.ready === false) continue;
      for (const ip of endpoint.addresses)
        yield {
          ip,
          label: labelOf(endpoint, ip, options),
          ports: ports?.length ? ports : [{ port: noPort, name: undefined, protocol: undefined }],
        };
    }
}

function labelOf(endpoint: Endpoint, ip: string, { endpointPodNames }: KubernetesOptions): string {
  if (endpoint.hostname) return endpoint.hostname;
  const pod = endpointPodNames ? endpoint.targetRef?.name : undefined;
  if (pod) return pod;
  if (isIPv4(ip)) return ip.replaceAll(".", "-");
  const label = ip.replaceAll(":", "-");
  return label.endsWith("-") ? `${label}0` : label;
}

function reverseNames(name: string, options: KubernetesOptions, records: ClusterRecords): string[] {
  const ip = addressOfReverseName(name);
  if (ip === undefined) return [];
  const primary = options.zones.find((zone) => !isReverseZone(zone))!;
  const isShown = (namespace = "") =>
    options.namespaces.length === 0 || options.namespaces.includes(namespace);
  for (const { metadata, spec } of records.services())
    if ((spec.clusterIP === ip || spec.clusterIPs?.includes(ip)) && isShown(metadata.namespace))
      return [`${metadata.name}.${metadata.namespace}.svc.${primary}`];
  const names: string[] = [];
  for (const slice of options.noEndpoints ? [] : records.slices()) {
    const service = slice.metadata.labels?.["kubernetes.io/service-name"];
    if (!service || !isShown(slice.metadata.namespace)) continue;
    for (const endpoint of endpointsOf([slice], options))
      if (endpoint.ip === ip)
        names.push(`${endpoint.label}.${service}.${slice.metadata.namespace}.svc.${primary}`);
  }
  return [...new Set(names)];
}

export function soaRecord(zone: string, ttl: number, modifiedAtMs: number): ResourceRecord {
  return {
    name: zone,
    ttl: Math.min(300, ttl),
    data: {
      type: "SOA",
      mname: `ns.dns.${zone}`,
      rname: `hostmaster.${zone}`,
      serial: Math.floor(modifiedAtMs / 1000),
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: ttl,
    },
  };
}

function addressType(address: string): "A" | "AAAA" {
  return isIPv4(address) ? "A" : "AAAA";
}
