import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "@/lib/core/testing";
import type { Pod } from "@/lib/cluster/resources/types";
import { startReadyLab, startTestClusterd, twoNodes, type TestClusterd } from "./testing";

/** One lab for the file; what a kubelet does with pods, seen by kubectl on its control plane. */
const labId = "lab-kubelet";
let clusterd: TestClusterd;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  const { nodes, ...rest } = twoNodes();
  await startReadyLab(clusterd.client, labId, { ...rest, nodes });
}, 400_000);

afterAll(async () => {
  await clusterd?.close();
}, 300_000);

async function run(command: string, node = "controlplane"): Promise<string> {
  const result = await clusterd.client.call("lab.exec", { labId, node, argv: ["bash", "-c", command] });
  if (result.exitCode !== 0) throw new Error(`${command}: ${result.stderr}${result.stdout}`);
  return result.stdout;
}

async function apply(...objects: object[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items: objects };
  await run(`kubectl apply -f - <<'EOF'\n${JSON.stringify(list)}\nEOF`);
}

function pod(name: string, container: object, spec: object = {}, metadata: object = {}): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name }, ...metadata },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: "main", image: "busybox:1.28", command: ["sleep", "3600"], ...container }],
      ...spec,
    },
  };
}

const get = async (name: string) => JSON.parse(await run(`kubectl get pod ${name} -o json`)) as Pod;
const main = (of: Pod) => of.status?.containerStatuses?.[0];
const shell = (script: string) => ({ command: ["sh", "-c", script] });
const events = (name: string) =>
  run(
    `kubectl get events --field-selector involvedObject.name=${name} -o jsonpath='{range .items[*]}{.type} {.reason} {.message}{"\\n"}{end}'`,
  );
const isRunning = (of: Pod) => of.status?.phase === "Running" && main(of)?.ready === true;
const running = (name: string) => eventually(() => get(name), isRunning);

test("readiness by exec, http and tcp; endpoints follow within a second", async () => {
  const nginx = { image: "nginx", command: undefined };
  await apply(
    pod("http", {
      ...nginx,
      readinessProbe: { httpGet: { path: "/ready", port: 80 }, periodSeconds: 1, failureThreshold: 1 },
    }),
    pod("tcp", { ...nginx, readinessProbe: { tcpSocket: { port: 81 }, periodSeconds: 1 } }),
    pod("exec", { readinessProbe: { exec: { command: ["cat", "/tmp/ready"] }, periodSeconds: 1 } }),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "http" },
      spec: { selector: { app: "http" }, ports: [{ port: 80 }] },
    },
  );
  const told = await eventually(
    async () => (await events("http")) + (await events("tcp")) + (await events("exec")),
    (text) => (text.match(/Unhealthy/g) ?? []).length >= 3,
  );
  expect(told).toContain("Warning Unhealthy Readiness probe failed: HTTP probe failed with statuscode: 404");
  expect(told).toMatch(
    /Warning Unhealthy Readiness probe failed: dial tcp 10\.244\.\d+\.\d+:81: connect: connection refused/,
  );
  expect(told).toMatch(
    /Warning Unhealthy Readiness probe failed: cat: can't open '\/tmp\/ready': No such file/,
  );
  expect(main(await get("http"))).toMatchObject({ ready: false, started: true });

  await run(
    "kubectl exec http -- sh -c 'echo ok > /usr/share/nginx/html/ready'; kubectl exec exec -- touch /tmp/ready",
  );
  const endpoints = await eventually(
    () =>
      run(
        "kubectl get endpointslices -l kubernetes.io/service-name=http -o jsonpath='{.items[*].endpoints[*].conditions.ready}'",
      ),
    (text) => text === "true",
  );
  expect(endpoints).toBe("true");
  await running("exec");
  await run("kubectl delete pod http tcp exec --now; kubectl delete service http");
});

