import type { Condition, LabelSelector } from "@/lib/cluster/resources/types";
import type { KubeObject } from "@/lib/cluster/resources/kind";

/** The objects of the Gateway API (gateway.networking.k8s.io) as far as a controller reads and writes them. */
export const gatewayGroup = "gateway.networking.k8s.io";

export interface GatewayClass extends KubeObject {
  spec: {
    controllerName: string;
    parametersRef?: { group: string; kind: string; name: string; namespace?: string };
  };
  status?: { conditions?: Condition[]; supportedFeatures?: { name: string }[] };
}

export interface RouteKind {
  group?: string;
  kind: string;
}

export interface AllowedRoutes {
  namespaces?: { from?: "All" | "Same" | "Selector" | "None"; selector?: LabelSelector };
  kinds?: RouteKind[];
}

export interface SecretReference {
  group?: string;
  kind?: string;
  name: string;
  namespace?: string;
}

export interface Listener {
  name: string;
  hostname?: string;
  port: number;
  protocol: string;
  tls?: {
    mode?: "Terminate" | "Passthrough";
    certificateRefs?: SecretReference[];
    options?: Record<string, string>;
  };
  allowedRoutes?: AllowedRoutes;
}

export interface ListenerStatus {
  name: string;
  supportedKinds: RouteKind[];
  attachedRoutes: number;
  conditions: Condition[];
}

export interface Gateway extends KubeObject {
  spec: {
    gatewayClassName: string;
    listeners: Listener[];
    addresses?: { type?: string; value?: string }[];
    infrastructure?: {
      labels?: Record<string, string>;
      annotations?: Record<string, string>;
      parametersRef?: { group: string; kind: string; name: string };
    };
  };
  status?: {
    addresses?: { type?: string; value: string }[];
    conditions?: Condition[];
    listeners?: ListenerStatus[];
  };
}

export interface ParentReference {
  group?: string;
  kind?: string;
  namespace?: string;
  name: string;
  sectionName?: string;
  port?: number;
}

export interface BackendReference {
  group?: string;
  kind?: string;
  name: string;
  namespace?: string;
  port?: number;
  weight?: number;
  filters?: RouteFilter[];
}

export interface HeaderMatch {
  type?: "Exact" | "RegularExpression";
  name: string;
  value: string;
}

export interface HttpMatch {
  path?: { type?: "Exact" | "PathPrefix" | "RegularExpression"; value?: string };
  headers?: HeaderMatch[];
  queryParams?: HeaderMatch[];
  method?: string;
}

export interface GrpcMatch {
  method?: { type?: "Exact" | "RegularExpression"; service?: string; method?: string };
  headers?: HeaderMatch[];
}

export interface HeaderFilter {
  set?: { name: string; value: string }[];
  add?: { name: string; value: string }[];
  remove?: string[];
}

export type PathModifier =
  | { type: "ReplaceFullPath"; replaceFullPath: string }
  | { type: "ReplacePrefixMatch"; replacePrefixMatch: string };

export interface RouteFilter {
  type: string;
  requestHeaderModifier?: HeaderFilter;
  responseHeaderModifier?: HeaderFilter;
  requestMirror?: {
    backendRef: BackendReference;
    percent?: number;
    fraction?: { numerator: number; denominator?: number };
  };
  requestRedirect?: {
    scheme?: string;
    hostname?: string;
    path?: PathModifier;
    port?: number;
    statusCode?: number;
  };
  urlRewrite?: { hostname?: string; path?: PathModifier };
  extensionRef?: { group: string; kind: string; name: string };
}

export interface RouteRule<Match = HttpMatch | GrpcMatch> {
  name?: string;
  matches?: Match[];
  filters?: RouteFilter[];
  backendRefs?: BackendReference[];
  timeouts?: { request?: string; backendRequest?: string };
}

export interface RouteParentStatus {
  parentRef: ParentReference;
  controllerName: string;
  conditions: Condition[];
}

/** HTTPRoute, GRPCRoute, TLSRoute, TCPRoute and UDPRoute: the last two have no hostnames, the last three no matches. */
export interface Route<Match = HttpMatch | GrpcMatch> extends KubeObject {
  spec: { parentRefs?: ParentReference[]; hostnames?: string[]; rules?: RouteRule<Match>[] };
  status?: { parents: RouteParentStatus[] };
}

export interface ReferenceGrant extends KubeObject {
  spec: {
    from: { group: string; kind: string; namespace: string }[];
    to: { group: string; kind: string; name?: string }[];
  };
}

export interface BackendTlsPolicy extends KubeObject {
  spec: {
    targetRefs: { group: string; kind: string; name: string; sectionName?: string }[];
    validation: {
      caCertificateRefs?: { group: string; kind: string; name: string }[];
      wellKnownCACertificates?: string;
      hostname: string;
    };
  };
  status?: { ancestors: AncestorStatus[] };
}

export interface AncestorStatus {
  ancestorRef: ParentReference;
  controllerName: string;
  conditions: Condition[];
}

export const gatewayRefs = {
  gatewayClasses: { group: gatewayGroup, version: "v1", plural: "gatewayclasses" },
  gateways: { group: gatewayGroup, version: "v1", plural: "gateways" },
  httpRoutes: { group: gatewayGroup, version: "v1", plural: "httproutes" },
  grpcRoutes: { group: gatewayGroup, version: "v1", plural: "grpcroutes" },
  referenceGrants: { group: gatewayGroup, version: "v1beta1", plural: "referencegrants" },
};

interface LaterKind {
  plural: string;
  versions: string[];
}
/** Kinds that have come into the standard channel late: the versions that a release may serve them in, the best first. */
export const laterRoutes: Record<string, LaterKind> = {
  TLSRoute: { plural: "tlsroutes", versions: ["v1", "v1alpha2"] },
  TCPRoute: { plural: "tcproutes", versions: ["v1", "v1alpha2"] },
  UDPRoute: { plural: "udproutes", versions: ["v1", "v1alpha2"] },
};
export const backendTlsPolicies: LaterKind = {
  plural: "backendtlspolicies",
  versions: ["v1", "v1alpha3"],
};
