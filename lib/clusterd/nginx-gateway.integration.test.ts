import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAddonLab, type AddonLab } from "@/lib/cluster/addons/testing";
import { projectRoot } from "@/lib/core/paths";
import { eventually } from "@/lib/core/testing";
import { startTestClusterd, type TestClusterd } from "./testing";

const nodes = ["172.30.7.10", "172.30.7.11"];
const upstream = join(projectRoot, "../shared/upstream/addons");
let clusterd: TestClusterd;
let lab: AddonLab;

const echo = (name: string, namespace = "default") => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: main, image: "hashicorp/http-echo:1.0", args: ["-text=${name}", "-listen=:8080"] }]
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { selector: { app: ${name} }, ports: [{ port: 80, targetPort: 8080 }] }
---
`;
const gateway = (namespace: string, more = "") => `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: nginx-gateway, namespace: ${namespace} }
spec:
  gatewayClassName: nginx
  listeners:
    - { name: http, protocol: HTTP, port: 80, allowedRoutes: { namespaces: { from: All } } }
${more}---
`;
const route = (namespace: string) => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: frontend-route }
spec:
  parentRefs: [{ name: nginx-gateway, namespace: ${namespace} }]
  rules:
    - matches: [{ path: { type: PathPrefix, value: / } }]
      backendRefs: [{ name: frontend-svc, port: 80 }]
    - matches: [{ path: { type: PathPrefix, value: /api }, headers: [{ name: version, value: two }] }]
      backendRefs: [{ name: api, port: 80 }]
---
`;
/** What a command writes, as soon as it is what is wanted. */
const until = async (command: string, wanted: string) =>
  (
    await eventually(
      () => lab.try(command),
      (text) => text.trim() === wanted,
    )
  ).trim();
const curl = (address: string, ...args: string[]) => `curl -sk -m 3 ${args.join(" ")} ${address}`;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  lab = await startAddonLab(clusterd, "nginx-gateway", [
    { name: "bridge" },
    { name: "kube-proxy" },
    { name: "coredns" },
  ]);
  await lab.apply(echo("frontend-svc") + echo("api"));
}, 400_000);
afterAll(() => clusterd?.close(), 300_000);

describe("1.6, by the commands that everybody knows", () => {
  test("definitions by kustomize, the fabric by its manifests", async () => {
    const url = "https://github.com/nginx/nginx-gateway-fabric/config/crd/gateway-api/standard?ref=v1.6.2";
    expect(await lab.run(`kubectl kustomize "${url}" | kubectl apply -f -`)).toContain(
      "httproutes.gateway.networking.k8s.io created",
    );
    await lab.run(
      "kubectl create -f - <<< '{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: other}, spec: {controllerName: example.com/gateway-controller}}'",
    );
    const raw = "https://raw.githubusercontent.com/nginx/nginx-gateway-fabric/v1.6.2/deploy";
    await lab.run(`kubectl apply -f ${raw}/crds.yaml && kubectl apply -f ${raw}/nodeport/deploy.yaml`);
    await lab.run("kubectl -n nginx-gateway rollout status deploy/nginx-gateway --timeout=60s");
    expect(
      await until("kubectl get gatewayclass nginx -o jsonpath='{.status.conditions[0].status}'", "True"),
    ).toBe("True");
    expect(await lab.run("kubectl get gatewayclass other --no-headers")).toMatch(
      /example\.com\/gateway-controller +Unknown/,
    );
    expect(await lab.run("kubectl explain gateway.spec.listeners.allowedRoutes")).toMatch(
      /FIELD: allowedRoutes <Object>[^]*namespaces\t<Object>/,
    );
  });

  test("a route of another namespace answers on the node ports that the Service is given", async () => {
    await lab.apply(gateway("nginx-gateway") + route("nginx-gateway"));
    await lab.run(`kubectl patch svc nginx-gateway -n nginx-gateway --type='json' -p='[
      {"op": "replace", "path": "/spec/ports/0/nodePort", "value": 30080},
      {"op": "replace", "path": "/spec/ports/1/nodePort", "value": 30081}
    ]'`);
    for (const node of nodes)
      expect(await until(curl(`http://${node}:30080/`), "frontend-svc")).toBe("frontend-svc");
    expect(await lab.run(curl(`http://${nodes[1]}:30080/api/x`, "-H", "'Version: two'"))).toBe("api\n");
    expect(await lab.run(curl(`http://${nodes[1]}:30080/api/x`))).toBe("frontend-svc\n");
    expect(
      await lab.run(
        "kubectl -n nginx-gateway get gateway nginx-gateway -o jsonpath='{.status.listeners[0].attachedRoutes} {.status.conditions[*].reason}'",
      ),
    ).toBe("1 Accepted Programmed");
  });

  test("a listener that is added answers, says why it does not, and is followed when it changes", async () => {
    const https =
      "    - { name: https, protocol: HTTPS, port: 443, tls: { certificateRefs: [{ name: own }] }, allowedRoutes: { namespaces: { from: All } } }\n";
    await lab.apply(gateway("nginx-gateway", https));
    const reason =
      'kubectl -n nginx-gateway get gateway nginx-gateway -o jsonpath=\'{.status.listeners[?(@.name=="https")].conditions[?(@.type=="ResolvedRefs")].reason} {.status.conditions[0].observedGeneration}\'';
    expect(await until(reason, "InvalidCertificateRef 2")).toBe("InvalidCertificateRef 2");
    expect(await lab.run(curl(`http://${nodes[1]}:30080/`))).toBe("frontend-svc\n");
    await lab.run(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=a.test -keyout /tmp/k -out /tmp/c 2>/dev/null && kubectl -n nginx-gateway create secret tls own --cert=/tmp/c --key=/tmp/k",
    );
    expect(await until(curl(`https://${nodes[1]}:30081/`), "frontend-svc")).toBe("frontend-svc");
    await lab.apply(gateway("nginx-gateway"));
    expect(await until(curl(`https://${nodes[1]}:30081/`, "-o /dev/null -w '%{http_code}'"), "000")).toBe(
      "000",
    );
  });

  test("without its rights the controller fails and says so", async () => {
    await lab.run(
      "kubectl delete clusterrolebinding nginx-gateway && kubectl -n nginx-gateway delete pod --all --wait=false",
    );
    const logs = "kubectl -n nginx-gateway logs deploy/nginx-gateway -c nginx-gateway --tail=3 2>/dev/null";
    expect(
      await eventually(
        () => lab.try(logs),
        (text) => text.includes("cannot list"),
      ),
    ).toMatch(
      /is forbidden: User \\"system:serviceaccount:nginx-gateway:nginx-gateway\\" cannot list resource/,
    );
    await lab.run(
      "kubectl delete ns nginx-gateway --timeout=60s; kubectl delete clusterrole nginx-gateway; kubectl delete gatewayclass nginx; kubectl delete crd nginxproxies.gateway.nginx.org",
    );
  });
});

