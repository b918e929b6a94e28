import { expect, test } from "vitest";
import type { Ingress, Service } from "@/lib/cluster/resources/types";
import { isOwnIngress, routersOf } from "./routers";

const service = (name: string): Service =>
  ({ apiVersion: "v1", kind: "Service", metadata: { name }, spec: { ports: [{ port: 80 }] } }) as Service;
const lookup = {
  service: (_: string, name: string) => (name === "absent" ? undefined : service(name)),
  slicesOf: (_: string, name: string) =>
    name === "empty"
      ? []
      : [{ ports: [{ port: 8080 }], endpoints: [{ addresses: [name === "one" ? "10.0.0.1" : "10.0.0.2"] }] }],
  secret: () => undefined,
} as never;
const path = (at: string, name: string, pathType = "Prefix") => ({
  ...{ path: at, pathType, backend: { service: { name, port: { number: 80 } } } },
});
const ingress = (rules: object[], annotations = {}, spec = {}): Ingress =>
  ({
    ...{ apiVersion: "networking.k8s.io/v1", kind: "Ingress" },
    metadata: { name: "x", namespace: "default", annotations },
    spec: { rules, ...spec },
  }) as Ingress;
const strict = { allowsEmptyServices: false, allowsExternalNames: false };

test("the longest rule goes first, and a prefix is one of the text", () => {
  const rules = [
    {
      host: "a.test",
      http: { paths: [path("/", "one"), path("/shop", "two"), path("/shop", "one", "Exact")] },
    },
    { http: { paths: [path("/a-rather-long-path-for-any-host", "two")] } },
    { host: "*.b.test", http: { paths: [path("/", "one")] } },
  ];
  const routers = routersOf([ingress(rules)], lookup, strict, () => undefined);
  const first = (request: string) =>
    routers.find(({ pattern }) => new RegExp(pattern).test(request))?.servers[0];
  expect(first("a.test /shopping")).toBe("10.0.0.2:8080");
  expect(first("a.test /other")).toBe("10.0.0.1:8080");
  expect(first("a.test /a-rather-long-path-for-any-host")).toBe("10.0.0.2:8080");
  expect(first("x.b.test /")).toBe("10.0.0.1:8080");
  expect(first("y.x.b.test /")).toBeUndefined();
  expect(first("b.test /")).toBeUndefined();
  expect(routers.map(({ rule }) => rule)).toContain("Host(`a.test`) && PathPrefix(`/shop`)");
});

test("what cannot be served is left out and told of", () => {
  const rules = [
    { host: "a.test", http: { paths: [path("/x", "absent"), path("/y", "empty"), path("/z", "one")] } },
  ];
  const warnings: string[] = [];
  const routers = routersOf([ingress(rules)], lookup, strict, (_, text) => warnings.push(text));
  expect(routers).toHaveLength(1);
  expect(warnings).toEqual([
    "Cannot create service: service not found",
    "Skipping service: no endpoints found",
  ]);
  const lenient = { ...strict, allowsEmptyServices: true };
  expect(routersOf([ingress(rules)], lookup, lenient, () => undefined)).toHaveLength(2);
});

test("an Ingress is Traefik's by its class, or without any", () => {
  const classes = [
    { metadata: { name: "traefik" }, spec: { controller: "traefik.io/ingress-controller" } },
    { metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } },
  ] as never;
  const any = { ingressClass: "" };
  const own = (one: Ingress, options = any) => isOwnIngress(one, classes, options);
  expect(own(ingress([], {}, { ingressClassName: "traefik" }))).toBe(true);
  expect(own(ingress([], {}, { ingressClassName: "nginx" }))).toBe(false);
  expect(own(ingress([]))).toBe(true);
  expect(own(ingress([]), { ingressClass: "traefik" })).toBe(false);
  expect(own(ingress([], { "kubernetes.io/ingress.class": "traefik" }))).toBe(true);
});
