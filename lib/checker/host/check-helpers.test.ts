import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rm } from "node:fs/promises";
import type { CheckResult } from "@/lib/contract/check";
import { compileChecks } from "@/lib/lab/compile-checks";
import { buildWorker } from "../testing/build-worker";
import { fakeProbe, type FakeCluster } from "../testing/fake-probe";
import { runChecks } from "./run-checks";

let workerFile: string;
beforeAll(async () => {
  workerFile = await buildWorker();
});
afterAll(() => rm(workerFile, { force: true }));

/** One check with this body over a fake cluster. */
async function grade(body: string, cluster: FakeCluster): Promise<CheckResult> {
  const source = await compileChecks({
    "checks.ts": `import { check, conditionOf, defineChecks, flagOf } from "examctl/checks";
      void [conditionOf, flagOf];
      export default defineChecks({ q: check(async (t) => { ${body} }) });`,
  });
  const questions = [{ questionId: "q", pointsMax: 4 }];
  const run = { source, parameters: {}, questions, deadlineMs: 20_000 };
  const [result] = await runChecks(run, fakeProbe(cluster), { workerFile });
  return result!;
}
const evidenceOf = ({ evidence }: CheckResult) =>
  evidence.map(({ label, seen, source, passed }) => ({ label, seen, source, passed }));

