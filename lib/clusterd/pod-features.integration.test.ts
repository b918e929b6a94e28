import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "@/lib/core/testing";
import type { Pod } from "@/lib/cluster/resources/types";
import { startReadyLab, startTestClusterd, type TestClusterd } from "./testing";

/** What a pod may ask of its kubelet beyond the everyday, each thing seen by its effect on the node. */
const labId = "lab-pod-features";
let clusterd: TestClusterd;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  await startReadyLab(clusterd.client, labId);
}, 400_000);

afterAll(() => clusterd?.close(), 60_000);

async function run(command: string, node = "controlplane"): Promise<string> {
  const argv = ["bash", "-c", command];
  const request = { labId, node, argv, timeoutMs: 120_000 };
  const result = await clusterd.client.call("lab.exec", request, { timeoutMs: 150_000 });
  if (result.exitCode !== 0) throw new Error(`${command}: ${result.stderr}${result.stdout}`);
  return result.stdout;
}

async function apply(...items: object[]): Promise<void> {
  const list = Buffer.from(JSON.stringify({ apiVersion: "v1", kind: "List", items })).toString("base64");
  await run(`base64 -d <<'END' | kubectl apply -f - >/dev/null\n${list}\nEND`);
}

function pod(name: string, container: object, spec: object = {}): object {
  const main = { name: "main", image: "busybox:1.28", command: ["sleep", "3600"], ...container };
  return {
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name, labels: { app: name } } },
    spec: { nodeName: "node01", terminationGracePeriodSeconds: 1, containers: [main], ...spec },
  };
}

const agnhost = {
  image: "registry.k8s.io/e2e-test-images/agnhost:2.53",
  command: undefined,
  args: ["netexec"],
};
const shell = (script: string) => ({ command: ["sh", "-c", script] });
const get = async (name: string) => JSON.parse(await run(`kubectl get pod ${name} -o json`)) as Pod;
const main = ({ status }: Pod) => status?.containerStatuses?.[0];
const ready = (name: string) =>
  eventually(
    () => get(name),
    (of) => main(of)?.ready === true,
  );
const events = (name: string) =>
  run(
    `kubectl get events --field-selector involvedObject.name=${name} -o jsonpath='{range .items[*]}{.type} {.reason} {.message}{"\\n"}{end}'`,
  );
const eventLike = (name: string, text: string) =>
  eventually(
    () => events(name),
    (all) => all.includes(text),
  );

test("probes by gRPC and by HTTPS follow what the servers say", async () => {
  // The health service of gRPC, SERVING unless a file says otherwise.
  const server = `require("http2").createServer().on("stream", (stream) => {
    const status = require("fs").existsSync("/tmp/down") ? 2 : 1;
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.from([0, 0, 0, 0, 2, 8, status]));
  }).listen(9000)`;
  const everySecond = { periodSeconds: 1, failureThreshold: 1 };
  const https = (path: string) => ({
    httpGet: { scheme: "HTTPS", host: "172.30.7.10", port: 6443, path },
    ...everySecond,
  });
  await apply(
    pod("grpc", {
      ...{ image: "node:20-alpine", command: ["node", "-e", server] },
      readinessProbe: { grpc: { port: 9000 }, ...everySecond },
    }),
    pod("https", { readinessProbe: https("/livez") }),
    pod("https-bad", { readinessProbe: https("/nosuch") }),
  );
  await ready("grpc");
  await ready("https");
  expect(await eventLike("https-bad", "Unhealthy")).toMatch(
    /Warning Unhealthy Readiness probe failed: HTTP probe failed with statuscode: 40[134]/,
  );
  await run("kubectl exec grpc -- touch /tmp/down");
  expect(await eventLike("grpc", "NOT_SERVING")).toContain(
    'Warning Unhealthy Readiness probe failed: service unhealthy (responded with "NOT_SERVING")',
  );
  const unready = await eventually(
    () => get("grpc"),
    (of) => main(of)?.ready === false,
  );
  expect(main(unready)?.ready).toBe(false);
  await run("kubectl delete pod grpc https https-bad --now");
});

