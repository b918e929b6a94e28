import type { EndpointSlice, Secret, Service } from "@/lib/cluster/resources/types";

/** What an Ingress points at, as the controller's caches have it. */
export interface Lookup {
  service(namespace: string, name: string): Service | undefined;
  slicesOf(namespace: string, service: string): EndpointSlice[];
  secret(namespace: string, name: string): Secret | undefined;
}
