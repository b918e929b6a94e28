import { afterAll, beforeAll, expect, test } from "vitest";
import { startAddonLab, type AddonLab } from "@/lib/cluster/addons/testing";
import { startTestClusterd, type TestClusterd } from "@/lib/clusterd/testing";
import { eventually } from "@/lib/core/testing";
import { changeUnderLoad, steadyBackend, steadyRoute } from "../testing-load";

let clusterd: TestClusterd;
let lab: AddonLab;
/** Of the Service before the Gateway's nginx. */
let address: string;

const gatewayOf = (className: string) => `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web }
spec:
  gatewayClassName: ${className}
  listeners:
    - { name: http, protocol: HTTP, port: 80 }
    - { name: tcp, protocol: TCP, port: 9000 }
    - { name: udp, protocol: UDP, port: 5353 }
    - { name: tls, protocol: TLS, port: 8443, tls: { mode: Passthrough } }
    - { name: https, protocol: HTTPS, port: 443, tls: { certificateRefs: [{ name: absent }] } }
`;
const route = (kind: string, name: string, section: string, spec: string) => `
apiVersion: gateway.networking.k8s.io/${kind === "HTTPRoute" ? "v1" : "v1alpha2"}
kind: ${kind}
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: web, sectionName: ${section} }]
  ${spec}
---
`;
const forward = (service: string, port: number, more = "") =>
  `rules: [{ backendRefs: [{ name: ${service}, port: ${port}${more} }] }]`;
/** What a command writes, as soon as it is what is wanted. */
const until = async (command: string, wanted: string) =>
  (
    await eventually(
      () => lab.try(command),
      (text) => text.trim() === wanted,
    )
  ).trim();
const curl = (path: string, ...more: string[]) => `curl -s -m 3 ${more.join(" ")} http://${address}${path}`;
const statusOf = (host: string) => curl("/", `-o /dev/null -w '%{http_code}' -H 'Host: ${host}'`);
const condition = (kind: string, name: string, type: string) =>
  `kubectl get ${kind} ${name} -o jsonpath='{.status.parents[0].conditions[?(@.type=="${type}")].reason}'`;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  lab = await startAddonLab(clusterd, "gateway-traffic", [
    { name: "bridge" },
    { name: "kube-proxy" },
    { name: "coredns" },
    { name: "nginx-gateway", options: { release: "2.2.0", experimental: true } },
  ]);
  await lab.apply(`${steadyBackend}${gatewayOf("nginx")}---${steadyRoute("steady", "web")}`);
  await lab.run(
    "kubectl rollout status deployment steady --timeout=60s && kubectl -n nginx-gateway rollout status deployment nginx-gateway --timeout=60s && until kubectl rollout status deployment web-nginx --timeout=60s; do sleep 0.2; done",
  );
  address = (await lab.run("kubectl get service web-nginx -o jsonpath='{.spec.clusterIP}'")).trim();
  expect(await until(curl("/", "-H 'Host: steady.test'"), "steady")).toBe("steady");
}, 400_000);
afterAll(() => clusterd?.close(), 300_000);

test("connections go where TCPRoutes, UDPRoutes and TLSRoutes say", async () => {
  await lab.apply(
    route("TCPRoute", "tcp", "tcp", forward("steady", 80)) +
      route("UDPRoute", "dns", "udp", forward("kube-dns", 53, ", namespace: kube-system")) +
      route("TLSRoute", "api", "tls", `hostnames: [kubernetes.default]\n  ${forward("kubernetes", 443)}`),
  );
  expect(await until(`curl -s -m 3 http://${address}:9000/`, "steady")).toBe("steady");
  // The certificate is the API server's own: nobody has ended the connection on the way.
  const api = `curl -s -m 3 -o /dev/null -w '%{http_code}' --cacert /etc/kubernetes/pki/ca.crt --resolve kubernetes.default:8443:${address} https://kubernetes.default:8443/healthz`;
  expect(await until(api, "200")).toBe("200");
  const dns = `dig +short +time=1 +tries=1 -p 5353 @${address} kubernetes.default.svc.cluster.local | head -n 1`;
  expect(await until(condition("udproute", "dns", "ResolvedRefs"), "RefNotPermitted")).toBe(
    "RefNotPermitted",
  );
  await lab.apply(`
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: { name: dns, namespace: kube-system }
spec:
  from: [{ group: gateway.networking.k8s.io, kind: UDPRoute, namespace: default }]
  to: [{ group: "", kind: Service, name: kube-dns }]
`);
  expect(await until(dns, "10.96.0.1")).toBe("10.96.0.1");
  const attached = `kubectl get gateway web -o jsonpath='{.status.listeners[*].attachedRoutes}'`;
  expect(await until(attached, "1 1 1 1 1")).toBe("1 1 1 1 1");
});

