import type { WebhookClientConfig } from "@/lib/cluster/resources/types";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Registry } from "../registry/registry";
import { BackendError } from "@/lib/core/backend-error";

/** Where a server outside this process is found, and by what name its certificate is judged. */
export interface Endpoint {
  serverName: string;
  /** "svc.ns.svc:443", as the Host header and messages have it. */
  authority: string;
  path: string;
  /** What is dialled; looked up when it is, as Services come and go. Throws BackendError. */
  address(): { host: string; port: number };
}

export function endpointOf(registry: Registry, { service, url }: WebhookClientConfig): Endpoint {
  if (service) {
    const { namespace, name, path = "", port = 443 } = service;
    const serverName = `${name}.${namespace}.svc`;
    return {
      serverName,
      authority: `${serverName}:${port}`,
      path: path || "/",
      address: () => serviceAddress(registry, namespace, name, port),
    };
  }
  const parsed = URL.parse(url ?? "");
  if (!parsed) throw new BackendError("webhook configuration must have either service or URL");
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  return {
    serverName: host,
    authority: parsed.host,
    path: parsed.pathname,
    address: () => ({ host: host === "localhost" ? "127.0.0.1" : host, port: Number(parsed.port || 443) }),
  };
}

/** kube-aggregator 1.34 pkg/apiserver/resolvers.go: by the Service's own address, which kube-proxy's rules lead on. */
function serviceAddress(registry: Registry, namespace: string, name: string, port: number) {
  const service = registry.read("", "services", namespace, name) as
    | (KubeObject & {
        spec: { type?: string; clusterIP?: string; externalName?: string; ports?: { port: number }[] };
      })
    | undefined;
  if (!service) throw new BackendError(`service "${name}" not found`);
  const { type = "ClusterIP", clusterIP, externalName = "", ports = [] } = service.spec;
  if (type === "ExternalName") return { host: externalName, port };
  if (!clusterIP || clusterIP === "None")
    throw new BackendError('cannot route to service with ClusterIP "None"');
  if (!ports.some((one) => one.port === port))
    throw new BackendError(`no service port ${port} found for service "${name}"`);
  return { host: clusterIP, port };
}
