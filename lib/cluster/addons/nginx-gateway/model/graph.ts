import type { ConfigMap, EndpointSlice, Namespace, Secret, Service } from "@/lib/cluster/resources/types";
import type {
  BackendTlsPolicy,
  Gateway,
  GatewayClass,
  Listener,
  ParentReference,
  ReferenceGrant,
  Route,
  RouteKind,
} from "@/lib/cluster/addons/gateway-api/types";
import type { Configuration } from "./configuration";
import type { Finding } from "./conditions";

/** What a gateway's configuration is made of, as the controller's caches have it. */
export interface Inputs {
  classes: GatewayClass[];
  gateways: Gateway[];
  /** Of the kinds that are served, all together. */
  routes: Route[];
  grants: ReferenceGrant[];
  policies: BackendTlsPolicy[];
  configMap(namespace: string, name: string): ConfigMap | undefined;
  service(namespace: string, name: string): Service | undefined;
  slicesOf(namespace: string, service: string): EndpointSlice[];
  secret(namespace: string, name: string): Secret | undefined;
  namespace(name: string): Namespace | undefined;
}

export interface Settings {
  controllerName: string;
  /** Of the one class that the controller takes. */
  className: string;
  /** Kinds of routes that it watches. */
  routeKinds: string[];
  /** Releases before 2.0 serve the oldest gateway of the class and no other. */
  servesOneGateway: boolean;
  /** Ports that a listener cannot have. */
  reservedPorts: number[];
  /** Why a gateway's parameters cannot be used; undefined when they can. */
  parametersProblem(gateway: Gateway): string | undefined;
}

export interface ListenerState {
  listener: Listener;
  hostname: string;
  supportedKinds: RouteKind[];
  /** Routes may attach, even where nothing can be served yet. */
  isAttachable: boolean;
  isValid: boolean;
  findings: Finding[];
  /** Secrets "namespace/name" with its certificates. */
  certificates: string[];
  attachedRoutes: number;
}

export interface GatewayState {
  gateway: Gateway;
  isValid: boolean;
  findings: Finding[];
  listeners: ListenerState[];
  /** What its nginx is to do. */
  configuration: Configuration;
}

export interface ParentState {
  parentRef: ParentReference;
  findings: Finding[];
}

export interface RouteState {
  route: Route;
  parents: ParentState[];
}

export interface PolicyState {
  policy: BackendTlsPolicy;
  /** The gateways whose routes lead to what it is for. */
  gateways: Gateway[];
  findings: Finding[];
}

export interface ClassState {
  gatewayClass: GatewayClass;
  findings: Finding[];
}

export interface Graph {
  classes: ClassState[];
  gateways: GatewayState[];
  routes: RouteState[];
  policies: PolicyState[];
}
