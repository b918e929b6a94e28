import { describe, expect, test } from "vitest";
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
} from "@/lib/cluster/resources/types";
import { ephemeralClaims } from "./ephemeral";
import { localPathVolume } from "./local-path";
import { planClaim } from "./plan-claim";
import { planVolume } from "./plan-volume";
import { protectedFinalizers, usesClaim } from "./protection";

function claim(
  spec: Partial<PersistentVolumeClaim["spec"]> = {},
  annotations: Record<string, string> = {},
): PersistentVolumeClaim {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace: "shop", uid: "claim-uid", annotations },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "2Gi" } }, ...spec },
    status: { phase: "Pending" },
  };
}

function volume(
  name: string,
  storage: string,
  spec: Partial<PersistentVolume["spec"]> = {},
  more: Partial<PersistentVolume> = {},
): PersistentVolume {
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name, ...more.metadata },
    spec: { capacity: { storage }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/data" }, ...spec },
    status: more.status ?? { phase: "Available" },
  };
}

const classOf = (provisioner: string, volumeBindingMode = "Immediate"): StorageClass => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "fast" },
  provisioner,
  volumeBindingMode,
});
const ref = (uid?: string) => ({ namespace: "shop", name: "data", ...(uid ? { uid } : {}) });
const bound = { "pv.kubernetes.io/bind-completed": "yes" };

describe("a claim", () => {
  test.each<[string, PersistentVolumeClaim, PersistentVolume[], string | undefined]>([
    [
      "takes the smallest volume that fits",
      claim(),
      [volume("big", "9Gi"), volume("fit", "3Gi"), volume("small", "1Gi")],
      "fit",
    ],
    [
      "takes the one that is reserved for it first",
      claim(),
      [volume("fit", "2Gi"), volume("own", "9Gi", { claimRef: ref() })],
      "own",
    ],
    [
      "leaves those of others",
      claim(),
      [volume("theirs", "2Gi", { claimRef: { namespace: "x", name: "data" } })],
      undefined,
    ],
    ["needs the same class", claim({ storageClassName: "fast" }), [volume("plain", "2Gi")], undefined],
    [
      "needs all its access modes",
      claim({ accessModes: ["ReadWriteMany"] }),
      [volume("once", "2Gi")],
      undefined,
    ],
    [
      "needs its labels",
      claim({ selector: { matchLabels: { disk: "ssd" } } }),
      [volume("plain", "2Gi")],
      undefined,
    ],
    [
      "leaves volumes that were released",
      claim(),
      [volume("used", "2Gi", {}, { status: { phase: "Released" } })],
      undefined,
    ],
    [
      "may name its volume",
      claim({ volumeName: "big" }),
      [volume("fit", "2Gi"), volume("big", "9Gi")],
      "big",
    ],
  ])("%s", (_what, object, volumes, name) => {
    expect(planClaim(object, volumes, undefined, []).bind?.metadata.name).toBe(name);
  });

  test.each<[PersistentVolumeClaim, StorageClass | undefined, string[], string, string]>([
    [
      claim(),
      undefined,
      [],
      "FailedBinding",
      "no persistent volumes available for this claim and no storage class is set",
    ],
    [
      claim({ storageClassName: "slow" }),
      undefined,
      [],
      "ProvisioningFailed",
      'storageclass.storage.k8s.io "slow" not found',
    ],
    [
      claim({ storageClassName: "fast" }),
      classOf("kubernetes.io/no-provisioner"),
      [],
      "ProvisioningFailed",
      "no volume plugin matched name: kubernetes.io/no-provisioner",
    ],
    [
      claim({ storageClassName: "fast" }),
      classOf("rancher.io/local-path", "WaitForFirstConsumer"),
      [],
      "WaitForFirstConsumer",
      "waiting for first consumer to be created before binding",
    ],
    [
      claim({ storageClassName: "fast" }),
      classOf("rancher.io/local-path", "WaitForFirstConsumer"),
      ["db"],
      "WaitForPodScheduled",
      "waiting for pod db to be scheduled",
    ],
    [
      claim({ volumeName: "v" }),
      undefined,
      [],
      "VolumeMismatch",
      'Cannot bind to requested volume "v": requested PV is too small',
    ],
  ])("that cannot be bound says why: %#", (object, storageClass, consumers, reason, message) => {
    const volumes = object.spec.volumeName ? [volume("v", "1Gi")] : [];
    const plan = planClaim(object, volumes, storageClass, consumers);
    expect(plan.bind).toBeUndefined();
    expect(plan.event).toMatchObject({ reason, message });
  });

  test("that waits for its consumer takes no free volume until it has a node", () => {
    const delayed = classOf("kubernetes.io/no-provisioner", "WaitForFirstConsumer");
    const free = [volume("free", "2Gi", { storageClassName: "fast" })];
    const waiting = claim({ storageClassName: "fast" });
    expect(planClaim(waiting, free, delayed, []).bind).toBeUndefined();
    const reserved = [volume("free", "2Gi", { storageClassName: "fast", claimRef: ref("claim-uid") })];
    expect(planClaim(waiting, reserved, delayed, []).bind?.metadata.name).toBe("free");
  });

  test("that has a node is marked for its provisioner", () => {
    const placed = claim({ storageClassName: "fast" }, { "volume.kubernetes.io/selected-node": "node01" });
    expect(planClaim(placed, [], classOf("rancher.io/local-path", "WaitForFirstConsumer"), [])).toMatchObject(
      {
        provisioner: "rancher.io/local-path",
        event: { reason: "ExternalProvisioning" },
      },
    );
  });

  test("whose volume is gone is lost, and says so once", () => {
    const lost = claim({ volumeName: "v" }, bound);
    expect(planClaim(lost, [], undefined, [])).toMatchObject({
      phase: "Lost",
      event: { reason: "ClaimLost" },
    });
    expect(planClaim({ ...lost, status: { phase: "Lost" } }, [], undefined, [])).toEqual({});
  });
});

