import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { badRequest, notFound, serviceUnavailable } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api, Target } from "../api";
import { groupResource } from "../registry/registry";
import { requireNodeProxy } from "./pod-target";

/** What a request through the proxy of a pod or a Service is sent to. */
export interface ProxyBackend {
  /** "10.244.1.3:8080": links to it lead back through the proxy. */
  host: string;
  /** Rejects with what the client is told. */
  connect(signal: AbortSignal): Promise<Duplex>;
}

/** Throws where there is none. */
export function proxyBackend(api: Api, target: Target): ProxyBackend {
  return target.resource.kind.plural === "pods" ? podBackend(api, target) : serviceBackend(api, target);
}

/** `name`, `name:port` or `scheme:name:port`. */
export function splitProxyName(name: string): { scheme: string; name: string; port: string } {
  const parts = name.split(":");
  if (parts.length === 3) return { scheme: parts[0]!, name: parts[1]!, port: parts[2]! };
  return { scheme: "http", name: parts[0]!, port: parts[1] ?? "" };
}

function podBackend(api: Api, target: Target): ProxyBackend {
  const { scheme, name, port } = splitProxyName(target.name);
  const pod = readProxied(target, name) as KubeObject & {
    spec: { containers: { ports?: { containerPort: number; name?: string }[] }[] };
    status?: { podIP?: string };
  };
  const ports = pod.spec.containers.flatMap((container) => container.ports ?? []);
  const number =
    port === ""
      ? (ports[0]?.containerPort ?? 80)
      : (ports.find((one) => one.name === port)?.containerPort ?? Number(port));
  if (!Number.isInteger(number)) throw badRequest(`invalid pod request ${JSON.stringify(target.name)}`);
  return backend(scheme, `${pod.status?.podIP}:${number}`, (signal) =>
    requireNodeProxy(api).dialPod(pod, number, signal),
  );
}

interface ServicePort {
  name?: string;
  port: number;
  targetPort?: number | string;
}

interface Slice extends KubeObject {
  endpoints?: {
    addresses: string[];
    conditions?: { ready?: boolean };
    targetRef?: { kind?: string; name?: string; namespace?: string };
  }[];
  ports?: { name?: string; port: number }[];
}

function serviceBackend(api: Api, target: Target): ProxyBackend {
  const { scheme, name, port } = splitProxyName(target.name);
  const service = readProxied(target, name) as KubeObject & { spec: { ports?: ServicePort[] } };
  const ports = service.spec.ports ?? [];
  const chosen = port === "" ? ports[0] : ports.find((one) => one.name === port || String(one.port) === port);
  if (!chosen)
    throw serviceUnavailable(
      `no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`,
    );
  const slices = (
    api.registry.readAll("discovery.k8s.io", "endpointslices", target.namespace) as Slice[]
  ).filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name);
  const ready = slices.flatMap((slice) => {
    const number = slice.ports?.find((one) => (one.name ?? "") === (chosen.name ?? ""))?.port;
    if (number === undefined) return [];
    return (slice.endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .map((endpoint) => ({ address: endpoint.addresses[0]!, number, ref: endpoint.targetRef }));
  });
  const pick = ready[Math.floor(Math.random() * ready.length)];
  if (!pick) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(target.name)}`);
  const proxy = requireNodeProxy(api);
  const pod =
    pick.ref?.kind === "Pod"
      ? api.registry.read("", "pods", pick.ref.namespace ?? target.namespace, pick.ref.name ?? "")
      : undefined;
  return backend(scheme, `${pick.address}:${pick.number}`, (signal) =>
    pod ? proxy.dialPod(pod, pick.number, signal) : proxy.dial(pick.address, pick.number, signal),
  );
}

function backend(scheme: string, host: string, dial: (signal: AbortSignal) => Promise<Duplex>): ProxyBackend {
  return {
    host,
    async connect(signal) {
      try {
        const plain = await dial(signal);
        return scheme === "https" ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain;
      } catch (failure) {
        throw unreachable(failure as Error);
      }
    },
  };
}

export const unreachable = (failure: Error) =>
  serviceUnavailable(`error trying to reach service: ${failure.message}`);

export function readProxied({ resource, namespace }: Target, name: string): KubeObject {
  const entry = resource.collection.get(namespace, name);
  if (!entry) throw notFound(groupResource(resource), name);
  return entry.object;
}