describe("the helpers of a check", { timeout: 120_000 }, () => {
  const workload = (status: object) => ({
    metadata: { name: "web", namespace: "shop", generation: 2 },
    spec: { replicas: 2 },
    status: { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2, ...status },
  });

  it("wait for a rollout and say what is missing", async () => {
    let looks = 0;
    const states = [{ observedGeneration: 1 }, { updatedReplicas: 1 }, { availableReplicas: 1 }, {}];
    const live: FakeCluster = {
      objects: {
        get deployments() {
          return [workload(states[Math.min(looks++, 3)]!)];
        },
      },
    };
    const body = `await t.expectRollout("Deployment", { namespace: "shop", name: "web" });`;
    expect(await grade(body, live)).toMatchObject({ outcome: "passed" });
    expect(looks).toBe(4);
    const stuck = { objects: { deployments: [workload({ replicas: 3 })] } };
    const failed = await grade(body.replace("});", "}, { withinMs: 100 });"), stuck);
    expect(evidenceOf(failed)).toEqual([
      {
        label: "Deployment shop/web is rolled out",
        ...{ seen: "1 old pods", source: "kubectl rollout status deployment/web -n shop", passed: false },
      },
    ]);
  });

  it("tell a DaemonSet's and a StatefulSet's rollout by their own fields", async () => {
    const object = (name: string, status: object) => ({
      ...workload({}),
      metadata: { name, namespace: "a" },
      status,
    });
    const objects = {
      daemonsets: [
        object("done", { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 }),
        object("half", { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1 }),
      ],
      statefulsets: [
        object("old", { readyReplicas: 2, currentRevision: "a", updateRevision: "b", updatedReplicas: 1 }),
      ],
    };
    const result = await grade(
      `for (const [kind, name] of [["DaemonSet", "done"], ["DaemonSet", "half"], ["StatefulSet", "old"]] as const)
        await t.expectRollout(kind, { namespace: "a", name }, { withinMs: 1 });`,
      { objects },
    );
    expect(evidenceOf(result).map(({ seen }) => seen)).toEqual([
      "rolled out",
      "1 of 2 available",
      "1 updated",
    ]);
  });

  it("expect who reaches whom, each pair by itself, until it is so", async () => {
    const pod = (name: string, podIP: string) => ({
      metadata: { name, namespace: "shop" },
      status: { podIP },
    });
    let calls = 0;
    const result = await grade(
      `const pods = { front: { namespace: "shop", name: "front" }, api: { namespace: "shop", name: "api" } };
       await t.expectConnectivity(pods, { front: { api: true }, api: { front: false } }, { port: 8080, weight: 1 });`,
      {
        objects: { pods: [pod("front", "10.0.0.1"), pod("api", "10.0.0.2")] },
        exec: (_, argv) => {
          const isToApi = argv.at(-1) === "http://10.0.0.2:8080/";
          // The policy that lets api in comes a moment later.
          return isToApi && ++calls > 1
            ? { stdout: "", stderr: '\n{"status":404,"headers":{}}' }
            : { exitCode: 28, stderr: 'curl: (28) Connection timed out\n\n{"status":0,"headers":{}}' };
        },
      },
    );
    expect(result).toMatchObject({ outcome: "passed", points: 4 });
    expect(evidenceOf(result).map(({ label, source }) => [label, source])).toEqual([
      [
        "shop/front reaches shop/api at port 8080",
        "kubectl exec -n shop front -- curl -m 2 http://10.0.0.2:8080/",
      ],
      [
        "shop/api does not reach shop/front at port 8080",
        "kubectl exec -n shop api -- curl -m 2 http://10.0.0.1:8080/",
      ],
    ]);
    expect(result.evidence[0]!.seen).toBe("404");
    expect(calls).toBe(2);
  });

  it("read endpoints and conditions", async () => {
    const slice = {
      metadata: { name: "web-1", namespace: "shop" },
      endpoints: [
        { addresses: ["10.0.0.2"], nodeName: "node01", targetRef: { kind: "Pod", name: "web-b" } },
        { addresses: ["10.0.0.1"], conditions: { ready: false } },
      ],
      ports: [{ port: 80 }],
    };
    const result = await grade(
      `t.expect("endpoints", await t.endpoints({ namespace: "shop", name: "web" })).toBe([
         { address: "10.0.0.1", port: 80, ready: false, pod: undefined, node: undefined },
         { address: "10.0.0.2", port: 80, ready: true, pod: "web-b", node: "node01" },
       ]);
       const node = await t.mustGet("Node", { name: "node01" });
       t.expect("ready", conditionOf(node, "Ready")).toBe("False");
       t.expect("no such condition", conditionOf(node, "Programmed")).toBeAbsent();`,
      {
        objects: {
          endpointslices: [slice],
          nodes: [
            {
              metadata: { name: "node01" },
              status: { conditions: [{ type: "Ready", status: "False" }] },
            } as never,
          ],
        },
      },
    );
    expect(result).toMatchObject({ outcome: "passed" });
  });

  it("read a node: processes, rules, journal, certificates, releases of helm", async () => {
    const answers: Record<string, string> = {
      ps: "    1       0 root     /sbin/init\n   42       1 root     /usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --v 2\n",
      "iptables-save":
        '*nat\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -d 10.96.0.10/32 -m comment --comment "kube-system/kube-dns:dns cluster IP" -j KUBE-SVC-X\nCOMMIT\n',
      journalctl: 'err="open /etc/kubernetes/pki/gone.crt: no such file or directory"\n',
      openssl:
        "subject=CN=shop.example\nissuer=CN=lab\nnotBefore=2026-01-01 00:00:00Z\nnotAfter=2027-01-01 00:00:00Z\nX509v3 Subject Alternative Name: \n    DNS:shop.example, IP Address:10.0.0.1\n",
      helm: '[{"name":"web","namespace":"shop","revision":"3","status":"deployed","chart":"web-1.2.0","app_version":"1.27"}]',
    };
    const result = await grade(
      `const node = t.node("node01");
       const kubelet = (await node.processes()).find(({ name }) => name === "kubelet")!;
       t.expect("config", flagOf(kubelet, "config")).toBe("/var/lib/kubelet/config.yaml");
       t.expect("v", flagOf(kubelet, "v")).toBe("2");
       const [rule] = await node.iptables("nat");
       t.expect("rule", [rule!.chain, rule!.target, rule!.comment]).toBe(["KUBE-SERVICES", "KUBE-SVC-X", "kube-system/kube-dns:dns cluster IP"]);
       t.expect("journal", await node.journal("kubelet")).toContain("gone.crt");
       const shown = await node.certificate({ file: "/etc/tls.crt" });
       t.expect("certificate", [shown?.subject, shown?.notAfter.getUTCFullYear(), shown?.names]).toBe(["CN=shop.example", 2027, ["shop.example", "10.0.0.1"]]);
       const [release] = await node.helmReleases();
       t.expect("release", release).toBe({ name: "web", namespace: "shop", revision: 3, status: "deployed", chart: "web-1.2.0", appVersion: "1.27" });`,
      { nodes: ["node01"], exec: (_, argv) => answers[argv[0]!] },
    );
    expect(evidenceOf(result).filter(({ passed }) => !passed)).toEqual([]);
    expect(evidenceOf(result).map(({ source }) => source)).toEqual([
      ...[
        "node01# ps aux",
        "node01# ps aux",
        "node01# iptables-save -t nat",
        "node01# journalctl -u kubelet",
      ],
      ...["node01# openssl x509 -noout -text -in /etc/tls.crt", "node01# helm list -A"],
    ]);
  });

  it("read a pod's log from its node, without the runtime's marks", async () => {
    const pod = {
      metadata: { name: "web", namespace: "shop", uid: "u-1" },
      spec: { nodeName: "node01", containers: [{ name: "nginx", image: "nginx" }] },
    };
    const asked: string[][] = [];
    const result = await grade(
      `const text = await t.logs({ namespace: "shop", name: "web" });
       t.expect("the log", text).toBe("one line\\nanother\\n");`,
      {
        nodes: ["node01"],
        objects: { pods: [pod] },
        exec: (_, argv) => {
          asked.push(argv);
          return "2026-01-01T00:00:00Z stdout P one \n2026-01-01T00:00:00Z stdout F line\n2026-01-01T00:00:01Z stderr F another\n";
        },
      },
    );
    expect(evidenceOf(result)).toMatchObject([{ passed: true, source: "kubectl logs -n shop web -c nginx" }]);
    expect(asked[0]).toContain("/var/log/pods/shop_web_u-1/nginx");
  });

  it("look at another cluster of the lab", async () => {
    const pod = (of: string) => ({
      metadata: { name: "web", namespace: "shop", uid: of },
      spec: { containers: [{ name: "nginx", image: "nginx" }] },
    });
    const places: unknown[] = [];
    const result = await grade(
      `const ops = t.inCluster("ops");
       t.expect("first", (await t.mustGet("Pod", { namespace: "shop", name: "web" })).metadata.uid).toBe("first");
       t.expect("ops", (await ops.cluster.list("Pod"))[0]?.metadata.uid).toBe("second");
       await ops.pod("shop", "web").exec(["true"]);`,
      {
        objects: { pods: [pod("first")], "ops/pods": [pod("second")] },
        exec: (place) => void places.push(place),
      },
    );
    expect(evidenceOf(result)).toMatchObject([
      { passed: true, source: "kubectl get pods web -n shop -o yaml" },
      { passed: true, source: "kubectl --context ops get pods" },
    ]);
    expect(places).toEqual([{ namespace: "shop", pod: "web", cluster: "ops" }]);
  });
});