test("a BackendTLSPolicy has connections to a Service encrypted, and its certificate looked at", async () => {
  const policy = (hostname: string, authority: string) => `
apiVersion: gateway.networking.k8s.io/v1alpha3
kind: BackendTLSPolicy
metadata: { name: api }
spec:
  targetRefs: [{ group: "", kind: Service, name: kubernetes }]
  validation:
    hostname: ${hostname}
    caCertificateRefs: [{ group: "", kind: ConfigMap, name: ${authority} }]
`;
  const said = (type: string) =>
    `kubectl get backendtlspolicy api -o jsonpath='{.status.ancestors[0].conditions[?(@.type=="${type}")].reason}'`;
  const api = curl("/healthz", "-o /dev/null -w '%{http_code}' -H 'Host: api.test'");
  await lab.apply(
    `${policy("kubernetes.default.svc", "kube-root-ca.crt")}---${route("HTTPRoute", "api", "http", `hostnames: [api.test]\n  ${forward("kubernetes", 443)}`)}`,
  );
  expect(await until(api, "200")).toBe("200");
  expect(await until(said("Accepted"), "Accepted")).toBe("Accepted");
  // A name that its certificate does not have.
  await lab.apply(policy("elsewhere.example", "kube-root-ca.crt"));
  expect(await until(api, "502")).toBe("502");
  await lab.apply(policy("kubernetes.default.svc", "absent"));
  expect(await until(said("ResolvedRefs"), "InvalidCACertificateRef")).toBe("InvalidCACertificateRef");
  expect(await until(said("Accepted"), "NoValidCACertificate")).toBe("NoValidCACertificate");
  expect(await until(api, "500")).toBe("500");
  expect(await lab.run(curl("/", "-H 'Host: steady.test'"))).toBe("steady\n");
  await lab.run("kubectl delete httproute/api backendtlspolicy/api");
});

test("what cannot be served is said where it is looked for, and everything else goes on", async () => {
  const http = (name: string, spec: string) => route("HTTPRoute", name, "http", spec);
  await lab.apply(
    http("older", `hostnames: [shared.test]\n  ${forward("steady", 80)}`) +
      http("missing", `hostnames: [missing.test]\n  ${forward("nobody", 80)}`) +
      http(
        "filtered",
        `hostnames: [filtered.test]\n  rules: [{ filters: [{ type: ExtensionRef, extensionRef: { group: gateway.nginx.org, kind: SnippetsFilter, name: broken } }], backendRefs: [{ name: steady, port: 80 }] }]`,
      ) +
      http(
        "pattern",
        `hostnames: [pattern.test]\n  rules: [{ matches: [{ path: { type: RegularExpression, value: "/(" } }], backendRefs: [{ name: steady, port: 80 }] }]`,
      ) +
      route("HTTPRoute", "secure", "https", forward("steady", 80)),
  );
  expect(await until(statusOf("shared.test"), "200")).toBe("200");
  // Of two routes for the same the older one goes on.
  await lab.apply(http("younger", `hostnames: [shared.test]\n  ${forward("nobody", 80)}`));
  expect(await until(condition("httproute", "younger", "ResolvedRefs"), "BackendNotFound")).toBe(
    "BackendNotFound",
  );
  const said = [
    ["missing", "ResolvedRefs", "BackendNotFound"],
    ["filtered", "ResolvedRefs", "InvalidFilter"],
    ["pattern", "Accepted", "UnsupportedValue"],
    ["secure", "Accepted", "Accepted"],
  ] as const;
  for (const [name, type, reason] of said)
    expect([name, await until(condition("httproute", name, type), reason)]).toEqual([name, reason]);
  const listener =
    'kubectl get gateway web -o jsonpath=\'{.status.listeners[?(@.name=="https")].conditions[?(@.type=="ResolvedRefs")].reason}\'';
  expect(await until(listener, "InvalidCertificateRef")).toBe("InvalidCertificateRef");
  for (const [host, status] of [
    ["missing.test", "500"],
    ["filtered.test", "500"],
    ["pattern.test", "404"],
    ["shared.test", "200"],
    ["steady.test", "200"],
  ] as const)
    expect([host, await until(statusOf(host), status)]).toEqual([host, status]);
  await lab.run("kubectl delete httproute older younger missing filtered pattern secure");
});

test("twenty new routes come into force under a steady load, and no request of it fails", async () => {
  const { samples, failed, perSecond } = await changeUnderLoad((command) => lab.run(command), {
    ...{ address: `${address}:80`, host: "r$i.test", manifest: steadyRoute("r$i", "web"), changes: 20 },
  });
  expect([samples.length, failed]).toEqual([20, 0]);
  expect(perSecond).toBeGreaterThan(50);
});

test("a Gateway that goes over to another class is not served any more, and is again when it comes back", async () => {
  await lab.apply(gatewayOf("somebody-elses"));
  const objects = "kubectl get deployment,service,pod -l gateway.networking.k8s.io/gateway-name=web -o name";
  expect(await until(objects, "")).toBe("");
  expect(await lab.run("kubectl get httproute steady -o jsonpath='{.status.parents}'")).toMatch(/^(\[\])?$/);
  await lab.apply(gatewayOf("nginx"));
  await lab.run(
    "until kubectl rollout status deployment web-nginx --timeout=60s 2>/dev/null; do sleep 0.2; done",
  );
  address = (await lab.run("kubectl get service web-nginx -o jsonpath='{.spec.clusterIP}'")).trim();
  expect(await until(statusOf("steady.test"), "200")).toBe("200");
});
