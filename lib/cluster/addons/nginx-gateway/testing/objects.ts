import type { Gateway, Listener, Route } from "@/lib/cluster/addons/gateway-api/types";
import type { Secret, Service } from "@/lib/cluster/resources/types";
import type { Inputs, Settings } from "../model/graph";

export const settings: Settings = {
  controllerName: "gateway.nginx.org/nginx-gateway-controller",
  className: "nginx",
  routeKinds: ["HTTPRoute", "GRPCRoute"],
  servesOneGateway: false,
  reservedPorts: [],
  parametersProblem: () => undefined,
};

const apiVersion = "gateway.networking.k8s.io/v1";
let count = 0;
const metadata = (name: string, namespace: string) => ({
  name,
  namespace,
  generation: 1,
  creationTimestamp: new Date(++count * 1000).toISOString(),
});

export function gateway(name: string, listeners: Partial<Listener>[]): Gateway {
  return {
    apiVersion,
    kind: "Gateway",
    metadata: metadata(name, "infra"),
    spec: {
      gatewayClassName: "nginx",
      listeners: listeners.map((listener) => ({ name: "http", port: 80, protocol: "HTTP", ...listener })),
    },
  };
}

export function route(name: string, spec: Partial<Route["spec"]> = {}, namespace = "infra"): Route {
  return {
    apiVersion,
    kind: "HTTPRoute",
    metadata: metadata(name, namespace),
    spec: {
      parentRefs: [{ name: "web", namespace: "infra" }],
      rules: [{ backendRefs: [{ name: "shop", port: 80 }] }],
      ...spec,
    },
  };
}

/** A cluster with the Service "shop" in every namespace. */
export function inputs(fields: Partial<Inputs>): Inputs {
  return {
    classes: [
      {
        apiVersion,
        kind: "GatewayClass",
        metadata: { name: "nginx" },
        spec: { controllerName: settings.controllerName },
      },
    ],
    gateways: [],
    routes: [],
    grants: [],
    policies: [],
    configMap: () => undefined,
    service: (namespace, name) =>
      name === "shop"
        ? ({
            apiVersion: "v1",
            kind: "Service",
            metadata: { name, namespace },
            spec: { ports: [{ port: 80 }] },
          } as Service)
        : undefined,
    slicesOf: (namespace, name) => [
      {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name, namespace },
        addressType: "IPv4",
        endpoints: [
          { addresses: ["10.0.0.1"], conditions: { ready: true } },
          { addresses: ["10.0.0.2"], conditions: { ready: false } },
        ],
        ports: [{ port: 8080, protocol: "TCP" }],
      },
    ],
    secret: (): Secret | undefined => undefined,
    namespace: (name) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels: { team: name } },
    }),
    ...fields,
  };
}