test("a container that fails its liveness probe is restarted; a startup probe holds the others back", async () => {
  await apply(
    pod("live", {
      ...shell("touch /tmp/up; sleep 3; rm /tmp/up; sleep 3600"),
      livenessProbe: {
        exec: { command: ["cat", "/tmp/up"] },
        periodSeconds: 1,
        failureThreshold: 1,
        terminationGracePeriodSeconds: 1,
      },
    }),
    pod("slow", {
      ...shell("sleep 3600"),
      startupProbe: { exec: { command: ["cat", "/tmp/up"] }, periodSeconds: 1, failureThreshold: 300 },
      readinessProbe: { exec: { command: ["true"] }, periodSeconds: 60 },
    }),
  );
  const slow = await eventually(
    () => get("slow"),
    (of) => of.status?.phase === "Running",
  );
  expect(main(slow)).toMatchObject({ ready: false, started: false });
  await run("kubectl exec slow -- touch /tmp/up");
  expect(main(await running("slow"))).toMatchObject({ ready: true, started: true, restartCount: 0 });
  const live = await eventually(
    () => get("live"),
    (of) => (main(of)?.restartCount ?? 0) > 0,
  );
  expect(main(live)?.restartCount).toBeGreaterThan(0);
  const told = await events("live");
  expect(told).toContain("Warning Unhealthy Liveness probe failed: cat: can't open '/tmp/up': No such file");
  expect(told).toContain("Normal Killing Container main failed liveness probe, will be restarted");
  await run("kubectl delete pod live slow --now");
});

test("init containers, a sidecar, hooks and termination messages", async () => {
  await apply(
    pod(
      "life",
      {
        ...shell("trap 'echo term; exit 0' TERM; echo main; while :; do sleep 0.1; done"),
        lifecycle: {
          postStart: { exec: { command: ["sh", "-c", "echo started > /shared/post"] } },
          preStop: { exec: { command: ["sh", "-c", "echo stopping > /shared/pre; sleep 0.5"] } },
        },
        volumeMounts: [{ name: "shared", mountPath: "/shared" }],
      },
      {
        terminationGracePeriodSeconds: 3,
        initContainers: [
          { name: "first", image: "busybox:1.28", ...shell("echo from-init > /dev/termination-log") },
          { name: "side", image: "busybox:1.28", restartPolicy: "Always", ...shell("sleep 3600") },
        ],
        volumes: [{ name: "shared", hostPath: { path: "/tmp/life", type: "DirectoryOrCreate" } }],
      },
    ),
    pod("words", shell("echo last words; exit 3"), { restartPolicy: "Never" }),
    pod(
      "fallback",
      { ...shell("echo last words; exit 3"), terminationMessagePolicy: "FallbackToLogsOnError" },
      { restartPolicy: "Never" },
    ),
  );
  const life = await running("life");
  const [first, side] = life.status!.initContainerStatuses!;
  expect(first!.state!.terminated).toMatchObject({ reason: "Completed", message: "from-init\n" });
  expect(side).toMatchObject({ ready: true, started: true });
  const node = life.spec.nodeName!;
  expect(await run("cat /tmp/life/post", node)).toBe("started\n");
  await run("kubectl delete pod life");
  expect(await run("cat /tmp/life/pre", node)).toBe("stopping\n");

  const failed = (name: string) =>
    eventually(
      () => get(name),
      (of) => of.status?.phase === "Failed",
    );
  expect(main(await failed("words"))?.state?.terminated).toMatchObject({ exitCode: 3, reason: "Error" });
  expect(main(await failed("words"))?.state?.terminated?.message).toBeUndefined();
  expect(main(await failed("fallback"))?.state?.terminated?.message).toBe("last words\n");
  await run("kubectl delete pod words fallback --now");
});

