import type { Ingress } from "@/lib/cluster/resources/types";
import type { Settings } from "../settings/annotations";

/** What nginx is to do, before it is text. Named as in ingress-nginx (pkg/apis/ingress/types.go). */
export interface Configuration {
  /** In the order of their host names; "_" is the server for all other hosts. */
  servers: Server[];
  upstreams: Upstream[];
}

export interface Server {
  hostname: string;
  aliases: string[];
  /** In the order in which nginx must see them. */
  locations: Location[];
  /** Of the Secret "namespace/name"; "default": the controller's own; absent: the host has no TLS section. */
  certificate?: string;
  redirectFromToWww: boolean;
}

export interface Location {
  path: string;
  pathType: "Exact" | "Prefix";
  /** Name of an upstream. */
  upstream: string;
  /** Nothing else answers here: the root of a server that has no rule for it. */
  isDefaultBackend: boolean;
  ingress?: Ingress;
  service?: { name: string; port: string };
  settings: Settings;
  /** The upstream of a canary Ingress for the same host and path. */
  alternative?: { upstream: string; settings: Settings };
  /** Upstream of the annotation default-backend: for its error codes, and where the Service has no endpoints. */
  errorUpstream?: string;
  /** Why nothing may be served here. */
  denied?: string;
}

export interface Upstream {
  /** "namespace-service-port". */
  name: string;
  /** "address:port", sorted. */
  endpoints: string[];
  affinity?: Settings;
}

export const defaultUpstream = "upstream-default-backend";
export const defaultServer = "_";
