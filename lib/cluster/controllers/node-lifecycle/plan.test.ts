import { describe, expect, test } from "vitest";
import type { Condition, Lease, Node, Taint } from "@/lib/cluster/resources/types";
import { leaseGraceMs, plannedTaints, silentConditions } from "./plan";

const nowMs = Date.UTC(2026, 0, 1, 12);
const ago = (ms: number) => new Date(nowMs - ms).toISOString();
const node = (conditions: Record<string, Condition["status"]>, spec: Node["spec"] = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "node01", creationTimestamp: ago(24 * 3600_000) },
  spec,
  status: { conditions: Object.entries(conditions).map(([type, status]) => ({ type, status })) },
});
const own: Taint = { key: "dedicated", value: "db", effect: "NoSchedule" };
const taint = (name: string, effect: string): Taint => ({ key: `node.kubernetes.io/${name}`, effect });
const ready = { Ready: "True" } as const;

describe("taints", () => {
  test.each<[string, Node, string[] | undefined]>([
    ["a ready node has none", node(ready), undefined],
    ["its own stay", node(ready, { taints: [own] }), undefined],
    [
      "it is not ready",
      node({ Ready: "False" }),
      ["node.kubernetes.io/not-ready:NoSchedule", "node.kubernetes.io/not-ready:NoExecute"],
    ],
    [
      "nobody hears of it",
      node({ Ready: "Unknown" }, { taints: [own] }),
      [
        "dedicated:NoSchedule",
        "node.kubernetes.io/unreachable:NoSchedule",
        "node.kubernetes.io/unreachable:NoExecute",
      ],
    ],
    [
      "from not ready to silent",
      node(
        { Ready: "Unknown" },
        { taints: [taint("not-ready", "NoSchedule"), taint("not-ready", "NoExecute")] },
      ),
      ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"],
    ],
    [
      "it is ready again",
      node(ready, { taints: [own, taint("not-ready", "NoSchedule"), taint("not-ready", "NoExecute")] }),
      ["dedicated:NoSchedule"],
    ],
    ["it has not reported yet", node({}), ["node.kubernetes.io/not-ready:NoSchedule"]],
    ["cordoned", node(ready, { unschedulable: true }), ["node.kubernetes.io/unschedulable:NoSchedule"]],
    ["uncordoned: the last taint goes", node(ready, { taints: [taint("unschedulable", "NoSchedule")] }), []],
    [
      "short of memory, disk and process ids",
      node({ ...ready, MemoryPressure: "True", DiskPressure: "True", PIDPressure: "True" }),
      [
        "node.kubernetes.io/memory-pressure:NoSchedule",
        "node.kubernetes.io/disk-pressure:NoSchedule",
        "node.kubernetes.io/pid-pressure:NoSchedule",
      ],
    ],
    [
      "without a network",
      node({ ...ready, NetworkUnavailable: "True" }),
      ["node.kubernetes.io/network-unavailable:NoSchedule"],
    ],
    [
      "what a silent node said of its memory does not count",
      node({ ...ready, MemoryPressure: "Unknown" }),
      undefined,
    ],
    [
      "an eviction that somebody asked for by hand stays",
      node(ready, { taints: [taint("out-of-service", "NoExecute")] }),
      undefined,
    ],
  ])("%s", (_name, of, told) => {
    const planned = plannedTaints(of, nowMs);
    expect(planned?.map(({ key, effect }) => `${key}:${effect}`)).toEqual(told);
  });

  test("a new one has its time, one that stays keeps its own", () => {
    const old = { ...taint("not-ready", "NoSchedule"), timeAdded: "2025-12-31T00:00:00Z" };
    expect(plannedTaints(node({ Ready: "False" }, { taints: [old] }), nowMs)).toEqual([
      old,
      { ...taint("not-ready", "NoExecute"), timeAdded: "2026-01-01T12:00:00Z" },
    ]);
  });
});

describe("a node's lease", () => {
  const lease = (renewedAgoMs: number): Lease => ({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "node01" },
    spec: { renewTime: ago(renewedAgoMs) },
  });
  const young: Node = { ...node(ready), metadata: { name: "node01", creationTimestamp: ago(10_000) } };
  test.each<[string, Node, Lease | undefined, Record<string, string> | undefined]>([
    ["was just renewed", node(ready), lease(1000), undefined],
    ["is as old as it may be", node(ready), lease(leaseGraceMs), undefined],
    ["is too old", node(ready), lease(leaseGraceMs + 1), { Ready: "Unknown" }],
    ["never came", node(ready), undefined, { Ready: "Unknown" }],
    ["has not come yet", young, undefined, undefined],
    [
      "is too old: what the kubelet said is no longer known, the network's condition is not its business",
      node({ ...ready, MemoryPressure: "False", NetworkUnavailable: "False" }),
      lease(leaseGraceMs + 1),
      { Ready: "Unknown", MemoryPressure: "Unknown", NetworkUnavailable: "False" },
    ],
    ["is too old, which is known", node({ Ready: "Unknown" }), lease(leaseGraceMs * 10), undefined],
  ])("%s", (_name, of, with_, told) => {
    const conditions = silentConditions(of, with_, nowMs);
    expect(conditions && Object.fromEntries(conditions.map(({ type, status }) => [type, status]))).toEqual(
      told,
    );
    expect(conditions?.[0]).toEqual(
      told && {
        type: "Ready",
        status: "Unknown",
        reason: "NodeStatusUnknown",
        message: "Kubelet stopped posting node status.",
        lastTransitionTime: "2026-01-01T12:00:00Z",
      },
    );
  });
});