test("what cannot start says why: images, configuration, programs, crashes", async () => {
  await apply(
    pod("no-image", { image: "nosuch.example/app:1" }),
    pod("never", { image: "httpd:2.4", imagePullPolicy: "Never" }),
    pod("no-config", { envFrom: [{ configMapRef: { name: "nope" } }] }),
    pod("root", { securityContext: { runAsNonRoot: true } }),
    pod("no-program", { command: ["nosuchprogram"] }),
    pod("crash", shell("exit 7")),
    pod("deadline", {}, { activeDeadlineSeconds: 1 }),
  );
  const waiting = (name: string, reason: string) =>
    eventually(
      async () => main(await get(name))?.state?.waiting ?? {},
      (state) => state.reason === reason,
    );
  expect(await waiting("no-image", "ImagePullBackOff")).toMatchObject({
    reason: "ImagePullBackOff",
    message: expect.stringContaining(
      'Back-off pulling image "nosuch.example/app:1": ErrImagePull: ',
    ) as string,
  });
  expect(await waiting("never", "ErrImageNeverPull")).toEqual({
    reason: "ErrImageNeverPull",
    message: 'Container image "httpd:2.4" is not present with pull policy of Never',
  });
  expect(await waiting("no-config", "CreateContainerConfigError")).toEqual({
    reason: "CreateContainerConfigError",
    message: 'configmap "nope" not found',
  });
  expect(await waiting("root", "CreateContainerConfigError")).toMatchObject({
    message: expect.stringContaining(
      "container has runAsNonRoot and image will run as root (pod: ",
    ) as string,
  });
  const crash = main(
    await eventually(
      () => get("crash"),
      (of) => main(of)?.state?.waiting?.reason === "CrashLoopBackOff",
    ),
  )!;
  // Twice as long each time: how often it has crashed by now depends on how long the others took.
  const backOff = ["10s", "20s", "40s", "1m20s", "2m40s", "5m0s"][crash.restartCount - 1]!;
  expect(crash.state!.waiting!.message).toContain(
    `back-off ${backOff} restarting failed container=main pod=crash_default(`,
  );
  expect(crash.lastState).toMatchObject({ terminated: { exitCode: 7 } });
  expect(await waiting("no-program", "CrashLoopBackOff")).toHaveProperty("reason", "CrashLoopBackOff");
  expect(main(await get("no-program"))?.lastState?.terminated).toMatchObject({
    exitCode: 128,
    reason: "StartError",
    message: expect.stringContaining('exec: "nosuchprogram": executable file not found in $PATH') as string,
  });
  const deadline = await eventually(
    () => get("deadline"),
    (of) => of.status?.phase === "Failed",
  );
  expect(deadline.status).toMatchObject({
    reason: "DeadlineExceeded",
    message: "Pod was active on the node longer than the specified deadline",
  });
  await run("kubectl delete pod no-image never no-config root no-program crash deadline --now");
});