describe("a volume", () => {
  const boundClaim = claim({ volumeName: "v" }, bound);
  const own = (spec: Partial<PersistentVolume["spec"]> = {}, annotations = {}) =>
    volume("v", "2Gi", { claimRef: ref("claim-uid"), ...spec }, { metadata: { name: "v", annotations } });
  test.each<[string, PersistentVolume, PersistentVolumeClaim | undefined, object]>([
    ["without claim is available", volume("v", "2Gi"), undefined, { phase: "Available" }],
    [
      "reserved by name is available",
      volume("v", "2Gi", { claimRef: ref() }),
      undefined,
      { phase: "Available" },
    ],
    ["whose claim names it is bound", own(), boundClaim, { phase: "Bound" }],
    ["is released when the claim is gone", own(), undefined, { phase: "Released" }],
    [
      "and when another of the same name has come",
      own({ claimRef: ref("old") }),
      boundClaim,
      { phase: "Released" },
    ],
    [
      "that was provisioned waits for its provisioner",
      own({ persistentVolumeReclaimPolicy: "Delete" }, { "pv.kubernetes.io/provisioned-by": "x" }),
      undefined,
      { phase: "Released" },
    ],
    [
      "that nobody can delete fails",
      own({ persistentVolumeReclaimPolicy: "Delete" }),
      undefined,
      { phase: "Failed", message: "host_path deleter only supports /tmp/.+ but received provided /data" },
    ],
    [
      "below /tmp is deleted",
      own({ persistentVolumeReclaimPolicy: "Delete", hostPath: { path: "/tmp/x" } }),
      undefined,
      { phase: "Released", delete: true },
    ],
  ])("%s", (_what, object, of, plan) => {
    expect(planVolume(object, of)).toEqual(plan);
  });
});

describe("protection", () => {
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "db", namespace: "shop", uid: "p" },
    spec: {
      containers: [{ name: "main" }],
      volumes: [
        { name: "a", persistentVolumeClaim: { claimName: "data" } },
        { name: "b", ephemeral: { volumeClaimTemplate: { spec: { accessModes: ["ReadWriteOnce"] } } } },
      ],
    },
    status: { phase: "Running" },
  };
  test("the finalizer comes at once and goes when nobody uses the object", () => {
    const going = {
      ...claim(),
      metadata: { ...claim().metadata, deletionTimestamp: "x", finalizers: ["f", "other"] },
    };
    expect(protectedFinalizers(claim(), "f", false)).toEqual(["f"]);
    expect(protectedFinalizers(going, "f", true)).toBeUndefined();
    expect(protectedFinalizers(going, "f", false)).toEqual(["other"]);
  });
  test("a pod that has ended uses nothing", () => {
    expect([usesClaim(pod, "data"), usesClaim(pod, "db-b"), usesClaim(pod, "other")]).toEqual([
      true,
      true,
      false,
    ]);
    expect(usesClaim({ ...pod, status: { phase: "Succeeded" } }, "data")).toBe(false);
  });
  test("an ephemeral volume has a claim that goes with its pod", () => {
    expect(ephemeralClaims(pod)).toMatchObject([
      { metadata: { name: "db-b", ownerReferences: [{ kind: "Pod", name: "db" }] } },
    ]);
  });
});

test("the local-path provisioner makes a directory on the chosen node", () => {
  const placed = claim({ storageClassName: "fast" }, { "volume.kubernetes.io/selected-node": "node02" });
  expect(
    localPathVolume(placed, { ...classOf("rancher.io/local-path"), reclaimPolicy: "Delete" }),
  ).toMatchObject({
    metadata: { name: "pvc-claim-uid" },
    spec: {
      hostPath: { path: "/opt/local-path-provisioner/pvc-claim-uid_shop_data" },
      persistentVolumeReclaimPolicy: "Delete",
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ values: ["node02"] }] }] } },
    },
  });
});
