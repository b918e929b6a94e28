import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Pod } from "@/lib/cluster/resources/types";
import { startControlledCluster, type ControlledCluster } from "../testing";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster();
});
afterAll(() => t.close());

const cpu = (amount: string) => ({ resources: { requests: { cpu: amount } } });
const pod = (
  name: string,
  { resources, ...spec }: { resources?: object; [field: string]: unknown } = {},
) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: name } },
  spec: { ...spec, containers: [{ name: "main", image: "nginx", ...(resources ? { resources } : {}) }] },
});
const apply = (...objects: object[]) =>
  t.ok("apply -f -", JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
const get = (name: string) => t.informers.pods.get("default", name);
const scheduled = (name: string) => t.until(`${name} is on a node`, () => get(name)?.spec.nodeName);
const condition = (of: Pod | undefined) =>
  of?.status?.conditions?.find(({ type }) => type === "PodScheduled");
const waits = (name: string) =>
  t.until(`${name} cannot be placed`, () => {
    const found = condition(get(name));
    return found?.reason === "Unschedulable" && found.message;
  });
const clear = (...names: string[]) => t.ok(["delete", "pod", "--now", ...names]);

test("a pod is placed, and describe tells it", async () => {
  await apply(pod("plain"));
  const node = await scheduled("plain");
  const text = await t.until("the event is there", async () => {
    const described = await t.ok("describe pod plain");
    return /Scheduled/.test(described) && described;
  });
  expect(text).toMatch(
    new RegExp(`Normal +Scheduled +\\S+ +default-scheduler +Successfully assigned default/plain to ${node}`),
  );
  expect(text).toMatch(/PodScheduled +True/);
  await clear("plain");
});

test("a pod that fits nowhere says why, and starts once the node is as it wants", async () => {
  await t.ok("taint node node01 spray=mortein:NoSchedule");
  await apply(pod("bee", { nodeSelector: { hive: "yes" } }));
  expect(await waits("bee")).toBe(
    "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {spray: mortein}. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
  );
  expect(await t.ok("get pod bee --no-headers")).toMatch(/^bee +0\/1 +Pending +0/);
  expect(await t.ok("describe pod bee")).toMatch(
    /Warning +FailedScheduling +\S+ +default-scheduler +0\/2 nodes/,
  );
  await t.ok("label node node02 hive=yes");
  expect(await scheduled("bee")).toBe("node02");
  await t.ok("taint node node01 spray-");
  await t.ok("label node node02 hive-");
  await clear("bee");
});

test("a cordoned node takes nothing until it is uncordoned", async () => {
  await t.ok("cordon node01");
  await t.ok("cordon node02");
  await apply(pod("patient"));
  // node-lifecycle taints a cordoned node; until then the filter before it refuses.
  expect(await waits("patient")).toMatch(
    /^0\/2 nodes are available: .*2 node\(s\) were unschedulable\. no new claims to deallocate, preemption: /,
  );
  await t.ok("uncordon node02");
  expect(await scheduled("patient")).toBe("node02");
  await t.ok("uncordon node01");
  await clear("patient");
});

test("gates hold a pod back until the last is taken away", async () => {
  await apply(pod("gated", { schedulingGates: [{ name: "example.com/a" }, { name: "example.com/b" }] }));
  expect(await t.ok("get pod gated --no-headers")).toMatch(/SchedulingGated/);
  expect(condition(get("gated"))).toMatchObject({
    status: "False",
    message: "Scheduling is blocked due to non-empty scheduling gates",
  });
  await t.ok([
    "patch",
    "pod",
    "gated",
    "--type=json",
    "-p",
    '[{"op":"remove","path":"/spec/schedulingGates/0"}]',
  ]);
  expect(get("gated")?.spec.nodeName).toBeUndefined();
  await t.ok([
    "patch",
    "pod",
    "gated",
    "--type=json",
    "-p",
    '[{"op":"remove","path":"/spec/schedulingGates"}]',
  ]);
  await scheduled("gated");
  await clear("gated");
});

test("a more important pod takes the room of a lesser one", async () => {
  await t.ok("create priorityclass vip --value=1000");
  await apply(pod("lesser-1", cpu("7")), pod("lesser-2", cpu("6")), pod("bystander", cpu("500m")));
  for (const name of ["lesser-1", "lesser-2", "bystander"]) await scheduled(name);
  const nodes = ["lesser-1", "lesser-2"].map((name) => get(name)?.spec.nodeName);
  await apply(pod("vip", { ...cpu("7"), priorityClassName: "vip" }));
  const node = await scheduled("vip");
  expect(nodes).toContain(node);
  const events = await t.until("the victim's event is there", async () => {
    const all = await t.ok(
      "get events --field-selector reason=Preempted -o custom-columns=M:.message,F:.source.component --no-headers",
    );
    return all.includes("Preempted by pod") && all;
  });
  expect(events).toContain(`Preempted by pod ${get("vip")!.metadata.uid} on node ${node}`);
  expect(events).toContain("default-scheduler");
  expect(get("vip")?.spec.priority).toBe(1000);
  expect(get("vip")?.status?.nominatedNodeName).toBeUndefined();
  expect(get("bystander")?.spec.nodeName).toBeDefined();
  const gone = ["lesser-1", "lesser-2"].filter((name) => !get(name));
  expect(gone).toHaveLength(1);
  // Without the tail: something was evicted.
  const { stdout } = await t.kubectl(["describe", "pod", "vip"]);
  expect(stdout).toMatch(/FailedScheduling .* 0\/2 nodes are available: 2 Insufficient cpu\.$/m);
  const { exitCode } = await t.kubectl([
    "delete",
    "pod",
    "--now",
    "vip",
    "lesser-1",
    "lesser-2",
    "bystander",
    "--ignore-not-found",
  ]);
  expect(exitCode).toBe(0);
});

test("room that a deleted pod leaves is given to who waits for it", async () => {
  await apply(pod("big-1", cpu("7")), pod("big-2", cpu("7")));
  await scheduled("big-1");
  await scheduled("big-2");
  await apply(pod("big-3", cpu("7")));
  expect(await waits("big-3")).toBe(
    "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.",
  );
  const node = get("big-1")!.spec.nodeName;
  await clear("big-1");
  expect(await scheduled("big-3")).toBe(node);
  await clear("big-2", "big-3");
});

test("another scheduler's pods are left alone", async () => {
  await apply(pod("foreign", { schedulerName: "mine" }), pod("own"));
  await scheduled("own");
  expect(get("foreign")?.spec.nodeName).toBeUndefined();
  await clear("foreign", "own");
});

test("a claim that waits for its consumer is bound where the volume is, and the pod starts there", async () => {
  const storage = { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], storageClassName: "local" };
  await apply(
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "local" },
      provisioner: "kubernetes.io/no-provisioner",
      volumeBindingMode: "WaitForFirstConsumer",
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data" },
      spec: {
        storageClassName: "local",
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "500Mi" } },
      },
    },
    pod("keeper", { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] }),
  );
  expect(await waits("keeper")).toBe(
    "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
  );
  await apply({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "disk" },
    spec: {
      ...storage,
      local: { path: "/mnt/disk" },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["node02"] }] },
          ],
        },
      },
    },
  });
  expect(await scheduled("keeper")).toBe("node02");
  expect(await t.ok("get pvc data --no-headers")).toMatch(/^data +Bound +disk +1Gi/);
  await clear("keeper");
});

