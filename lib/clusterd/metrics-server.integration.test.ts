import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAddonLab, type AddonLab } from "@/lib/cluster/addons/testing";
import { projectRoot } from "@/lib/core/paths";
import { eventually } from "@/lib/core/testing";
import { startTestClusterd, type TestClusterd } from "./testing";

let clusterd: TestClusterd;
let lab: AddonLab;

const busy = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: busy }
spec:
  selector: { matchLabels: { app: busy } }
  template:
    metadata: { labels: { app: busy } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: load
          image: busybox:1.36
          command: [sh, -c, "while :; do i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; sleep 0.05; done"]
          resources: { requests: { cpu: 10m } }
        - { name: calm, image: "busybox:1.36", command: [sleep, infinity], resources: { requests: { cpu: 10m } } }
`;
const url = "https://github.com/kubernetes-sigs/metrics-server/releases/latest/download/components.yaml";
const insecure =
  "kubectl -n kube-system patch deployment metrics-server --type=json -p '" +
  '[{"op":"add","path":"/spec/template/spec/containers/0/args/-","value":"--kubelet-insecure-tls"},' +
  '{"op":"replace","path":"/spec/template/spec/containers/0/readinessProbe/initialDelaySeconds","value":1}]' +
  "'";

beforeAll(async () => {
  clusterd = await startTestClusterd();
  lab = await startAddonLab(clusterd, "metrics", [{ name: "bridge" }, { name: "kube-proxy" }]);
  await lab.apply(busy);
  await lab.run("kubectl rollout status deployment busy --timeout=60s");
}, 400_000);
afterAll(() => clusterd?.close(), 300_000);

const log = () => lab.try("kubectl -n kube-system logs -l k8s-app=metrics-server --tail=50 --prefix=false");
const top = (what: string) => lab.try(`kubectl top ${what} --no-headers`);

/** "12m" of a line of `kubectl top`, in thousandths of a processor. */
const millisIn = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);

test("nothing is measured without metrics-server, and with kubeadm's kubelets it believes none", async () => {
  expect(await top("nodes")).toContain("error: Metrics API not available");
  await lab.run(`kubectl apply -f ${url}`);
  const said = await eventually(log, (text) => text.includes("x509"), 60_000);
  expect(said).toContain(
    `"Failed to scrape node" err="Get \\"https://172.30.7.11:10250/metrics/resource\\": tls: failed to verify certificate: x509: cannot validate certificate for 172.30.7.11 because it doesn't contain any IP SANs" node="node01"`,
  );
  expect(await lab.run("kubectl get apiservice v1beta1.metrics.k8s.io --no-headers")).toMatch(
    /False \(MissingEndpoints\)/,
  );
});

test("with --kubelet-insecure-tls kubectl top tells what nodes, pods and containers use", async () => {
  await lab.run(insecure);
  await lab.run("kubectl -n kube-system rollout status deployment metrics-server --timeout=90s");
  const nodes = await eventually(
    () => top("nodes"),
    (text) => /node01 .*%/.test(text),
    30_000,
  );
  expect(nodes).toMatch(/controlplane +\d+m +\d+% +\d+Mi +\d+%/);
  const containers = await eventually(
    () => top("pods --containers -l app=busy"),
    (text) => text.includes("load"),
    30_000,
  );
  const load = millisIn(containers, /load +(\d+)m/);
  expect(load).toBeGreaterThan(5);
  expect(millisIn(containers, /calm +(\d+)m/)).toBeLessThan(load);
  expect(await top("pods -A --sort-by=cpu")).toMatch(/kube-system +kube-apiserver-controlplane +\d+m +\d+Mi/);
  expect(await lab.run("kubectl get --raw /api/v1/nodes/node01/proxy/metrics/resource")).toMatch(
    /container_cpu_usage_seconds_total\{container="load",namespace="default",pod="busy-.*"\} [\d.]+ \d+/,
  );
});

test("a kubelet's metrics are for those who may have them", async () => {
  const kubelet = "https://172.30.7.11:10250/metrics/resource";
  expect(await lab.try(`curl -sk ${kubelet}`)).toBe("Unauthorized");
  expect(
    await lab.try(`curl -sk -H "Authorization: Bearer $(kubectl create token default)" ${kubelet}`),
  ).toBe(
    "Forbidden (user=system:serviceaccount:default:default, verb=get, resource=nodes, subresource(s)=[metrics])\n",
  );
});

test("an autoscaler sizes a Deployment by its real load", async () => {
  await lab.run("kubectl autoscale deployment busy --cpu=20% --min=1 --max=2");
  const replicas = () => lab.run("kubectl get deployment busy -o jsonpath='{.spec.replicas}'");
  expect(await eventually(replicas, (text) => text === "2", 60_000)).toBe("2");
  expect(await lab.run("kubectl describe hpa busy")).toMatch(
    /SuccessfulRescale .*New size: 2; reason: cpu resource utilization \(percentage of request\) above target/,
  );
});

const manifests = join(
  projectRoot,
  "..",
  "shared/upstream/addons/github.com/kubernetes-sigs/metrics-server/releases/download",
);
const isHere = existsSync(manifests);
test.skipIf(!isHere)(
  `upstream's manifests, unchanged but for the flag, become ready${isHere ? "" : " (skipped: ../shared is not here)"}`,
  async () => {
    for (const version of ["v0.7.2", "v0.9.0"]) {
      await lab.apply(await readFile(join(manifests, version, "components.yaml"), "utf8"));
      await lab.run(insecure);
      await lab.run("kubectl -n kube-system rollout status deployment metrics-server --timeout=90s");
      expect(
        await eventually(
          () => top("nodes"),
          (text) => /node01 .*%/.test(text),
          30_000,
        ),
        version,
      ).toMatch(/node01/);
    }
  },
  200_000,
);
