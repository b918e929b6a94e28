import { afterAll, beforeAll, expect, it } from "vitest";
import { compileChecks } from "@/lib/lab/compile-checks";
import { startReadyLab, startTestClusterd, type TestClusterd } from "./testing";

let clusterd: TestClusterd;
const labId = "checked-lab";

const manifests = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  nodeName: node01
  containers: [{ name: nginx, image: nginx }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: client }
spec:
  nodeName: controlplane
  containers: [{ name: shell, image: busybox, command: [sleep, "3600"] }]
`;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  await startReadyLab(clusterd.client, labId);
  const { exitCode, stderr } = await clusterd.client.call("lab.exec", {
    labId,
    node: "controlplane",
    argv: ["kubectl", "apply", "-f", "-"],
    stdin: manifests,
  });
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
}, 420_000);
afterAll(() => clusterd?.close());

async function grade(checks: string, ids: string[]) {
  const source = await compileChecks({
    "checks.ts": `import { check, defineChecks } from "examctl/checks";\nexport default defineChecks({${checks}});`,
  });
  const { results } = await clusterd.client.call(
    "check.run",
    {
      labId,
      source,
      parameters: {},
      questions: ids.map((questionId) => ({ questionId, pointsMax: 1 })),
      deadlineMs: 60_000,
    },
    { timeoutMs: 90_000 },
  );
  return results;
}

it("looks at objects, nodes, containers and the traffic between them", async () => {
  const results = await grade(
    `ready: check(async (t) => {
      await t.eventually(async () => {
        for (const name of ["web", "client"]) {
          const pod = await t.mustGet("Pod", { namespace: "default", name });
          const ready = pod.status.conditions?.find(({ type }) => type === "Ready")?.status;
          t.expect(name + " is ready", ready).toBe("True");
        }
      }, { withinMs: 20_000 });
    }),
    node: check(async (t) => {
      t.expect("hostname", (await t.node("node01").output(["hostname"])).trim()).toBe("node01");
      t.expect("stdin", (await t.node("node01").exec(["cat"], { stdin: "grüße" })).stdout).toBe("grüße");
      t.expect("exit code", (await t.node("node01").sh("exit 7")).exitCode).toBe(7);
      t.expect("a file", (await t.node("node01").file("/etc/hostname"))?.text.trim()).toBe("node01");
      t.expect("no file", await t.node("node01").file("/etc/none")).toBeAbsent();
      const slow = await t.node("node01").exec(["sleep", "60"], { timeoutMs: 500 });
      t.expect("a command that hangs is ended", slow.timedOut).toBe(true);
      const much = await t.node("node01").sh("head -c 3000000 /dev/zero | tr '\\\\0' x");
      t.expect("output is cut", [much.truncated, much.stdout.length]).toBe([true, 262144]);
    }),
    pod: check(async (t) => {
      await t.eventually(async () => {
        t.expect("a command in a container", (await t.pod("default", "client").output(["cat", "/etc/hostname"])).trim()).toBe("client");
      });
      const { stdout } = await t.pod("default", "client", "shell").sh("read line; echo got $line", { stdin: "it\\n" });
      t.expect("stdin of a container", stdout.trim()).toBe("got it");
    }),
    traffic: check(async (t) => {
      await t.eventually(async () => {
        const { status } = await t.mustGet("Pod", { namespace: "default", name: "web" });
        t.expect("the pod answers a node", (await t.node("controlplane").http("http://" + status.podIP + "/")).status).toBe(200);
        const { spec } = await t.mustGet("Service", { namespace: "default", name: "web" });
        const page = await t.pod("default", "client").http("http://" + spec.clusterIP + "/");
        t.expect("the service answers a pod whose image has no curl", [page.status, page.error]).toBe([200, ""]);
        t.expect("its body", page.body).toContain("nginx");
      });
      const refused = await t.node("controlplane").http("http://127.0.0.1:9/");
      t.expect("nobody listens", [refused.status, /refused|Failed to connect/.test(refused.error)]).toBe([0, true]);
    })`,
    ["ready", "node", "pod", "traffic"],
  );
  expect(
    results
      .filter(({ outcome }) => outcome !== "passed")
      .map(({ questionId, reason, evidence }) => ({ questionId, reason, evidence })),
  ).toEqual([]);
});

it("fails for what a student may have removed, and cannot grade what is broken, beside honest checks", async () => {
  const results = await grade(
    `gone: check(async (t) => { await t.pod("default", "gone").exec(["true"]); t.points(1); }),
    noNode: check(async (t) => { await t.node("node07").exec(["true"]); t.points(1); }),
    noTool: check(async (t) => { await t.node("node01").output(["no-such-program"]); t.points(1); }),
    loop: check(() => { for (;;); }),
    memory: check(() => { const a = []; for (;;) a.push(new Array(10000).fill(1)); }),
    honest: check(async (t) => { t.expect("two nodes", (await t.cluster.list("Node")).length).toBe(2); })`,
    ["loop", "memory", "gone", "noNode", "noTool", "honest"],
  );
  expect(results.map(({ questionId, outcome }) => [questionId, outcome])).toEqual([
    ["loop", "ungradable"],
    ["memory", "ungradable"],
    ["gone", "failed"],
    ["noNode", "failed"],
    ["noTool", "ungradable"],
    ["honest", "passed"],
  ]);
  expect(results[2]!.reason).toBe("There is no pod default/gone.");
});

it("goes on grading while the lab's API server port is closed", async () => {
  const onControlPlane = (argv: string[]) =>
    clusterd.client.call("lab.exec", { labId, node: "controlplane", argv });
  await onControlPlane(["iptables", "-I", "INPUT", "-p", "tcp", "--dport", "6443", "-j", "REJECT"]);
  try {
    const kubectl = await onControlPlane(["kubectl", "get", "nodes", "--request-timeout=3s"]);
    expect(kubectl.exitCode).not.toBe(0);
    const [result] = await grade(
      'honest: check(async (t) => { t.expect("two nodes", (await t.cluster.list("Node")).length).toBe(2); })',
      ["honest"],
    );
    expect(result).toMatchObject({ outcome: "passed" });
  } finally {
    await onControlPlane(["iptables", "-D", "INPUT", "-p", "tcp", "--dport", "6443", "-j", "REJECT"]);
  }
});
