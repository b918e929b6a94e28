import { expect, test } from "vitest";
import type { Node, Pod, Toleration } from "@/lib/cluster/resources/types";
import { planPodGc, quarantineMs } from "../pod-gc/plan";
import { evictionAtMs, FirstSights } from "./plan";

const nowMs = Date.UTC(2026, 0, 1);
const pod = (
  tolerations: Toleration[],
  metadata: object = {},
  nodeName: string | undefined = "node01",
): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", ...metadata },
  spec: { containers: [{ name: "main" }], tolerations, nodeName },
});
const lost = {
  key: "node.kubernetes.io/unreachable",
  effect: "NoExecute",
  timeAdded: "2025-12-31T23:59:00Z",
};
const drill = { key: "drill", value: "yes", effect: "NoExecute" };
const patient = (tolerationSeconds: number) => ({ key: lost.key, operator: "Exists", tolerationSeconds });

test.each<[string, Toleration[], (typeof lost | typeof drill)[], number | undefined]>([
  ["no taint", [], [], undefined],
  ["not tolerated", [], [drill], nowMs],
  ["tolerated for good", [{ operator: "Exists" }], [drill, lost], undefined],
  ["tolerated from the taint's own time on", [patient(300)], [lost], nowMs + 240_000],
  ["that time is over", [patient(30)], [lost], nowMs - 30_000],
  ["the shortest toleration counts", [patient(300), patient(90)], [lost], nowMs + 30_000],
  ["another value is not tolerated", [{ key: "drill", operator: "Equal", value: "no" }], [drill], nowMs],
  ["one of two is not tolerated", [patient(300)], [lost, drill], nowMs],
])("eviction, %s", (_what, tolerations, taints, atMs) => {
  const sinceMs = new FirstSights().of("shop/web", pod(tolerations), taints, nowMs);
  expect(evictionAtMs(pod(tolerations), taints, nowMs, sinceMs)).toBe(atMs);
});

test("a taint without a time counts from when it was first seen beside the pod", () => {
  const sights = new FirstSights();
  const patience = [{ key: drill.key, operator: "Exists", tolerationSeconds: 60 }];
  const at = (seenMs: number, taints = [drill], metadata = {}) => {
    const object = pod(patience, metadata);
    return evictionAtMs(object, taints, seenMs, sights.of("shop/web", object, taints, seenMs));
  };
  expect(at(nowMs)).toBe(nowMs + 60_000);
  expect(at(nowMs + 30_000)).toBe(nowMs + 60_000);
  expect(at(nowMs + 40_000, [])).toBeUndefined();
  expect(at(nowMs + 50_000)).toBe(nowMs + 110_000);
  expect(at(nowMs + 55_000, [drill], { uid: "another of its name" })).toBe(nowMs + 115_000);
  sights.forget("shop/web");
  expect(at(nowMs + 70_000)).toBe(nowMs + 130_000);
});

test("a pod that starts beside an old taint has its whole time", () => {
  const young = pod([patient(30)], { creationTimestamp: new Date(nowMs - 10_000).toISOString() });
  const sinceMs = new FirstSights().of("shop/web", young, [lost], nowMs);
  expect(evictionAtMs(young, [lost], nowMs, sinceMs)).toBe(nowMs + 20_000);
});

const node = (taints: NonNullable<Node["spec"]["taints"]>, ready: "True" | "Unknown"): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "node01" },
  spec: { taints },
  status: { conditions: [{ type: "Ready", status: ready }] },
});
const going = { deletionTimestamp: "2026-01-01T00:00:30Z" };
const outOfService = [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }];

test.each<[string, Pod, Node | undefined, number | undefined, ReturnType<typeof planPodGc>]>([
  ["its node is there", pod([], going), node([], "Unknown"), undefined, undefined],
  ["its node has just gone", pod([]), undefined, nowMs - 1000, "wait"],
  ["its node is gone", pod([]), undefined, nowMs - quarantineMs, { message: "PodGC: node no longer exists" }],
  [
    "it was deleted before it had a node",
    { ...pod([], going), spec: { containers: [] } },
    undefined,
    undefined,
    {},
  ],
  ["its node is out of service", pod([], going), node(outOfService, "Unknown"), undefined, {}],
  ["unless that node is ready", pod([], going), node(outOfService, "True"), undefined, undefined],
])("pod collection, %s", (_what, object, of, sinceMs, plan) => {
  expect(planPodGc(object, of, sinceMs, nowMs)).toEqual(plan);
});
