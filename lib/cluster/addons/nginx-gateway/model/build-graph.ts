import type { Gateway, GatewayClass, Route } from "@/lib/cluster/addons/gateway-api/types";
import { attachRoute, gatewayOf } from "./attach-route";
import { buildServers, type AttachedRoute } from "./build-servers";
import { judgePolicies } from "./backend-tls";
import { buildStreams } from "./build-streams";
import { isFalse, isTrue } from "./conditions";
import type { Upstream } from "./configuration";
import type { ClassState, GatewayState, Graph, Inputs, ParentState, RouteState, Settings } from "./graph";
import { judgeGateway } from "./judge-gateway";
import { readRules, type ReadRoute } from "./read-rules";

/** Everything that the controller is responsible for: what its nginx are to do, and what is said of each object. */
export function buildGraph(inputs: Inputs, settings: Settings): Graph {
  const classes = inputs.classes.filter(({ spec }) => spec.controllerName === settings.controllerName);
  const own = classes.find(({ metadata }) => metadata.name === settings.className);
  const gateways = own
    ? inputs.gateways.filter(({ spec }) => spec.gatewayClassName === settings.className).sort(byAge)
    : [];
  const states = gateways.map((gateway, index) =>
    index > 0 && settings.servesOneGateway ? ignored(gateway) : judgeGateway(gateway, inputs, settings),
  );
  const byKey = new Map(states.map((state) => [keyOf(state.gateway), state]));
  const attached = new Map<GatewayState, AttachedRoute[]>(states.map((state) => [state, []]));
  const routes = inputs.routes.flatMap((route) => attachEverywhere(route, byKey, attached, inputs));
  for (const state of states) configure(state, attached.get(state)!);
  return {
    classes: classes.map((one) => classState(one, settings)),
    gateways: states,
    routes,
    policies: judgePolicies(inputs, routes, gateways),
  };
}

function keyOf({ metadata }: Gateway): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function byAge(a: Gateway, b: Gateway): number {
  const key = ({ metadata }: Gateway) =>
    `${metadata.creationTimestamp} ${metadata.namespace}/${metadata.name}`;
  return key(a) < key(b) ? -1 : 1;
}

function classState(gatewayClass: GatewayClass, { className }: Settings): ClassState {
  return {
    gatewayClass,
    findings:
      gatewayClass.metadata.name === className
        ? [
            isTrue("Accepted", "Accepted", "The GatewayClass is accepted"),
            isTrue("SupportedVersion", "SupportedVersion", "The Gateway API CRD versions are supported"),
          ]
        : [
            isFalse(
              "Accepted",
              "GatewayClassConflict",
              "The resource is ignored due to a conflicting GatewayClass resource",
            ),
          ],
  };
}

/** NGINX Gateway Fabric 1.x: the oldest Gateway is served, the others are told so. */
function ignored(gateway: Gateway): GatewayState {
  const message = "The resource is ignored due to a conflicting Gateway resource";
  return {
    gateway,
    isValid: false,
    findings: [
      isFalse("Accepted", "GatewayConflict", message),
      isFalse("Programmed", "GatewayConflict", message),
    ],
    listeners: [],
    configuration: { servers: [], upstreams: [], streams: [], certificates: [], authorities: [] },
  };
}

function attachEverywhere(
  route: Route,
  gateways: ReadonlyMap<string, GatewayState>,
  attached: ReadonlyMap<GatewayState, AttachedRoute[]>,
  inputs: Inputs,
): RouteState[] {
  const references = (route.spec.parentRefs ?? []).flatMap((parentRef) => {
    const state = gateways.get(gatewayOf(route, parentRef) ?? "");
    return state ? [{ parentRef, state }] : [];
  });
  if (references.length === 0) return [];
  const read = readRules(route, inputs);
  const isUsable = !read.findings.some(({ type, status }) => type === "Accepted" && status === "False");
  const defaults = [
    isTrue("Accepted", "Accepted", "The Route is accepted"),
    isTrue("ResolvedRefs", "ResolvedRefs", "All references are resolved"),
  ];
  const parents = references.map(({ parentRef, state }): ParentState => {
    const result = attachRoute(route, parentRef, state, inputs);
    if ("reason" in result) return { parentRef, findings: [...defaults, ...read.findings, result] };
    if (isUsable)
      for (const { listener, hosts } of result)
        attach(attached.get(state)!, { route, read, listener, hosts });
    return { parentRef, findings: [...defaults, ...read.findings] };
  });
  return [{ route, parents }];
}

/** Two parentRefs of one route may lead to one listener: it is attached once. */
function attach(list: AttachedRoute[], one: AttachedRoute): void {
  if (list.some(({ route, listener }) => route === one.route && listener === one.listener)) return;
  list.push(one);
  one.listener.attachedRoutes++;
}

function configure(state: GatewayState, attached: AttachedRoute[]): void {
  const { listeners, configuration } = state;
  configuration.servers = buildServers(listeners, attached);
  configuration.streams = buildStreams(listeners, attached);
  configuration.upstreams = upstreamsOf(attached.map(({ read }) => read));
  configuration.certificates = [
    ...new Set(configuration.servers.flatMap(({ tls }) => tls?.certificates ?? [])),
  ].sort();
  configuration.authorities = [
    ...new Set(
      configuration.servers.flatMap(({ entries }) =>
        entries.flatMap(({ action }) => action.backends.flatMap(({ tls }) => tls?.authority ?? [])),
      ),
    ),
  ].sort();
}

function upstreamsOf(routes: ReadRoute[]): Upstream[] {
  const found = new Map(routes.flatMap(({ upstreams }) => upstreams.map((one) => [one.name, one])));
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
