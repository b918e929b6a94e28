import { describe, expect, test } from "vitest";
import type { KubeObject, OwnerReference } from "@/lib/cluster/resources/kind";
import { invalidNamespaceMessage, planDependent, planOwner, type OwnerState } from "./plan";

const owner = (uid: string, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: "v1",
  kind: "Pod",
  name: uid,
  uid,
  ...more,
});
const object = (name: string, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, uid: name, ...metadata },
});
const leaving = { deletionTimestamp: "2026-01-01T00:00:00Z" };
const inForeground = { ...leaving, finalizers: ["foregroundDeletion"] };

describe("an object with owners", () => {
  const background = { kind: "delete", policy: "Background", unblock: false };
  test.each<{
    name: string;
    owners: OwnerState[];
    metadata?: Partial<KubeObject["metadata"]>;
    dependents?: KubeObject[];
    gives: object;
  }>([
    { name: "no owner: it is nobody's business", owners: [], gives: { kind: "none" } },
    { name: "its owner is there", owners: ["solid"], gives: { kind: "none" } },
    { name: "its owner is gone, never was, or has another uid", owners: ["dangling"], gives: background },
    { name: "all are gone", owners: ["dangling", "dangling"], gives: background },
    {
      name: "one is there, one is gone",
      owners: ["solid", "dangling"],
      gives: { kind: "unlink", owners: [owner("0")] },
    },
    {
      name: "one is there, one waits: it must not hold that one up",
      owners: ["waiting", "solid"],
      gives: { kind: "unlink", owners: [owner("1")] },
    },
    {
      name: "one is there, one is gone, one waits",
      owners: ["dangling", "waiting", "solid"],
      gives: { kind: "unlink", owners: [owner("2")] },
    },
    { name: "its owner waits and it owns nothing", owners: ["waiting"], gives: background },
    { name: "one is gone, one waits", owners: ["dangling", "waiting"], gives: background },
    {
      name: "its owner waits and it owns something",
      owners: ["waiting"],
      dependents: [object("below")],
      gives: { kind: "delete", policy: "Foreground", unblock: false },
    },
    {
      name: "its owner waits and is its own dependent: a circle",
      owners: ["waiting"],
      dependents: [object("above", inForeground)],
      gives: { kind: "delete", policy: "Foreground", unblock: true },
    },
    {
      name: "its owner is gone and it owns something: that goes after it",
      owners: ["dangling"],
      dependents: [object("below")],
      gives: background,
    },
    {
      name: "a finalizer to orphan stands",
      owners: ["dangling"],
      metadata: { finalizers: ["orphan"] },
      gives: { kind: "delete", policy: "Orphan", unblock: false },
    },
    {
      name: "a finalizer to go last stands",
      owners: ["dangling"],
      metadata: { finalizers: ["foregroundDeletion"] },
      gives: { kind: "delete", policy: "Foreground", unblock: false },
    },
    { name: "it is on its way already", owners: ["dangling"], metadata: leaving, gives: { kind: "none" } },
    { name: "an owner's kind is not served", owners: ["unknown"], gives: { kind: "wait" } },
    {
      name: "an owner's kind is not served, another is gone",
      owners: ["dangling", "unknown"],
      gives: { kind: "wait" },
    },
    {
      name: "it is in no namespace and its owner is of a namespaced kind",
      owners: ["invalid"],
      gives: { kind: "none" },
    },
    {
      name: "the same beside an owner that is gone",
      owners: ["dangling", "invalid"],
      gives: { kind: "none" },
    },
  ])("$name", ({ owners, metadata, dependents, gives }) => {
    const ownerReferences = owners.map((_, at) => owner(String(at)));
    const plan = planDependent(
      object("it", { ...metadata, ...(owners.length > 0 ? { ownerReferences } : {}) }),
      ({ uid }) => owners[Number(uid)]!,
      dependents,
    );
    expect(plan).toEqual(gives);
  });
});

describe("an object that is deleted", () => {
  const blocks = object("blocks", { ownerReferences: [owner("it", { blockOwnerDeletion: true })] });
  const follows = object("follows", { ownerReferences: [owner("it")] });
  const blocksOther = object("other", {
    ownerReferences: [owner("it"), owner("another", { blockOwnerDeletion: true })],
  });
  const goes = object("goes", { ...leaving, ownerReferences: blocks.metadata.ownerReferences });
  test.each<[string, Partial<KubeObject["metadata"]>, KubeObject[], object]>([
    ["is not yet", { finalizers: ["foregroundDeletion"] }, [blocks], { kind: "none" }],
    ["in the background: its dependents follow when it is gone", leaving, [blocks], { kind: "none" }],
    [
      "and held by somebody else's finalizer",
      { ...leaving, finalizers: ["example.com/hold"] },
      [],
      { kind: "none" },
    ],
    ["in the foreground, with no dependents", inForeground, [], { kind: "release" }],
    ["in the foreground, with one that does not block", inForeground, [follows], { kind: "release" }],
    ["in the foreground, with one that blocks another", inForeground, [blocksOther], { kind: "release" }],
    [
      "in the foreground, with one that blocks: all go",
      inForeground,
      [blocks, follows],
      { kind: "collect", dependents: [blocks, follows] },
    ],
    [
      "in the foreground, waiting for one that is on its way",
      inForeground,
      [goes],
      { kind: "collect", dependents: [] },
    ],
    [
      "leaving orphans",
      { ...leaving, finalizers: ["orphan"] },
      [blocks, follows],
      { kind: "orphan", dependents: [blocks, follows] },
    ],
    [
      "leaving orphans, which counts before the foreground",
      { ...leaving, finalizers: ["foregroundDeletion", "orphan"] },
      [blocks],
      { kind: "orphan", dependents: [blocks] },
    ],
  ])("%s", (_name, metadata, dependents, gives) => {
    expect(planOwner(object("it", metadata), dependents)).toEqual(gives);
  });
});

test.each([
  ["shop", 'ownerRef [v1/Pod, namespace: shop, name: web, uid: web] does not exist in namespace "shop"'],
  [undefined, 'ownerRef [v1/Pod, namespace: , name: web, uid: web] does not exist in namespace ""'],
])("an owner that is elsewhere is told of by its coordinates (%s)", (namespace, text) => {
  expect(invalidNamespaceMessage(namespace, owner("web"))).toBe(text);
});
