import { expect, test } from "vitest";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { Dependents } from "./dependents";

const collection = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
const object = (name: string, ...owners: string[]): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    name,
    uid: name,
    ownerReferences: owners.map((uid) => ({ apiVersion: "v1", kind: "Pod", name: uid, uid })),
  },
});

test("an owner's dependents follow what they name, change by change", () => {
  const dependents = new Dependents();
  const of = (uid: string) => dependents.of(object(uid)).map((one) => one.object.metadata.name);
  const first = object("first", "a", "b");
  dependents.change(collection, first, undefined);
  dependents.change(collection, object("second", "a"), undefined);
  expect([of("a"), of("b"), of("c")]).toEqual([["first", "second"], ["first"], []]);
  const moved = object("first", "c");
  dependents.change(collection, moved, first);
  expect([of("a"), of("b"), of("c")]).toEqual([["second"], [], ["first"]]);
  expect(dependents.of(object("c"))[0]).toEqual({ collection, object: moved });
  dependents.change(collection, undefined, moved);
  expect(of("c")).toEqual([]);
});
