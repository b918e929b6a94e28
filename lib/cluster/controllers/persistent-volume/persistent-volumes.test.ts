import { afterAll, beforeAll, expect, test } from "vitest";
import { startControlledCluster, type ControlledCluster } from "../testing";

let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster();
}, 300_000);
afterAll(() => t?.close());

const apply = (...objects: object[]) =>
  t.ok("apply -f -", JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
const claim = (name: string, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
});
const consumer = (name: string, claimName: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: {
    containers: [{ name: "main", image: "nginx", volumeMounts: [{ name: "v", mountPath: "/v" }] }],
    volumes: [{ name: "v", persistentVolumeClaim: { claimName } }],
  },
});
const claimPhase = (name: string) => t.informers.persistentVolumeClaims.get("default", name)?.status?.phase;
const isRunning = (name: string) => t.informers.pods.get("default", name)?.status?.phase === "Running";

test("a claim and a volume find each other; in use the claim stays; then the volume is released", async () => {
  await apply(claim("data"), consumer("db", "data"));
  await t.until("it says why it waits", async () =>
    (await t.ok("describe pvc data")).includes(
      "no persistent volumes available for this claim and no storage class is set",
    ),
  );
  await apply({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "disk" },
    spec: { capacity: { storage: "5Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/data" } },
  });
  await t.until("the claim is bound", () => claimPhase("data") === "Bound");
  expect(await t.ok("get pvc data --no-headers")).toMatch(/^data +Bound +disk +5Gi +RWO /);
  await t.until(
    "the volume too",
    () => t.informers.persistentVolumes.get(undefined, "disk")?.status?.phase === "Bound",
  );
  expect(await t.ok("get pv disk --no-headers")).toMatch(/^disk +5Gi +RWO +Retain +Bound +default\/data /);
  await t.until("the pod runs", () => isRunning("db"));
  await t.ok("delete pvc data --wait=false");
  expect(await t.ok("get pvc data --no-headers")).toMatch(/^data +Terminating/);
  await t.ok("delete pod db");
  await t.until("the claim is gone", () => claimPhase("data") === undefined);
  await t.until(
    "the volume is released",
    () => t.informers.persistentVolumes.get(undefined, "disk")?.status?.phase === "Released",
  );
});

test("local-path: the claim waits for its pod, then gets a volume on that pod's node, and both go", async () => {
  await apply(
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: {
        name: "local-path",
        annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
      },
      provisioner: "rancher.io/local-path",
      volumeBindingMode: "WaitForFirstConsumer",
      reclaimPolicy: "Delete",
    },
    claim("cache"),
  );
  await t.until("it waits for a pod", async () =>
    (await t.ok("describe pvc cache")).includes("waiting for first consumer to be created before binding"),
  );
  await apply(consumer("web", "cache"));
  await t.until("it is left to the provisioner", async () =>
    (await t.ok("describe pvc cache")).includes("by the external provisioner 'rancher.io/local-path'"),
  );
  expect(claimPhase("cache")).toBe("Pending");
  await t.ok(["run", "provisioner", "--image=rancher/local-path-provisioner:v0.0.32"]);
  await t.until("the claim is bound", () => claimPhase("cache") === "Bound");
  await t.until("the pod runs", () => isRunning("web"));
  const { volumeName } = t.informers.persistentVolumeClaims.get("default", "cache")!.spec;
  const path = [
    "get",
    "pv",
    volumeName!,
    "-o",
    "jsonpath={.spec.hostPath.path} {.spec.nodeAffinity..values[0]}",
  ];
  const node = t.informers.pods.get("default", "web")!.spec.nodeName;
  expect(await t.ok(path)).toBe(`/opt/local-path-provisioner/${volumeName}_default_cache ${node}`);
  await t.ok("delete pod web");
  await t.ok("delete pvc cache");
  await t.until("the volume is gone", () => !t.informers.persistentVolumes.get(undefined, volumeName!));
});
