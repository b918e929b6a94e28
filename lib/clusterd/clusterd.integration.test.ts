import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "@/lib/core/testing";
import type { Pod } from "@/lib/cluster/resources/types";
import { nodesAreGone } from "./ensure-sandbox";
import { startReadyLab, startTestClusterd, twoNodes, type TestClusterd } from "./testing";

const labId = "lab-integration";
let clusterd: TestClusterd;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  const status = await startReadyLab(clusterd.client, labId);
  expect(status.steps.map(({ state }) => state)).toEqual(Array(6).fill("done"));
}, 400_000);

afterAll(async () => {
  await clusterd?.close();
}, 300_000);

async function run(command: string, node = "controlplane"): Promise<string> {
  const result = await clusterd.client.call("lab.exec", { labId, node, argv: ["bash", "-c", command] });
  if (result.exitCode !== 0) throw new Error(`${command}: ${result.stderr}`);
  return result.stdout;
}

const systemPods = async () =>
  (JSON.parse(await run("kubectl get pods -n kube-system -o json")) as { items: Pod[] }).items;
const allRun = (pods: Pod[]) =>
  pods.length >= 8 && pods.every((pod) => pod.status?.containerStatuses?.every(({ ready }) => ready));

/** What must not change when only clusterd is gone for a moment. */
const identity = (pods: Pod[]) =>
  pods
    .map(({ metadata, status }) => ({
      name: metadata.name,
      uid: metadata.uid,
      ip: status?.podIP,
      containers: status?.containerStatuses?.map(({ containerID, restartCount }) => ({
        containerID,
        restartCount,
      })),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

test("kubectl on the control plane shows both nodes Ready", async () => {
  const nodes = await run(
    `kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status} {.spec.podCIDR}{"\\n"}{end}'`,
  );
  expect(nodes).toBe("controlplane True 10.244.0.0/24\nnode01 True 10.244.1.0/24\n");
});

test("all pods of kube-system come to run, one of coredns on each node", async () => {
  const pods = await eventually(systemPods, allRun);
  expect(pods.map(({ metadata }) => metadata.name.replace(/-[a-z0-9]{5}$/, "")).sort()).toEqual([
    expect.stringMatching(/^coredns-/),
    expect.stringMatching(/^coredns-/),
    "etcd-controlplane",
    "kube-apiserver-controlplane",
    "kube-controller-manager-controlplane",
    "kube-proxy",
    "kube-proxy",
    "kube-scheduler-controlplane",
  ]);
  expect(pods.every(({ status }) => status?.phase === "Running")).toBe(true);
  const dnsNodes = pods
    .filter(({ metadata }) => metadata.labels?.["k8s-app"] === "kube-dns")
    .map(({ spec }) => spec.nodeName);
  expect(dnsNodes.sort()).toEqual(["controlplane", "node01"]);
});

test("the control plane's processes listen where the real ones do", async () => {
  const sockets = await run("ss -ltnpH");
  for (const [port, name] of [
    [6443, "kube-apiserver"],
    [2379, "etcd"],
    [2380, "etcd"],
    [10259, "kube-scheduler"],
    [10257, "kube-controller"],
    [10250, "kubelet"],
  ])
    expect(sockets).toMatch(new RegExp(`:${port}\\s.*"${name}"`));
  expect(await run("ps aux")).toContain("--service-cluster-ip-range=10.96.0.0/12");
});

test("the container bridge is up, with the range of the node and a route to the other node's", async () => {
  await eventually(systemPods, allRun);
  expect(await run("ip -br address show cni0")).toMatch(/^cni0\s+UP\s+10\.244\.0\.1\/24/);
  expect(await run("ip route")).toContain("10.244.1.0/24 via 172.30.7.11 dev eth0");
});

test("kube-proxy's rules lead from the Service to the DNS pods", async () => {
  const rules = await eventually(
    () => run("iptables-save -t nat"),
    (text) => text.includes("kube-system/kube-dns:dns ->"),
  );
  expect(rules).toContain('--comment "kube-system/kube-dns:dns cluster IP"');
});

test("a Deployment runs, is scaled, and its Service follows", async () => {
  await run("kubectl delete deployment,service web --ignore-not-found"); // of an attempt that failed
  await run("kubectl create deployment web --image=nginx:1.27 --replicas=2");
  await run("kubectl rollout status deployment/web --timeout=90s");
  await run(
    "kubectl scale deployment web --replicas=3 && kubectl rollout status deployment/web --timeout=90s",
  );
  await run("kubectl expose deployment web --port=80");
  const endpoints = await eventually(
    () =>
      run(
        "kubectl get endpointslices -l kubernetes.io/service-name=web -o jsonpath='{.items[*].endpoints[*].addresses[0]}'",
      ),
    (text) => text.split(" ").length === 3,
  );
  expect(endpoints.split(" ")).toHaveLength(3);
  await run("kubectl delete deployment,service web --wait=false");
  const left = await eventually(
    () => run("kubectl get pods,replicasets,endpointslices -n default -o name"),
    (text) => !text.includes("web"),
    60_000,
  );
  expect(left).not.toContain("web");
}, 300_000);

test("kill -9 of a shard changes no object and no container", async () => {
  const before = identity(await eventually(systemPods, allRun));
  const [shard] = (await clusterd.client.call("health", {})).shards;
  process.kill(shard!.pid, "SIGKILL");
  const health = await eventually(
    () => clusterd.client.call("health", {}),
    ({ shards }) => shards[0]!.pid !== shard!.pid,
  );
  expect(health.shards[0]!.pid).not.toBe(shard!.pid);
  const status = await clusterd.client.call("lab.status", { labId });
  expect(status.phase).toBe("ready");
  expect(identity(await eventually(systemPods, allRun))).toEqual(before);
});

test("kill -9 of clusterd changes no object and no container, and kubectl works again", async () => {
  const before = identity(await eventually(systemPods, allRun));
  await clusterd.kill();
  await clusterd.restart();
  expect((await clusterd.client.call("lab.status", { labId })).phase).toBe("ready");
  expect(identity(await eventually(systemPods, allRun))).toEqual(before);
  // The pods of a workload are neither lost nor made twice.
  expect(await run("kubectl get replicasets -n kube-system --no-headers | wc -l")).toBe("1\n");
});

test("lab.stop leaves no sandbox and no file, and can be repeated", async () => {
  await clusterd.client.call("lab.stop", { labId });
  expect((await clusterd.labd.client.call("sandbox.list", {})).sandboxes).toEqual([]);
  expect(existsSync(join(clusterd.labd.dataDir, "clusters", labId))).toBe(false);
  await clusterd.client.call("lab.stop", { labId });
  await expect(clusterd.client.call("lab.status", { labId })).rejects.toMatchObject({ code: "not-found" });
});

test("a lab whose sandbox went while clusterd was away fails, is known all the time, and can be started again", async () => {
  await startReadyLab(clusterd.client, labId);
  await clusterd.kill();
  await clusterd.labd.client.call("sandbox.destroy", { sandboxId: labId });
  await clusterd.restart();
  const status = await eventually(
    () => clusterd.client.call("lab.status", { labId }),
    ({ phase }) => phase === "failed",
  );
  expect(status).toMatchObject({ phase: "failed", error: nodesAreGone });
  expect((await clusterd.labd.client.call("sandbox.list", {})).sandboxes).toEqual([]);
  await clusterd.client.call("lab.stop", { labId });
  expect(existsSync(join(clusterd.labd.dataDir, "clusters", labId))).toBe(false);
  await startReadyLab(clusterd.client, labId);
  expect(await run("kubectl get nodes -o name")).toBe("node/controlplane\nnode/node01\n");
  await clusterd.client.call("lab.stop", { labId });
}, 300_000);

test("a lab of a walk that died is ended by itself, across a restart of clusterd; one that is asked for is not", async () => {
  const environment = twoNodes();
  for (const id of ["walk-left", "walk-kept"])
    await clusterd.client.call("lab.start", { labId: id, environment, idleMsMax: 20_000 });
  expect((await clusterd.client.call("health", {})).passingLabs).toBe(2);
  await clusterd.kill();
  await clusterd.restart();
  expect((await clusterd.client.call("health", {})).passingLabs).toBe(2);
  await eventually(
    async () => {
      await clusterd.client.call("lab.status", { labId: "walk-kept" });
      return (await clusterd.client.call("lab.list", {})).labs.map((lab) => lab.labId);
    },
    (labs) => !labs.includes("walk-left"),
    120_000,
  );
  expect(await clusterd.client.call("lab.list", {})).toMatchObject({ labs: [{ labId: "walk-kept" }] });
  expect((await clusterd.labd.client.call("sandbox.list", {})).sandboxes).toHaveLength(1);
  await clusterd.client.call("lab.stop", { labId: "walk-kept" });
  expect((await clusterd.client.call("health", {})).passingLabs).toBe(0);
}, 300_000);

test("a lab whose record cannot be read is set aside, and the others run", async () => {
  await startReadyLab(clusterd.client, labId);
  await clusterd.client.call("lab.start", { labId: "lab-damaged", environment: twoNodes() });
  await clusterd.kill();
  const clusters = join(clusterd.labd.dataDir, "clusters");
  await writeFile(join(clusters, "lab-damaged/lab.json"), "{");
  await clusterd.restart();
  expect((await clusterd.client.call("lab.status", { labId })).phase).toBe("ready");
  expect(clusterd.log()).toContain("a lab's record cannot be read");
  expect(existsSync(join(clusters, "lab-damaged.unreadable/lab.json"))).toBe(true);
  await clusterd.client.call("lab.stop", { labId: "lab-damaged" });
  await clusterd.client.call("lab.stop", { labId });
  expect((await clusterd.labd.client.call("sandbox.list", {})).sandboxes).toEqual([]);
}, 300_000);