test("volumes: projected content changes at once, the rest is as the pod asks", async () => {
  await run("mkdir -p /mnt/data", "node01");
  await apply(
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "conf" }, data: { "a.txt": "one" } },
    { apiVersion: "v1", kind: "Secret", metadata: { name: "sec" }, stringData: { pass: "word" } },
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: "pv" },
      spec: {
        capacity: { storage: "1Gi" },
        accessModes: ["ReadWriteOnce"],
        storageClassName: "manual",
        claimRef: { name: "claim", namespace: "default" },
        hostPath: { path: "/mnt/data" },
      },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "claim" },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "manual",
        volumeName: "pv",
        resources: { requests: { storage: "1Gi" } },
      },
    },
    pod(
      "vols",
      {
        env: [
          { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          { name: "MEM", valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } },
        ],
        resources: { limits: { memory: "64Mi" } },
        securityContext: { readOnlyRootFilesystem: true, runAsUser: 1000 },
        volumeMounts: [
          { name: "conf", mountPath: "/conf" },
          { name: "conf", mountPath: "/one/file", subPath: "a.txt" },
          { name: "all", mountPath: "/all" },
          { name: "mem", mountPath: "/mem" },
          { name: "disk", mountPath: "/disk" },
        ],
      },
      {
        securityContext: { fsGroup: 2000 },
        volumes: [
          { name: "conf", configMap: { name: "conf", defaultMode: 0o440 } },
          {
            name: "all",
            projected: {
              sources: [
                { secret: { name: "sec", items: [{ key: "pass", path: "deep/pass" }] } },
                { downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
              ],
            },
          },
          { name: "mem", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
          { name: "disk", emptyDir: {} },
        ],
      },
    ),
    pod(
      "claims",
      { volumeMounts: [{ name: "data", mountPath: "/data" }] },
      {
        nodeName: "node01",
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: "claim" } }],
      },
    ),
    pod("unmounted", {}, { volumes: [{ name: "c", configMap: { name: "later" } }] }),
    pod("bad-path", {}, { volumes: [{ name: "h", hostPath: { path: "/nosuch", type: "Directory" } }] }),
  );
  await running("vols");
  const inPod = (command: string) => run(`kubectl exec vols -- sh -c '${command}'`);
  expect(await inPod("cat /conf/a.txt /one/file /all/deep/pass /all/labels; echo; echo $NAME $MEM")).toBe(
    'oneonewordapp="vols"\nvols 64\n',
  );
  expect(await inPod("id -u; id -G; stat -c %g /disk; touch /disk/x && stat -c %u:%g /disk/x")).toBe(
    "1000\n0 2000\n2000\n1000:2000\n",
  );
  expect(await inPod("df -m /mem | tail -1")).toMatch(/tmpfs\s+1\s/);
  await expect(inPod("touch /x")).rejects.toThrow("Read-only file system");
  expect(await inPod("readlink /conf/a.txt; readlink /conf/..data | cut -c1-4")).toBe("..data/a.txt\n..20\n");
  await run(`kubectl patch configmap conf -p '{"data":{"a.txt":"two","b.txt":"new"}}'`);
  expect(
    await eventually(
      () => inPod("cat /conf/*"),
      (text) => text === "twonew",
      3000,
    ),
  ).toBe("twonew");
  expect(await inPod("cat /one/file")).toBe("one");

  await running("claims");
  await run("kubectl exec claims -- sh -c 'echo kept > /data/file'");
  expect(await run("cat /mnt/data/file", "node01")).toBe("kept\n");

  expect(
    await eventually(
      () => events("unmounted"),
      (text) => text.includes("FailedMount"),
    ),
  ).toContain('Warning FailedMount MountVolume.SetUp failed for volume "c" : configmap "later" not found');
  expect(
    await eventually(
      () => events("bad-path"),
      (text) => text.includes("FailedMount"),
    ),
  ).toContain(
    'Warning FailedMount MountVolume.SetUp failed for volume "h" : hostPath type check failed: /nosuch is not a directory',
  );
  await run("kubectl create configmap later");
  await running("unmounted");
  const { nodeName, metadata } = { ...(await get("vols")).spec, ...(await get("vols")) };
  await run("kubectl delete pod vols claims unmounted bad-path --now");
  await expect(run(`ls /var/lib/kubelet/pods/${metadata.uid}`, nodeName)).rejects.toThrow("No such file");
});

test("debug containers, attach, cp and previous logs", async () => {
  await apply(pod("plain", shell("echo run one; exec sleep 3600")));
  await running("plain");
  await run("kubectl debug plain --image=busybox:1.28 --target=main -c dbg -- sh -c 'ps; sleep 3600'");
  const seen = await eventually(
    () => run("kubectl logs plain -c dbg"),
    (text) => text.includes("sleep 3600"),
  );
  expect(seen).toMatch(/^\s*1 root\s.*sleep 3600/m);
  expect((await get("plain")).status?.ephemeralContainerStatuses?.[0]).toMatchObject({ name: "dbg" });

  expect(
    await run(
      "echo from stdin | kubectl run -i --rm once --image=busybox:1.28 --restart=Never -- cat 2>/dev/null",
    ),
  ).toMatch(/^from stdin\n/);
  const typed = await run(
    `script -qec "kubectl run -it --rm tty --image=busybox:1.28 --restart=Never -- sh" /dev/null <<< $'echo $((40+2)) $(tty)\\nexit\\n'`,
  );
  expect(typed).toContain("42 /dev/pts/");

  await run("echo copied > /tmp/c && kubectl cp /tmp/c plain:/tmp/c");
  expect(await run("kubectl exec plain -- cat /tmp/c")).toBe("copied\n");
  await run("kubectl exec plain -- kill -9 1 || kubectl exec plain -- kill 1 || true");
  const node = (await get("plain")).spec.nodeName!;
  expect(await run("cat /var/log/containers/plain_default_main-*.log", node)).toMatch(/ stdout F run one\n$/);
  await run("kubectl delete pod plain --now");
});