test("hooks by HTTP and by sleep run, and one that fails ends its container", async () => {
  await apply(
    pod(
      "http-hook",
      {
        ...agnhost,
        lifecycle: {
          preStop: { httpGet: { port: 8080, path: "/shell?shellCommand=touch%20/shared/stopped" } },
        },
        volumeMounts: [{ name: "shared", mountPath: "/shared" }],
      },
      { volumes: [{ name: "shared", hostPath: { path: "/tmp/hook", type: "DirectoryOrCreate" } }] },
    ),
    pod(
      "sleep-hook",
      { lifecycle: { preStop: { sleep: { seconds: 2 } } } },
      { terminationGracePeriodSeconds: 3 },
    ),
    pod("bad-hook", { lifecycle: { postStart: { exec: { command: ["sh", "-c", "exit 4"] } } } }),
  );
  await ready("http-hook");
  await ready("sleep-hook");
  await run("kubectl delete pod http-hook");
  await run("ls /tmp/hook/stopped", "node01");
  const startedMs = performance.now();
  await run("kubectl delete pod sleep-hook");
  expect(performance.now() - startedMs).toBeGreaterThan(2000);
  const told = await eventLike("bad-hook", "FailedPostStartHook");
  expect(told).toContain("Warning FailedPostStartHook PostStartHook failed");
  expect(told).toContain("Normal Killing FailedPostStartHook");
  const again = await eventually(
    () => get("bad-hook"),
    (of) => (main(of)?.restartCount ?? 0) > 0,
  );
  expect(main(again)?.restartCount).toBeGreaterThan(0);
  await run("kubectl delete pod bad-hook --now");
});

test("resolv.conf is as dnsPolicy and dnsConfig say, and the names resolve", async () => {
  const dnsConfig = {
    nameservers: ["192.0.2.1"],
    searches: ["one.example", "two.example"],
    options: [{ name: "ndots", value: "2" }, { name: "edns0" }],
  };
  await apply(
    pod("none", {}, { dnsPolicy: "None", dnsConfig }),
    pod("default", {}, { dnsPolicy: "Default" }),
    pod("host", {}, { hostNetwork: true }),
    pod("host-cluster", {}, { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }),
    pod("more", {}, { dnsConfig: { searches: ["three.example"], options: [{ name: "ndots", value: "1" }] } }),
  );
  const of = async (name: string) => {
    await ready(name);
    return (await run(`kubectl exec ${name} -- cat /etc/resolv.conf`)).trim().split("\n").sort();
  };
  expect(await of("none")).toEqual([
    "nameserver 192.0.2.1",
    "options ndots:2 edns0",
    "search one.example two.example",
  ]);
  const node = (await run("grep ^nameserver /etc/resolv.conf", "node01")).trim().split("\n").sort();
  for (const name of ["default", "host"])
    expect((await of(name)).filter((line) => line.startsWith("nameserver"))).toEqual(node);
  const cluster = "default.svc.cluster.local svc.cluster.local cluster.local";
  expect(await of("host-cluster")).toEqual(["nameserver 10.96.0.10", "options ndots:5", `search ${cluster}`]);
  expect(await of("more")).toEqual([
    "nameserver 10.96.0.10",
    "options ndots:1",
    `search ${cluster} three.example`,
  ]);
  expect(await run("kubectl exec host-cluster -- nslookup kubernetes.default")).toContain(
    "Address 1: 10.96.0.1 kubernetes.default.svc.cluster.local",
  );
  await run("kubectl delete pod none default host host-cluster more --now");
});

test("port-forward carries requests to the pod; logs -p shows the run before", async () => {
  await apply(
    pod("forwarded", agnhost),
    pod(
      "counted",
      {
        ...shell(
          "echo run $(wc -l < /runs/count); echo x >> /runs/count; test $(wc -l < /runs/count) -gt 1 && sleep 3600; exit 3",
        ),
        volumeMounts: [{ name: "runs", mountPath: "/runs" }],
      },
      {
        initContainers: [
          {
            name: "first",
            image: "busybox:1.28",
            ...shell(": > /runs/count"),
            volumeMounts: [{ name: "runs", mountPath: "/runs" }],
          },
        ],
        volumes: [{ name: "runs", emptyDir: {} }],
      },
    ),
  );
  await ready("forwarded");
  const answer = await run(`
    kubectl port-forward pod/forwarded 18080:8080 >/tmp/forward.log 2>&1 & forward=$!
    until grep -q Forwarding /tmp/forward.log; do kill -0 $forward || exit 1; sleep 0.1; done
    for i in 1 2 3; do curl -s -m 5 http://127.0.0.1:18080/hostname; echo; done
    kill $forward; cat /tmp/forward.log`);
  expect(answer).toMatch(/^forwarded\nforwarded\nforwarded\n/);
  expect(answer).toContain("Forwarding from 127.0.0.1:18080 -> 8080");
  await eventually(
    () => get("counted"),
    (of) => main(of)?.restartCount === 1 && main(of)?.state?.running !== undefined,
  );
  expect(await run("kubectl logs counted")).toBe("run 1\n");
  expect(await run("kubectl logs -p counted")).toBe("run 0\n");
  await run("kubectl delete pod forwarded counted --now");
});

