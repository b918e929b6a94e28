import { describe, expect, test } from "vitest";
import type { PersistentVolumeClaim, Pod, StatefulSet } from "@/lib/cluster/resources/types";
import { claimsFor, plannedClaimOwners, statefulPod } from "./identity";
import { planStatefulSet, statefulSetStatus } from "./plan";

const nowMs = Date.UTC(2026, 0, 1);
const revisions = { current: "db-1", update: "db-2" };

function set(spec: Partial<StatefulSet["spec"]> = {}): StatefulSet {
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db", namespace: "shop", uid: "set", generation: 2 },
    spec: {
      replicas: 3,
      serviceName: "db",
      selector: { matchLabels: { app: "db" } },
      template: { metadata: { labels: { app: "db" } }, spec: { containers: [{ name: "main" }] } },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      podManagementPolicy: "OrderedReady",
      ...spec,
    },
  };
}

type State = "ready" | "pending" | "going" | "failed";
function pod(ordinal: number, state: State = "ready", revision = "db-2"): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `db-${ordinal}`,
      namespace: "shop",
      uid: `pod-${ordinal}`,
      labels: { "controller-revision-hash": revision },
      ...(state === "going" ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: { containers: [{ name: "main" }] },
    status: {
      phase: state === "failed" ? "Failed" : state === "pending" ? "Pending" : "Running",
      conditions: [
        {
          type: "Ready",
          status: state === "ready" || state === "going" ? "True" : "False",
          lastTransitionTime: "2025-12-31T23:59:50Z",
        },
      ],
    },
  };
}

const stepOf = (object: StatefulSet, pods: Pod[]) => {
  const plan = planStatefulSet(object, revisions, pods, nowMs);
  return [
    ...plan.create.map(({ ordinal, revision }) => `+${ordinal}@${revision}`),
    ...plan.delete.map(({ metadata }) => `-${metadata.name.slice(3)}`),
  ].join(" ");
};
const three = (revision: string) => [0, 1, 2].map((ordinal) => pod(ordinal, "ready", revision));
const parallel = { podManagementPolicy: "Parallel" };
const partition = (from: number) => ({
  updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: from } },
});

describe("the next step", () => {
  test.each<[string, StatefulSet, Pod[], string]>([
    ["an empty set starts with the lowest ordinal", set(), [], "+0@db-2"],
    ["the next waits until the one before is ready", set(), [pod(0, "pending")], ""],
    ["and follows it then", set(), [pod(0)], "+1@db-2"],
    ["and for minReadySeconds", set({ minReadySeconds: 30 }), [pod(0)], ""],
    ["Parallel makes all at once", set(parallel), [], "+0@db-2 +1@db-2 +2@db-2"],
    ["ordinals may start elsewhere", set({ replicas: 2, ordinals: { start: 5 } }), [pod(5)], "+6@db-2"],
    ["a gap is filled before anything else", set(), [pod(0), pod(2, "ready", "db-1")], "+1@db-2"],
    ["a failed pod is deleted to be made anew", set(), [pod(0), pod(1, "failed")], "-1"],
    ["scaling down takes the highest, one at a time", set({ replicas: 1 }), [pod(0), pod(1), pod(2)], "-2"],
    ["waits for the one that goes", set({ replicas: 1 }), [pod(0), pod(1), pod(2, "going")], ""],
    ["not while a lower one is not ready", set({ replicas: 2 }), [pod(0), pod(1, "pending"), pod(2)], ""],
    ["Parallel takes all at once", set({ replicas: 1, ...parallel }), [pod(0), pod(1), pod(2)], "-2 -1"],
    ["an update goes from the highest down", set(), three("db-1"), "-2"],
    ["waits for the updated one", set(), [...three("db-1").slice(0, 2), pod(2, "pending")], ""],
    ["and goes on", set(), [...three("db-1").slice(0, 2), pod(2)], "-1"],
    ["as far as the partition", set(partition(2)), [...three("db-1").slice(0, 2), pod(2)], ""],
    [
      "below the partition a lost pod comes back as it was",
      set(partition(2)),
      [pod(0, "ready", "db-1")],
      "+1@db-1",
    ],
    ["OnDelete leaves old pods", set({ updateStrategy: { type: "OnDelete" } }), three("db-1"), ""],
    [
      "and makes new ones of the new template",
      set({ updateStrategy: { type: "OnDelete" } }),
      three("db-1").slice(0, 2),
      "+2@db-2",
    ],
    [
      "a broken update waits: nothing below is touched",
      set(),
      [...three("db-1").slice(0, 2), pod(2, "pending")],
      "",
    ],
    [
      "a set that is being deleted does nothing",
      { ...set(), metadata: { ...set().metadata, deletionTimestamp: "x" } },
      [],
      "",
    ],
  ])("%s", (_what, object, pods, step) => {
    expect(stepOf(object, pods)).toBe(step);
  });
});

describe("status", () => {
  test("the update revision becomes the current one when all pods have it", () => {
    const partly = statefulSetStatus(set(), revisions, [...three("db-1").slice(0, 2), pod(2)], nowMs);
    expect(partly).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      currentReplicas: 2,
      updatedReplicas: 1,
      currentRevision: "db-1",
      updateRevision: "db-2",
    });
    expect(statefulSetStatus(set(), revisions, three("db-2"), nowMs)).toMatchObject({
      currentReplicas: 3,
      updatedReplicas: 3,
      currentRevision: "db-2",
    });
  });
});

describe("identity", () => {
  const withStorage = set({
    volumeClaimTemplates: [
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "data" },
        spec: { accessModes: ["ReadWriteOnce"] },
      },
    ],
  });
  test("a pod has its name, host name, labels and claims", () => {
    expect(statefulPod(withStorage, withStorage.spec.template, "db-2", 1)).toMatchObject({
      metadata: {
        name: "db-1",
        labels: {
          app: "db",
          "controller-revision-hash": "db-2",
          "statefulset.kubernetes.io/pod-name": "db-1",
          "apps.kubernetes.io/pod-index": "1",
        },
      },
      spec: {
        hostname: "db-1",
        subdomain: "db",
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data-db-1" } }],
      },
    });
    expect(claimsFor(withStorage, 1).map(({ metadata }) => metadata)).toMatchObject([
      { name: "data-db-1", namespace: "shop", labels: { app: "db" } },
    ]);
  });

  test.each([
    ["Retain", "Retain", false, undefined],
    ["Delete", "Retain", false, ["StatefulSet"]],
    ["Delete", "Delete", true, ["Pod"]],
    ["Retain", "Delete", false, undefined],
  ])(
    "claims go with whenDeleted %s, whenScaled %s, condemned %s",
    (whenDeleted, whenScaled, condemned, kinds) => {
      const object = set({ persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } });
      const claim: PersistentVolumeClaim = {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "c" },
        spec: {},
      };
      expect(plannedClaimOwners(object, claim, pod(0), condemned)?.map(({ kind }) => kind)).toEqual(kinds);
    },
  );

  test("a claim that is kept after all loses its owner", () => {
    const object = set({
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    });
    const owned = { apiVersion: "apps/v1", kind: "StatefulSet", name: "db", uid: "set" };
    const claim: PersistentVolumeClaim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "c", ownerReferences: [owned] },
      spec: {},
    };
    expect(plannedClaimOwners(object, claim, pod(0), false)).toEqual([]);
  });
});
