import { expect, test } from "vitest";
import type { BackendTlsPolicy } from "@/lib/cluster/addons/gateway-api/types";
import type { ConfigMap } from "@/lib/cluster/resources/types";
import { createAuthority } from "@/lib/core/x509/certificate";
import { gateway, inputs, route, settings } from "../testing/objects";
import { backendTls } from "./backend-tls";
import { buildGraph } from "./build-graph";

const { certificatePem } = createAuthority("test", Date.now());
let age = 0;
const policy = (name: string, hostname: string, sectionName?: string): BackendTlsPolicy => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "BackendTLSPolicy",
  metadata: { name, namespace: "infra", creationTimestamp: new Date(++age * 1000).toISOString() },
  spec: {
    targetRefs: [{ group: "", kind: "Service", name: "shop", ...(sectionName ? { sectionName } : {}) }],
    validation: { hostname, caCertificateRefs: [{ group: "", kind: "ConfigMap", name: "authority" }] },
  },
});
const cluster = (policies: BackendTlsPolicy[]) =>
  inputs({
    gateways: [gateway("web", [{}])],
    routes: [route("shop")],
    policies,
    configMap: (namespace, name): ConfigMap => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace },
      data: name === "authority" ? { "ca.crt": certificatePem } : {},
    }),
  });

test("a policy for one port goes before one for all, and an older one before a younger", () => {
  const [all, later, port] = [
    policy("all", "all.test"),
    policy("later", "no.test"),
    policy("p", "p.test", "https"),
  ];
  const policies = cluster([later, port, all]);
  const authority = "infra/authority";
  expect(backendTls("infra", "shop", { port: 443, name: "https" }, policies)).toEqual({
    hostname: "p.test",
    authority,
  });
  expect(backendTls("infra", "shop", { port: 80, name: "http" }, policies)).toEqual({
    hostname: "all.test",
    authority,
  });
  expect(backendTls("other", "shop", { port: 80 }, policies)).toBe(undefined);
  const { policies: states } = buildGraph(policies, settings);
  expect(
    states.map(({ policy: one, gateways, findings }) => [
      one.metadata.name,
      gateways.map(({ metadata }) => metadata.name),
      findings.at(-1)!.reason,
    ]),
  ).toEqual([
    ["later", ["web"], "Conflicted"],
    ["p", ["web"], "ResolvedRefs"],
    ["all", ["web"], "ResolvedRefs"],
  ]);
});

test("a backend whose policy cannot be followed is not asked without it", () => {
  const broken = policy("broken", "a.test");
  broken.spec.validation.caCertificateRefs![0]!.name = "empty";
  const graph = buildGraph(cluster([broken]), settings);
  expect(graph.routes[0]!.parents[0]!.findings.at(-1)).toMatchObject({
    reason: "UnsupportedValue",
    message: expect.stringContaining("the backend TLS policy is invalid"),
  });
  const [entry] = graph.gateways[0]!.configuration.servers[0]!.entries;
  expect(entry!.action.backends[0]!.upstream).toBe(undefined);
  expect(graph.policies[0]!.findings.map(({ reason }) => reason)).toEqual([
    "Accepted",
    "ResolvedRefs",
    "InvalidCACertificateRef",
    "NoValidCACertificate",
  ]);
});
