import { afterAll, beforeAll, expect, test } from "vitest";
import { startAddonLab, type AddonLab } from "@/lib/cluster/addons/testing";
import { eventually } from "@/lib/core/testing";
import { startTestClusterd, type TestClusterd } from "./testing";

let clusterd: TestClusterd;
let lab: AddonLab;

const echo = (name: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: main, image: "hashicorp/http-echo:1.0", args: ["-text=${name}", "-listen=:8080"] }]
---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [{ port: 80, targetPort: 8080 }] }
`;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  lab = await startAddonLab(clusterd, "traefik", [
    { name: "bridge" },
    { name: "kube-proxy" },
    { name: "traefik", options: { httpNodePort: 30080, httpsNodePort: 30443 } },
  ]);
  await lab.apply(`${echo("shop")}---${echo("root")}`);
  await lab.run("kubectl -n traefik rollout status deployment traefik --timeout=90s");
  await lab.run("kubectl wait --for=condition=Ready pod/shop pod/root --timeout=60s");
}, 400_000);
afterAll(() => clusterd?.close(), 300_000);

const get = (path: string, host = "a.test") =>
  lab.try(`curl -s --max-time 5 -H 'Host: ${host}' http://172.30.7.11:30080${path}`);

test("Traefik serves its class, prefixes as text, and leaves the classes of others alone", async () => {
  expect(await get("/shop")).toBe("404 page not found\n");
  await lab.run(
    "kubectl create ingress own --class=traefik --rule='a.test/shop*=shop:80' --rule='a.test/*=root:80'",
  );
  await lab.run("kubectl create ingress other --class=nginx --rule='b.test/*=root:80'");
  expect(
    await eventually(
      () => get("/shop"),
      (text) => text === "shop\n",
    ),
  ).toBe("shop\n");
  expect(await get("/shopping")).toBe("shop\n");
  expect(await get("/other")).toBe("root\n");
  expect(await get("/", "b.test")).toBe("404 page not found\n");
  expect(
    await lab.try("curl -sk --max-time 5 --resolve a.test:30443:172.30.7.11 https://a.test:30443/shop"),
  ).toBe("shop\n");
  expect(await lab.try("curl -skv --max-time 5 https://172.30.7.11:30443/ 2>&1")).toContain(
    "TRAEFIK DEFAULT CERT",
  );
});

test("a Service without pods, and one that is not there", async () => {
  await lab.run("kubectl create service clusterip empty --tcp=80:8080");
  await lab.run(
    "kubectl create ingress bad --class=traefik --rule='a.test/empty*=empty:80' --rule='a.test/absent*=absent:80'",
  );
  expect(
    await eventually(
      () => get("/empty"),
      (text) => text !== "root\n",
    ),
  ).toBe("no available server\n");
  expect(await get("/absent")).toBe("root\n");
  expect(await lab.run("kubectl -n traefik logs deployment/traefik")).toMatch(
    /ERR Cannot create service: service not found ingress=bad namespace=default providerName=kubernetes/,
  );
});
