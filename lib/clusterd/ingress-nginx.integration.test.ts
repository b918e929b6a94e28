import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "@/lib/core/paths";
import { eventually } from "@/lib/core/testing";
import { startReadyLab, startTestClusterd, twoNodes, type TestClusterd } from "./testing";

const labId = "lab-ingress";
let clusterd: TestClusterd;

const echo = (name: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
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
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [{ port: 80, targetPort: 8080 }] }
`;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  const { cluster } = twoNodes();
  await startReadyLab(clusterd.client, labId, {
    ...twoNodes(),
    cluster: {
      ...cluster,
      addons: [
        ...(cluster.addons ?? []),
        { name: "ingress-nginx", options: { httpNodePort: 30080, httpsNodePort: 30443 } },
      ],
    },
    setup: [{ name: "10-echo.yaml", kind: "manifest", content: `${echo("wear")}---${echo("video")}` }],
  });
  await run("kubectl -n ingress-nginx wait --for=condition=complete job --all --timeout=90s");
  await run("kubectl -n ingress-nginx rollout status deployment ingress-nginx-controller --timeout=90s");
  await run("kubectl rollout status deployment wear && kubectl rollout status deployment video");
}, 400_000);

afterAll(async () => {
  await clusterd?.close();
}, 300_000);

async function exec(command: string, node = "controlplane") {
  return clusterd.client.call("lab.exec", { labId, node, argv: ["bash", "-c", command] });
}

async function run(command: string): Promise<string> {
  const { exitCode, stdout, stderr } = await exec(command);
  if (exitCode !== 0) throw new Error(`${command}: ${stderr}${stdout}`);
  return stdout.trim();
}

/** What the NodePort of the other node answers. */
const get = (path: string, host = "shop.test") =>
  run(`curl -s --max-time 5 -H 'Host: ${host}' http://172.30.7.11:30080${path}`);

test("an Ingress made by kubectl routes through nginx, and tells of it", async () => {
  await run(
    "kubectl create ingress shop --class=nginx --rule='shop.test/wear*=wear:80' --rule='shop.test/video=video:80'",
  );
  expect(
    await eventually(
      () => get("/wear/x"),
      (text) => text === "wear",
    ),
  ).toBe("wear");
  // For a moment after a reload, nginx still takes connections with the former configuration too.
  expect(
    await eventually(
      () => get("/video"),
      (text) => text === "video",
    ),
  ).toBe("video");
  expect(await get("/video/x")).toContain("404 Not Found");
  expect(await get("/", "other.test")).toContain("404 Not Found");
  const clusterIp = await run(
    "kubectl -n ingress-nginx get service ingress-nginx-controller -o jsonpath='{.spec.clusterIP}'",
  );
  const address = () => run("kubectl get ingress shop -o jsonpath='{.status.loadBalancer.ingress[0].ip}'");
  expect(await eventually(address, (text) => text !== "")).toBe(clusterIp);
  expect(await run("kubectl describe ingress shop")).toMatch(
    /Normal +Sync .*nginx-ingress-controller +Scheduled for sync/,
  );
  const logs = await run("kubectl -n ingress-nginx logs deployment/ingress-nginx-controller");
  expect(logs).toContain("Backend successfully reloaded");
  expect(logs).toMatch(/"GET \/wear\/x HTTP\/1\.1" 200 .*\[default-wear-80\]/);
  await run("kubectl delete ingress shop");
  expect(
    await eventually(
      () => get("/wear/x"),
      (text) => text.includes("404"),
    ),
  ).toContain("404 Not Found");
});

test("the webhook refuses a host and path that another Ingress has, in upstream's words", async () => {
  await run("kubectl create ingress first --class=nginx --rule='dup.test/a*=wear:80'");
  const { exitCode, stderr } = await exec(
    "kubectl create ingress second --class=nginx --rule='dup.test/a*=video:80'",
  );
  expect([exitCode, stderr.trim()]).toEqual([
    1,
    'error: failed to create ingress: admission webhook "validate.nginx.ingress.kubernetes.io" denied the request: host "dup.test" and path "/a" is already defined in ingress default/first',
  ]);
  await run("kubectl delete ingress first");
});