async function checkDataPlane(): Promise<void> {
  await lab.apply(gateway("default") + route("default"));
  expect(
    await until(
      "kubectl get gateway nginx-gateway -o jsonpath='{.status.conditions[*].reason}'",
      "Accepted Programmed",
    ),
  ).toBe("Accepted Programmed");
  await lab.run("kubectl rollout status deploy/nginx-gateway-nginx --timeout=60s");
  const address = "http://$(kubectl get gateway nginx-gateway -o jsonpath='{.status.addresses[0].value}')/";
  expect(await until(curl(address), "frontend-svc")).toBe("frontend-svc");
  await lab.run("kubectl delete gateway nginx-gateway");
  expect(
    await until("kubectl get deploy,svc -l gateway.networking.k8s.io/gateway-name=nginx-gateway -o name", ""),
  ).toBe("");
}

test("2.x, by helm, makes an nginx for each Gateway and takes it away", async () => {
  const chart = "oci://ghcr.io/nginx/charts/nginx-gateway-fabric";
  expect(
    await lab.run(
      `helm install ngf ${chart} --create-namespace -n nginx-gateway --set nginx.service.type=NodePort --wait --timeout 90s`,
    ),
  ).toContain("STATUS: deployed");
  await checkDataPlane();
  await lab.run(
    "helm uninstall ngf -n nginx-gateway; kubectl delete crd nginxproxies.gateway.nginx.org --ignore-not-found; kubectl delete ns nginx-gateway --timeout=60s",
  );
});

test.skipIf(!existsSync(upstream))(
  "upstream's own manifests of 2.6 become ready unchanged and carry traffic",
  async () => {
    const fabric = "raw.githubusercontent.com/nginx/nginx-gateway-fabric/v2.6.7/deploy";
    const files = [
      "github.com/kubernetes-sigs/gateway-api/releases/download/v1.5.1/standard-install.yaml",
      `${fabric}/crds.yaml`,
      `${fabric}/nodeport/deploy.yaml`,
    ];
    for (const file of files)
      await clusterd.client.call("lab.exec", {
        ...{ labId: "nginx-gateway", node: "controlplane", timeoutMs: 60_000 },
        argv: ["kubectl", "apply", "--server-side", "--force-conflicts", "-f", "-"],
        stdin: readFileSync(join(upstream, file), "utf8"),
      });
    await lab.run("kubectl -n nginx-gateway rollout status deploy/nginx-gateway --timeout=60s");
    await checkDataPlane();
  },
);
