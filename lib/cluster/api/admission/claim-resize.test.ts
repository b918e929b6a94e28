import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { createCluster } from "../create-cluster";
import { testFacts } from "../testing";
import type { Cluster } from "../types";

const ref = (plural: string, group = "", version = "v1") => ({ group, version, plural });
const claims = ref("persistentvolumeclaims");

let cluster: Cluster;
let client: ClusterClient;
beforeEach(async () => {
  const ca = { certificatePem: "", privateKeyPem: "" };
  cluster = await createCluster({ journalPath: ":memory:", facts: testFacts, ca });
  client = cluster.client({ name: "admin", groups: ["system:masters"] });
  for (const [name, allowVolumeExpansion] of [
    ["grows", true],
    ["fixed", false],
  ] as const)
    await client.create(ref("storageclasses", "storage.k8s.io"), {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name },
      provisioner: "example.com/disk",
      allowVolumeExpansion,
    } as KubeObject);
});
afterEach(() => cluster.close());

async function claim(storageClassName: string, isBound = true): Promise<void> {
  const created = await client.create<KubeObject>(claims, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace: "default" },
    spec: { accessModes: ["ReadWriteOnce"], storageClassName, resources: { requests: { storage: "5Gi" } } },
  });
  if (!isBound) return;
  const status = { phase: "Bound", capacity: { storage: "2Gi" } };
  await client.updateStatus(claims, { ...created, status } as KubeObject);
}
const patch = (spec: object) =>
  client.patch(claims, "default", "data", "application/merge-patch+json", { spec });
const ask = (storage: string) => patch({ resources: { requests: { storage } } });
const immutable =
  'PersistentVolumeClaim "data" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n';

/** Texts of kubernetes 1.34: ValidatePersistentVolumeClaimUpdate and the admission plugin PersistentVolumeClaimResize. */
describe("a claim", () => {
  test("that is bound grows where its class allows it", async () => {
    await claim("grows");
    expect(await ask("10Gi")).toMatchObject({ spec: { resources: { requests: { storage: "10Gi" } } } });
  });

  test("does not grow where its class does not allow it, or has none", async () => {
    await claim("fixed");
    const why =
      'persistentvolumeclaims "data" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
    await expect(ask("10Gi")).rejects.toMatchObject({ code: 403, message: why });
    await client.delete(ref("storageclasses", "storage.k8s.io"), undefined, "fixed");
    await expect(ask("10Gi")).rejects.toMatchObject({ code: 403, message: why });
  });

  test("shrinks back, but not to what it has", async () => {
    await claim("grows");
    await ask("3Gi");
    await expect(ask("2Gi")).rejects.toMatchObject({
      code: 422,
      message:
        'PersistentVolumeClaim "data" is invalid: spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    });
  });

  test("that is not bound keeps its size", async () => {
    await claim("grows", false);
    await expect(ask("10Gi")).rejects.toMatchObject({
      code: 422,
      message: expect.stringContaining(immutable) as string,
    });
    await expect(ask("10Gi")).rejects.toThrow(/^- +"storage": "5Gi"\n\+ +"storage": "10Gi"$/m);
  });

  test("keeps its class and access modes", async () => {
    await claim("grows");
    await expect(patch({ storageClassName: "fixed" })).rejects.toThrow(immutable);
    await expect(patch({ accessModes: ["ReadWriteMany"] })).rejects.toThrow(immutable);
  });
});
