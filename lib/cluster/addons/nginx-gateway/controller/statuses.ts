import type { ResourceRef } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import {
  backendTlsPolicies,
  gatewayGroup,
  gatewayRefs,
  laterRoutes,
  type AncestorStatus,
  type Route,
  type RouteParentStatus,
} from "@/lib/cluster/addons/gateway-api/types";
import { conditionsOf, isFalse, type Finding } from "../model/conditions";
import type { ClassState, GatewayState, PolicyState, RouteState } from "../model/graph";
import type { Address } from "./addresses";

export interface StatusUpdate {
  resource: ResourceRef;
  object: KubeObject;
}

const routePlurals: Record<string, string> = {
  HTTPRoute: gatewayRefs.httpRoutes.plural,
  GRPCRoute: gatewayRefs.grpcRoutes.plural,
  ...Object.fromEntries(Object.entries(laterRoutes).map(([kind, { plural }]) => [kind, plural])),
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

/** What is said of a policy at each gateway; what other controllers have said stays. */
export function policyStatus(
  { policy, gateways, findings }: PolicyState,
  controllerName: string,
  now: string,
): StatusUpdate {
  const former = policy.status?.ancestors ?? [];
  const own = gateways.map(({ metadata: { namespace, name } }): AncestorStatus => {
    const ancestorRef = { group: gatewayGroup, kind: "Gateway", namespace: namespace!, name };
    const old = former.find(
      (one) => one.controllerName === controllerName && isSame(one.ancestorRef, ancestorRef),
    );
    return {
      ancestorRef,
      controllerName,
      conditions: conditionsOf(findings, policy.metadata.generation, old?.conditions, now),
    };
  });
  const ancestors = [...former.filter((one) => one.controllerName !== controllerName), ...own];
  const resource = resourceOf(policy, backendTlsPolicies.plural);
  return { resource, object: { ...policy, status: { ancestors } } };
}

function withParents(route: Route, parents: RouteParentStatus[]): StatusUpdate {
  const resource = resourceOf(route, routePlurals[route.kind]!);
  return { resource, object: { ...route, status: { parents } } };
}

/** In the version in which it was read. */
function resourceOf({ apiVersion }: KubeObject, plural: string): ResourceRef {
  return { group: gatewayGroup, version: apiVersion.slice(gatewayGroup.length + 1), plural };
}

function isSame(a: object, b: object): boolean {
  const key = (one: object) => JSON.stringify(Object.entries(one).sort(([x], [y]) => (x < y ? -1 : 1)));
  return key(a) === key(b);
}