test("limits hold for what a container forks at once and for its processor time", async () => {
  const limits = { cpu: "100m", memory: "64Mi" };
  const forks = 'for i in $(seq 60); do (sh -c "sleep 4242 & sleep 4242" &) ; done; sleep 4242';
  await apply(
    pod("forks", { ...shell(forks), resources: { limits: { memory: "64Mi" } } }),
    pod("busy", { ...shell("while :; do :; done # busy-loop"), resources: { limits } }),
  );
  await ready("forks");
  await ready("busy");
  const groups = await eventually(
    () =>
      run(
        `for pid in $(pgrep -x -f 'sleep 4242'); do md5sum < /proc/$pid/cgroup; done | sort | uniq -c; md5sum < /proc/1/cgroup`,
        "node01",
      ),
    (text) => Number(/^\s+(\d+) /.exec(text)?.[1]) > 100,
  );
  const lines = groups.trim().split("\n");
  expect(lines).toHaveLength(2); // all in one, which is not that of the node's first process
  expect(lines[0]!.trim().split(/\s+/)[1]).not.toBe(lines[1]!.split(/\s+/)[0]);

  // Load on the machine only makes it less.
  const used = await run(
    `pid=$(pgrep -f 'do :; done # busy-loop' | head -1); ticks() { cut -d' ' -f14 /proc/$pid/stat; }; before=$(ticks); sleep 3; echo $(( $(ticks) - before ))`,
    "node01",
  );
  expect(Number(used)).toBeLessThan(60); // of 300
  await run("kubectl delete pod forks busy --now");
});

test("mounts that the node gets later go over into a pod that asks for it", async () => {
  const mount = (mountPropagation?: string) => ({
    volumeMounts: [{ name: "shared", mountPath: "/shared", mountPropagation }],
  });
  const volumes = [{ name: "shared", hostPath: { path: "/tmp/shared", type: "DirectoryOrCreate" } }];
  await apply(
    pod("plain", mount(), { volumes }),
    pod("follows", mount("HostToContainer"), { volumes }),
    pod("both", { ...mount("Bidirectional"), securityContext: { privileged: true } }, { volumes }),
  );
  for (const name of ["plain", "follows", "both"]) await ready(name);
  await run(
    "mkdir -p /tmp/shared/late && mount -t tmpfs tmpfs /tmp/shared/late && touch /tmp/shared/late/x",
    "node01",
  );
  expect(await run("kubectl exec follows -- ls /shared/late")).toBe("x\n");
  expect(await run("kubectl exec plain -- ls /shared/late")).toBe("");
  await run(
    "kubectl exec both -- sh -c 'mkdir /shared/own; mount -t tmpfs tmpfs /shared/own; touch /shared/own/y'",
  );
  expect(await run("ls /tmp/shared/own", "node01")).toBe("y\n");
  await run("umount /tmp/shared/late /tmp/shared/own", "node01");
  await run("kubectl delete pod plain follows both --now");
});

test("no address is given twice, however pods come and go", async () => {
  const names = Array.from({ length: 12 }, (_, index) => `churn-${index}`);
  const inUse = async () =>
    (await run("cd /var/lib/cni/networks/*/ && ls | grep '^[0-9]' || true", "node01"))
      .trim()
      .split("\n")
      .sort();
  const before = await inUse();
  for (let round = 0; round < 3; round++) {
    await apply(...names.map((name) => pod(name, {}, { terminationGracePeriodSeconds: 0 })));
    await run("kubectl wait --for=condition=Ready pod --all --timeout=90s");
    const addresses = (
      await run(
        "kubectl get pods -A -o jsonpath='{range .items[?(@.spec.hostNetwork!=true)]}{.status.podIP}{\"\\n\"}{end}'",
      )
    ).trim();
    const all = addresses.split("\n");
    expect(new Set(all).size, addresses).toBe(all.length);
    // Half of them go while the next round's come.
    await run(`kubectl delete pod ${names.slice(round * 4).join(" ")} --now --wait=${round === 2}`);
    await run(`kubectl delete pod ${names.slice(0, round * 4).join(" ")} --now --ignore-not-found || true`);
    await eventually(
      () => run("kubectl get pods -o name | grep -c churn || true"),
      (count) => Number(count) === 0,
    );
  }
  const after = await eventually(inUse, (all) => all.join() === before.join());
  expect(after).toEqual(before);
}, 180_000);
