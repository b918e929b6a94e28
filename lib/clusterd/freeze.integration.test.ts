import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "@/lib/core/clock";
import type { LabStatus } from "@/lib/contract/clusterd";
import type { Pod } from "@/lib/cluster/resources/types";
import { startReadyLab, startTestClusterd, type TestClusterd, untilSettled } from "./testing";

const labId = "lab-freeze";
let clusterd: TestClusterd;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  await startReadyLab(clusterd.client, labId);
}, 400_000);
afterAll(() => clusterd?.close(), 300_000);

async function run(command: string, node = "controlplane", lab = labId): Promise<string> {
  const argv = ["bash", "-c", command];
  const result = await clusterd.client.call("lab.exec", { labId: lab, node, argv });
  if (result.exitCode !== 0) throw new Error(`${command}: ${result.stderr}`);
  return result.stdout;
}

function thaw(lab = labId, frozenId?: string): Promise<LabStatus> {
  const { client } = clusterd;
  return untilSettled(client, client.call("lab.thaw", { labId: lab, ...(frozenId ? { frozenId } : {}) }));
}

const settled = () => untilSettled(clusterd.client, clusterd.client.call("lab.status", { labId }));

const pods = async (lab = labId) =>
  (JSON.parse(await run("kubectl get pods -A -o json", "controlplane", lab)) as { items: Pod[] }).items;

/** What a student and a checker can tell a cluster by. */
async function identity(lab = labId) {
  const of = (command: string, node = "controlplane") => run(command, node, lab);
  return {
    pods: (await pods(lab))
      .map(({ metadata, spec, status }) => ({
        name: metadata.name,
        uid: metadata.uid,
        node: spec.nodeName,
        ip: status?.podIP,
        phase: status?.phase,
        containers: status?.containerStatuses?.map(({ containerID, restartCount }) => ({
          containerID,
          restartCount,
        })),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    objects: await of("kubectl get nodes,services,configmaps,secrets,serviceaccounts -A -o name | sort"),
    nodes: await of(
      "kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.uid} {.spec.podCIDR}\n{end}'",
    ),
    keys: await of("cat /etc/kubernetes/pki/*.crt /root/.kube/config /etc/machine-id"),
    // "@if3" is a number that the host counts up.
    network: await of(
      "{ ip -br -4 address show eth0; ip -br -4 address show cni0; } | sed 's/@if[0-9]*//'; ip route | sort",
    ),
    ipam: await of("cd /var/lib/cni/networks && grep -r . . | sort", "node01"),
    file: await of("cat /root/note"),
  };
}

/** Of workloads: the control plane's own pods have slow probes. */
async function untilAllReady(lab = labId): Promise<void> {
  const untilMs = performance.now() + 120_000;
  const isReady = (pod: Pod) =>
    pod.metadata.name.endsWith("-controlplane") || pod.status?.containerStatuses?.every(({ ready }) => ready);
  while (!(await pods(lab)).every(isReady)) {
    if (performance.now() > untilMs) throw new Error("the pods do not get ready");
    await systemClock.sleep(100);
  }
}

const curl =
  "curl -s --max-time 2 -o /dev/null -w '%{http_code}' http://$(kubectl get service web -o jsonpath={.spec.clusterIP})";

test("a frozen lab takes nothing but its archive; thawed it has the same objects, files, addresses and keys", async () => {
  await run("echo mine > /root/note; kubectl create deployment web --image=nginx:1.27 --replicas=3");
  await run("kubectl rollout status deployment/web --timeout=90s; kubectl expose deployment web --port=80");
  await run("kubectl exec deploy/web -- sh -c 'echo frozen > /usr/share/nginx/html/kept.html'");
  await untilAllReady();
  const before = await identity();

  const frozen = await clusterd.client.call("lab.freeze", { labId });
  expect(frozen.sizeBytes).toBeLessThan(2 << 20);
  expect((await clusterd.labd.client.call("sandbox.list", {})).sandboxes).toEqual([]);
  expect(readdirSync(join(clusterd.labd.dataDir, "clusters", labId))).toEqual(["lab.json"]);
  expect(await clusterd.client.call("lab.status", { labId })).toMatchObject({ phase: "frozen", frozen });
  expect(await clusterd.client.call("lab.freeze", { labId })).toEqual(frozen);
  await expect(run("true")).rejects.toMatchObject({ code: "unavailable" });

  expect(await thaw()).toMatchObject({ phase: "ready" });
  await untilAllReady();
  expect(await identity()).toEqual(before);
  expect(await run(curl)).toBe("200");
  expect(await run("kubectl get events -A -o name --field-selector reason=SandboxChanged")).toBe("");
  expect(readdirSync(join(clusterd.labd.dataDir, "frozen"))).toEqual([]);
}, 300_000);

test("clusterd killed while it freezes or thaws leaves the lab running or frozen, and it goes on", async () => {
  const before = await identity();
  for (const delayMs of [20, 120, 250]) {
    const freezing = clusterd.client.call("lab.freeze", { labId }).catch(() => undefined);
    await systemClock.sleep(delayMs);
    await clusterd.kill();
    await freezing;
    await clusterd.restart();
    const { phase } = await settled();
    expect(["ready", "frozen"]).toContain(phase);
    if (phase === "ready") await clusterd.client.call("lab.freeze", { labId });
    await clusterd.client.call("lab.thaw", { labId });
    await systemClock.sleep(delayMs);
    await clusterd.kill();
    await clusterd.restart();
    expect(await settled()).toMatchObject({ phase: "ready" });
  }
  await untilAllReady();
  expect(await identity()).toEqual(before);
}, 300_000);

test("data that are kept make any number of labs of another name, until they are removed", async () => {
  const { frozenId } = await clusterd.client.call("lab.freeze", { labId });
  await clusterd.client.call("lab.stop", { labId, keepFrozen: true });
  expect(existsSync(join(clusterd.labd.dataDir, "clusters", labId))).toBe(false);
  for (const copy of ["copy-a", "copy-b"]) {
    expect(await thaw(copy, frozenId)).toMatchObject({ phase: "ready", labId: copy });
    expect(await run("cat /root/note; kubectl get deploy web -o name", "controlplane", copy)).toBe(
      "mine\ndeployment.apps/web\n",
    );
    await clusterd.client.call("lab.stop", { labId: copy });
  }
  await clusterd.client.call("frozen.remove", { frozenId });
  await expect(thaw("copy-c", frozenId)).rejects.toMatchObject({ code: "not-found" });
  expect(readdirSync(join(clusterd.labd.dataDir, "frozen-labs"))).toEqual([]);
  expect(readdirSync(join(clusterd.labd.dataDir, "frozen"))).toEqual([]);
}, 300_000);
