import type { HeaderFilter, HeaderMatch, PathModifier } from "@/lib/cluster/addons/gateway-api/types";

/** What one nginx is to do, before it is text. */
export interface Configuration {
  servers: Server[];
  /** Where servers' actions lead to. */
  upstreams: Upstream[];
  streams: StreamServer[];
  /** Secrets "namespace/name" whose certificates are needed. */
  certificates: string[];
  /** ConfigMaps "namespace/name" with the authorities of backends. */
  authorities: string[];
}

export interface Server {
  port: number;
  /** "" for every other host. */
  hostname: string;
  /** The listener's host, and its certificates: absent without TLS. */
  tls?: { listenerHostname: string; certificates: string[] };
  /** In the order of their precedence. */
  entries: Entry[];
}

export interface Entry {
  match: Match;
  action: Action;
}

export interface Match {
  path: { type: "Exact" | "PathPrefix" | "RegularExpression"; value: string };
  method?: string;
  headers: Required<HeaderMatch>[];
  params: Required<HeaderMatch>[];
}

/** Filters in the form in which they apply: each at most once. */
export interface Filters {
  requestHeaders?: HeaderFilter;
  responseHeaders?: HeaderFilter;
  redirect?: {
    scheme?: string;
    hostname?: string;
    path?: PathModifier;
    port?: number;
    statusCode: number;
  };
  rewrite?: { hostname?: string; path?: PathModifier };
  mirrors: Mirror[];
}

export interface Mirror {
  upstream: string;
  /** Of 100. */
  percent: number;
}

export interface Action {
  /** "HTTPRoute default/shop rule 0", for whoever reads the configuration. */
  name: string;
  isGrpc: boolean;
  filters: Filters;
  backends: Backend[];
  /** Durations of the API: "10s", "500ms"; "0s" for no limit. */
  timeouts: { request?: string; backendRequest?: string };
}

export interface Backend {
  /** Undefined: its share is answered with 500. */
  upstream: string | undefined;
  weight: number;
  filters: Filters;
  tls?: BackendTls;
}

export interface BackendTls {
  /** The name that is asked for, and that the certificate must have. */
  hostname: string;
  /** The ConfigMap "namespace/name" with its authority: those of the image when absent. */
  authority?: string;
}

export interface Upstream {
  /** "namespace_service_port". */
  name: string;
  /** "address:port", sorted. */
  endpoints: string[];
}

/** A listener that hands on connections: by the name that a TLS client asks for, or all of them. */
export interface StreamServer {
  port: number;
  protocol: "TCP" | "UDP" | "TLS";
  routes: { hostname: string; backends: { upstream: string | undefined; weight: number }[] }[];
}
