import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { createTestCluster } from "../testing";
import type { Cluster } from "../types";

const claims = { group: "", version: "v1", plural: "persistentvolumeclaims" };
const classes = { group: "storage.k8s.io", version: "v1", plural: "storageclasses" };

let cluster: Cluster;
let admin: ClusterClient;
beforeAll(async () => {
  cluster = await createTestCluster();
  admin = cluster.client({ name: "admin", groups: ["system:masters"] });
});
afterAll(() => cluster.close());

let count = 0;
async function claimed(spec: object = {}, annotations?: Record<string, string>): Promise<unknown> {
  const made = await admin.create<
    KubeObject & { spec: { storageClassName?: string; accessModes: string[]; resources: object } }
  >(claims, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: `claim-${count++}`, namespace: "default", annotations },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
  });
  return made.spec.storageClassName;
}
const storageClass = (name: string, isDefault: string) =>
  admin.create(classes, {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name, annotations: { "storageclass.kubernetes.io/is-default-class": isDefault } },
    provisioner: "example.com/none",
  } as KubeObject);

test("a claim without a class gets the default one, and only such a claim", async () => {
  expect(await claimed()).toBeUndefined();
  await storageClass("plain", "false");
  expect(await claimed()).toBeUndefined();
  await storageClass("b-usual", "true");
  expect(await claimed()).toBe("b-usual");
  expect(await claimed({ storageClassName: "plain" })).toBe("plain");
  expect(await claimed({ storageClassName: "" })).toBe("");
  expect(await claimed({}, { "volume.beta.kubernetes.io/storage-class": "plain" })).toBeUndefined();
});

test("of several defaults of one second the first by name is taken", async () => {
  const { creationTimestamp } = (await admin.get(classes, undefined, "b-usual")).metadata;
  const made = await storageClass("a-usual", "true");
  expect(await claimed()).toBe(
    made.metadata.creationTimestamp! >= creationTimestamp! ? "a-usual" : "b-usual",
  );
});