test("a scheduler that stops does not wait for volumes; the next one takes their pod on", async () => {
  const storage = { accessModes: ["ReadWriteOnce"], storageClassName: "absent" };
  await apply(
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "absent" },
      provisioner: "example.com/nobody",
      volumeBindingMode: "WaitForFirstConsumer",
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "late" },
      spec: { ...storage, resources: { requests: { storage: "1Gi" } } },
    },
    pod("hopes", { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "late" } }] }),
  );
  const claim = () => t.informers.persistentVolumeClaims.get("default", "late");
  const chosen = await t.until(
    "the provisioner is told the node",
    () => claim()?.metadata.annotations?.["volume.kubernetes.io/selected-node"],
  );
  await t.restartControllers();
  expect(get("hopes")?.spec.nodeName).toBeUndefined();
  await apply({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "made", annotations: { "pv.kubernetes.io/provisioned-by": "example.com/nobody" } },
    spec: {
      ...storage,
      capacity: { storage: "1Gi" },
      hostPath: { path: "/srv/made" },
      claimRef: { namespace: "default", name: "late", uid: claim()!.metadata.uid },
    },
  });
  expect(await scheduled("hopes")).toBe(chosen);
  await clear("hopes");
});

const workload = (name: string, replicas: number, spec: object) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { ...spec, containers: [{ name: "main", image: "nginx" }] },
    },
  },
});
const podsOf = (app: string) =>
  t.informers.pods.list("default").filter(({ metadata }) => metadata.labels?.app === app);
const countsByNode = (app: string) => {
  const counts: Record<string, number> = {};
  for (const { spec } of podsOf(app)) counts[spec.nodeName ?? "-"] = (counts[spec.nodeName ?? "-"] ?? 0) + 1;
  return counts;
};

test("a Deployment that spreads has the same number on each node", async () => {
  await apply(
    workload("even", 6, {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "kubernetes.io/hostname",
          whenUnsatisfiable: "DoNotSchedule",
          labelSelector: { matchLabels: { app: "even" } },
        },
      ],
    }),
  );
  await t.until("all are placed", () => podsOf("even").filter(({ spec }) => spec.nodeName).length === 6);
  expect(countsByNode("even")).toEqual({ node01: 3, node02: 3 });
  await t.ok("delete deployment even");
});

test("replicas that shun each other run one on a node; one too many waits for a node of its own", async () => {
  await apply(
    workload("apart", 3, {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { labelSelector: { matchLabels: { app: "apart" } }, topologyKey: "kubernetes.io/hostname" },
          ],
        },
      },
    }),
  );
  const waiting = await t.until("one waits", () =>
    podsOf("apart").find((one) => condition(one)?.reason === "Unschedulable"),
  );
  expect(condition(waiting)?.message).toBe(
    "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.",
  );
  await t.kubelet.join("node03");
  await t.until(
    "the third is placed",
    () => podsOf("apart").filter(({ spec }) => spec.nodeName).length === 3,
  );
  expect(countsByNode("apart")).toEqual({ node01: 1, node02: 1, node03: 1 });
  await t.ok("delete deployment apart");
});

test("of two nodes the one is emptied whose budget allows it", async () => {
  await t.ok("cordon node03");
  await apply(
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "kept" },
      spec: { minAvailable: 1, selector: { matchLabels: { app: "kept" } } },
    },
    pod("kept", { ...cpu("7"), nodeSelector: { "kubernetes.io/hostname": "node01" } }),
    pod("loose", { ...cpu("7"), nodeSelector: { "kubernetes.io/hostname": "node02" } }),
  );
  await scheduled("kept");
  await scheduled("loose");
  await t.until(
    "the budget is counted",
    () => t.informers.podDisruptionBudgets.get("default", "kept")?.status?.currentHealthy === 1,
  );
  await apply(pod("urgent", { ...cpu("7"), priorityClassName: "system-cluster-critical" }));
  expect(await scheduled("urgent")).toBe("node02");
  expect(get("kept")).toBeDefined();
  expect(get("loose")).toBeUndefined();
});
