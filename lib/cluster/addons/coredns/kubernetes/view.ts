import type { EndpointSlice, Service } from "@/lib/cluster/resources/types";

/** Where a pod finds the token of its service account. */
export const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** What the API tells a CoreDNS; read for every query. */
export interface ClusterRecords {
  service(namespace: string, name: string): Service | undefined;
  services(): readonly Service[];
  slicesOf(namespace: string, service: string): EndpointSlice[];
  slices(): readonly EndpointSlice[];
  hasNamespace(name: string): boolean;
  /** Whether a pod of the namespace has the address. */
  hasPodIp(namespace: string, ip: string): boolean;
  /** When something of it changed last; the zone's serial. */
  modifiedAtMs(): number;
}

/** What a service account may do with a collection: read of the API as its admin. */
export interface KubernetesView extends ClusterRecords {
  /** The user that a service account token stands for. Throws Error with the API's text. */
  userOf(token: string): Promise<{ name: string; groups: string[] }>;
  mayList(user: { name: string; groups: string[] }, group: string, resource: string): Promise<boolean>;
}
