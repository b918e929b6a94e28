import type { ApiService, WebhookClientConfig } from "@/lib/cluster/resources/types";
import type { UserInfo } from "../types";
import type { Trust } from "../backends/secure";
import type { KeyPair } from "../types";
import type { RemoteOpenApi } from "./remote-openapi";

/** A resource as aggregated discovery lists it (apidiscovery.k8s.io/v2 APIResourceDiscovery). */
export type DiscoveredResource = Record<string, unknown> & { resource: string };

/** An APIService that another server answers. */
export interface RemoteService {
  name: string;
  group: string;
  version: string;
  priority: { group: number; version: number };
  /** Where that server is, as a webhook's configuration says it. */
  config: WebhookClientConfig & { service: { namespace: string; name: string; port: number } };
  trust: Trust;
  isAvailable: boolean;
  /** What it serves, as far as that is known. */
  resources: DiscoveredResource[];
  openapi?: RemoteOpenApi;
}

/** Undefined for an APIService that this server answers itself. */
export function remoteServiceOf(
  { metadata, spec, status }: ApiService,
  client: KeyPair | undefined,
): RemoteService | undefined {
  const { namespace, name, port = 443 } = spec.service ?? {};
  if (!namespace || !name) return undefined;
  const {
    group = "",
    version = "",
    caBundle,
    insecureSkipTLSVerify,
    groupPriorityMinimum,
    versionPriority,
  } = spec;
  return {
    name: metadata.name,
    group,
    version,
    priority: { group: groupPriorityMinimum, version: versionPriority },
    config: { service: { namespace, name, port } },
    trust: {
      ...(caBundle ? { caBundle } : {}),
      ...(insecureSkipTLSVerify ? { insecureSkipTLSVerify } : {}),
      ...(client ? { client } : {}),
    },
    isAvailable:
      status?.conditions?.some(({ type, status: is }) => type === "Available" && is === "True") ?? false,
    resources: [],
  };
}

/** "/apis/metrics.k8s.io/v1beta1"; of the core group "/api/v1". */
export const rootOf = ({ group, version }: { group: string; version: string }) =>
  group ? `/apis/${group}/${version}` : `/api/${version}`;

/** Who asks, as an aggregated server reads it from a front proxy (client-go 1.34 transport/round_trippers.go). */
export function frontProxyHeaders({
  name,
  uid,
  groups,
  extra = {},
}: UserInfo): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { "X-Remote-User": name };
  if (groups.length > 0) headers["X-Remote-Group"] = groups;
  if (uid) headers["X-Remote-Uid"] = uid;
  for (const [key, values] of Object.entries(extra))
    headers[`X-Remote-Extra-${encodeURIComponent(key)}`] = values;
  return headers;
}