test("TLS ends at the controller with the Secret's certificate, and plain requests are sent there", async () => {
  await run(
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=tls.test -addext subjectAltName=DNS:tls.test -keyout /tmp/k -out /tmp/c 2>/dev/null && kubectl create secret tls own --cert=/tmp/c --key=/tmp/k",
  );
  await run("kubectl create ingress tls --class=nginx --rule='tls.test/*=wear:80,tls=own'");
  const https = () =>
    run(
      "curl -s --max-time 5 --cacert /tmp/c --resolve tls.test:30443:172.30.7.11 https://tls.test:30443/ || true",
    );
  expect(await eventually(https, (text) => text === "wear")).toBe("wear");
  expect(await run("curl -sI -H 'Host: tls.test' http://172.30.7.11:30080/x")).toContain("308");
  await run("kubectl delete ingress tls && kubectl delete secret own");
});

test("one bad Ingress leaves the others alone", async () => {
  await run("kubectl create ingress good --class=nginx --rule='good.test/*=wear:80'");
  await run("kubectl create ingress missing --class=nginx --rule='missing.test/*=nobody:80'");
  await run(
    "kubectl create ingress locked --class=nginx --rule='locked.test/*=wear:80' --annotation nginx.ingress.kubernetes.io/auth-type=basic --annotation nginx.ingress.kubernetes.io/auth-secret=absent",
  );
  const status = (host: string) =>
    run(`curl -s -o /dev/null -w '%{http_code}' -H 'Host: ${host}' http://172.30.7.11:30080/`);
  expect(
    await eventually(
      () => status("locked.test"),
      (code) => code === "503",
    ),
  ).toBe("503");
  expect(await status("missing.test")).toBe("503");
  expect(await status("good.test")).toBe("200");
  expect(await run("kubectl describe ingress missing")).toContain('<error: services "nobody" not found>');
  await run("kubectl delete ingress good missing locked");
});

test("without its rights the controller does not start, and says so", async () => {
  await run("kubectl delete clusterrolebinding ingress-nginx");
  await run("kubectl -n ingress-nginx delete pod -l app.kubernetes.io/component=controller --grace-period=1");
  const logs = () =>
    run("kubectl -n ingress-nginx logs deployment/ingress-nginx-controller --tail=20 || true");
  const seen = await eventually(logs, (text) => text.includes("restrictive Authorization mode"));
  expect(seen).toContain("does not have the required permissions to operate normally");
});

const manifests = join(
  projectRoot,
  "..",
  "shared/upstream/addons/raw.githubusercontent.com/kubernetes/ingress-nginx",
);
const hasManifests = existsSync(manifests);
test.skipIf(!hasManifests)(
  `upstream's manifests, an old and a new one, unchanged, become ready and route${hasManifests ? "" : " (skipped: ../shared is not here)"}`,
  async () => {
    await run(
      "kubectl delete namespace ingress-nginx --wait && kubectl delete ingressclass nginx && kubectl delete validatingwebhookconfiguration ingress-nginx-admission && kubectl create ingress kept --class=nginx --rule='kept.test/*=wear:80'",
    );
    for (const version of ["controller-v1.10.1", "controller-v1.15.1"]) {
      const manifest = await readFile(
        join(manifests, version, "deploy/static/provider/baremetal/deploy.yaml"),
        "utf8",
      );
      await run(`kubectl apply -f - <<'EOF'\n${manifest}\nEOF`);
      await run("kubectl -n ingress-nginx rollout status deployment ingress-nginx-controller --timeout=90s");
      const port = await run(
        "kubectl -n ingress-nginx get service ingress-nginx-controller -o jsonpath='{.spec.ports[0].nodePort}'",
      );
      const answer = () =>
        run(`curl -s --max-time 5 -H 'Host: kept.test' http://172.30.7.10:${port}/ || true`);
      expect(await eventually(answer, (text) => text === "wear", 20_000), version).toBe("wear");
      await run(`kubectl delete --ignore-not-found -f - <<'EOF'\n${manifest}\nEOF`);
    }
    await run("kubectl delete ingress kept");
  },
  400_000,
);
