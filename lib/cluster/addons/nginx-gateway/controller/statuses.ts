import type { ResourceRef } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import {
  gatewayGroup,
  gatewayRefs,
  type Route,
  type RouteParentStatus,
} from "@/lib/cluster/addons/gateway-api/types";
import { conditionsOf, isFalse, type Finding } from "../model/conditions";
import type { ClassState, GatewayState, RouteState } from "../model/graph";
import type { Address } from "./addresses";

export interface StatusUpdate {
  resource: ResourceRef;
  object: KubeObject;
}

const routeRefs: Record<string, ResourceRef> = {
  HTTPRoute: gatewayRefs.httpRoutes,
  GRPCRoute: gatewayRefs.grpcRoutes,
  TLSRoute: gatewayRefs.tlsRoutes,
  TCPRoute: gatewayRefs.tcpRoutes,
  UDPRoute: gatewayRefs.udpRoutes,
};

const features = [
  ...["Gateway", "GatewayPort8080", "HTTPRoute", "GRPCRoute", "ReferenceGrant"],
  ...["HTTPRouteHostRewrite", "HTTPRouteMethodMatching", "HTTPRoutePathRedirect", "HTTPRoutePathRewrite"],
  ...["HTTPRoutePortRedirect", "HTTPRouteQueryParamMatching", "HTTPRouteRequestMirror"],
  ...["HTTPRouteResponseHeaderModification", "HTTPRouteSchemeRedirect"],
].sort();

export function classStatus({ gatewayClass, findings }: ClassState, now: string): StatusUpdate {
  const { metadata, status } = gatewayClass;
  return {
    resource: gatewayRefs.gatewayClasses,
    object: {
      ...gatewayClass,
      status: {
        ...status,
        conditions: conditionsOf(findings, metadata.generation, status?.conditions, now),
        ...(findings.some(({ status: value }) => value === "False")
          ? {}
          : { supportedFeatures: features.map((name) => ({ name })) }),
      },
    },
  };
}

/** `problem`: why nginx does not have the configuration. */
export function gatewayStatus(
  { gateway, isValid, findings, listeners }: GatewayState,
  addresses: Address[],
  problem: { reason: string; message: string } | undefined,
  now: string,
): StatusUpdate {
  const { metadata, status } = gateway;
  const failed = (list: Finding[]) =>
    problem && list.findLast(({ type }) => type === "Programmed")?.status === "True"
      ? [...list, isFalse("Programmed", problem.reason, problem.message)]
      : list;
  return {
    resource: gatewayRefs.gateways,
    object: {
      ...gateway,
      status: {
        ...(isValid && addresses.length > 0 ? { addresses } : {}),
        conditions: conditionsOf(failed(findings), metadata.generation, status?.conditions, now),
        listeners: listeners.map(({ listener, supportedKinds, attachedRoutes, findings: own }) => ({
          name: listener.name,
          supportedKinds,
          attachedRoutes,
          conditions: conditionsOf(
            failed(own),
            metadata.generation,
            status?.listeners?.find(({ name }) => name === listener.name)?.conditions,
            now,
          ),
        })),
      },
    },
  };
}

/** What other controllers have said of the route stays. */
export function routeStatus(
  { route, parents }: RouteState,
  controllerName: string,
  now: string,
): StatusUpdate {
  const former = route.status?.parents ?? [];
  const own = parents.map(({ parentRef, findings }): RouteParentStatus => {
    const reference = {
      group: gatewayGroup,
      kind: "Gateway",
      namespace: route.metadata.namespace!,
      ...parentRef,
    };
    const old = former.find(
      (one) => one.controllerName === controllerName && isSame(one.parentRef, reference),
    );
    return {
      parentRef: reference,
      controllerName,
      conditions: conditionsOf(findings, route.metadata.generation, old?.conditions, now),
    };
  });
  return withParents(route, [...former.filter((one) => one.controllerName !== controllerName), ...own]);
}

/** Of a route that has nothing to do with this controller any more, when it says otherwise. */
export function staleRouteStatus(route: Route, controllerName: string): StatusUpdate | undefined {
  const parents = route.status?.parents ?? [];
  const others = parents.filter((one) => one.controllerName !== controllerName);
  return others.length === parents.length ? undefined : withParents(route, others);
}

function withParents(route: Route, parents: RouteParentStatus[]): StatusUpdate {
  return { resource: routeRefs[route.kind]!, object: { ...route, status: { parents } } };
}

function isSame(a: object, b: object): boolean {
  const key = (one: object) => JSON.stringify(Object.entries(one).sort(([x], [y]) => (x < y ? -1 : 1)));
  return key(a) === key(b);
}
