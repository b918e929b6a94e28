import { expect, test } from "vitest";
import type { Pod, PodDisruptionBudget } from "@/lib/cluster/resources/types";
import { schedule } from "./plan";
import { nodeOf, podOf, snapshotOf, type ClusterOfObjects } from "./testing-snapshot";

const important = (spec: Partial<Pod["spec"]> & { cpu?: string } = {}, status: Pod["status"] = {}) =>
  podOf("vip", { priority: 1000, cpu: "2", ...spec }, {}, status);
const on = (nodeName: string, name: string, priority: number, cpu: string, more: Partial<Pod> = {}): Pod => ({
  ...podOf(name, { nodeName, priority, cpu }),
  ...more,
});
const started = (startTime: string) => ({ status: { startTime } });
const budget = (app: string, disruptionsAllowed: number): PodDisruptionBudget => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: app, namespace: "shop" },
  spec: { selector: { matchLabels: { app } } },
  status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
});

function outcome(pod: Pod, cluster: ClusterOfObjects) {
  const decision = schedule(pod, snapshotOf(cluster));
  if (decision.kind === "bind") return { boundTo: decision.nodeName };
  return {
    node: decision.nominatedNodeName,
    victims: decision.victims.map(({ metadata }) => metadata.name),
    message: decision.message,
  };
}

test("the fewest and least important pods go; the message then has no tail", () => {
  expect(
    outcome(important(), {
      nodes: [nodeOf("a", { cpu: "3" })],
      pods: [on("a", "low", 1, "1"), on("a", "mid", 10, "1"), on("a", "tiny", 5, "100m")],
    }),
  ).toEqual({ node: "a", victims: ["tiny", "low"], message: "0/1 nodes are available: 1 Insufficient cpu." });
  expect(
    outcome(important({ cpu: "1" }), {
      nodes: [nodeOf("a", { cpu: "2" })],
      pods: [on("a", "low", 1, "1"), on("a", "mid", 10, "1")],
    }),
  ).toMatchObject({ node: "a", victims: ["low"] });
});

test("pods of the same priority are no victims", () => {
  expect(outcome(important(), { nodes: [nodeOf("a")], pods: [on("a", "peer", 1000, "1")] })).toEqual({
    node: "",
    victims: [],
    message:
      "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
  });
});

test("nodes where it would not fit anyway say why, beside those where eviction is no use", () => {
  const tainted = nodeOf("cp", { spec: { taints: [{ key: "x", effect: "NoSchedule" }] } });
  expect(
    outcome(important(), {
      nodes: [tainted, nodeOf("a"), nodeOf("b")],
      pods: [on("a", "peer", 1000, "1"), on("a", "low", 1, "1"), on("b", "other", 1000, "1")],
    }).message,
  ).toBe(
    "0/3 nodes are available: 1 node(s) had untolerated taint {x: }, 2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Insufficient cpu, 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.",
  );
});

test("preemptionPolicy Never", () => {
  expect(
    outcome(important({ preemptionPolicy: "Never" }), {
      nodes: [nodeOf("a")],
      pods: [on("a", "low", 1, "1")],
    }),
  ).toMatchObject({
    victims: [],
    message:
      "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.",
  });
});

test("who has evicted already waits for its victims", () => {
  const leaving = on("a", "low", 1, "1", {
    metadata: { name: "low", namespace: "shop", uid: "low", deletionTimestamp: "2026-01-01T00:00:00Z" },
    status: {
      conditions: [{ type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" }],
    },
  });
  expect(
    outcome(important({}, { nominatedNodeName: "a" }), {
      nodes: [nodeOf("a")],
      pods: [leaving, on("a", "second", 1, "500m")],
    }),
  ).toEqual({
    node: undefined,
    victims: [],
    message:
      "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to a terminating pod on the nominated node.",
  });
});

test.each([
  {
    name: "without a budget that would be broken",
    pods: [on("a", "kept", 1, "1"), on("b", "free", 500, "1")],
    budgets: [budget("kept", 0)],
    node: "b",
  },
  {
    name: "whose most important victim is the least important",
    pods: [on("a", "x", 20, "1"), on("b", "y", 10, "1"), on("b", "z", 10, "1")],
    node: "b",
  },
  {
    name: "where the sum of priorities is the lowest",
    pods: [on("a", "x", 10, "1"), on("a", "x2", 10, "1"), on("b", "y", 10, "1"), on("b", "z", 5, "1")],
    node: "b",
  },
  {
    name: "with the fewest victims",
    pods: [on("a", "x", 10, "1"), on("a", "x2", -(2 ** 31), "1"), on("b", "y", 10, "2")],
    node: "b",
  },
  {
    name: "whose most important victim started last",
    pods: [
      on("a", "x", 10, "1", started("2026-01-01T00:00:00Z")),
      on("b", "y", 10, "1", started("2026-01-02T00:00:00Z")),
    ],
    node: "b",
  },
])("it chooses the node $name", ({ pods, budgets, node }) => {
  expect(
    outcome(important(), { nodes: [nodeOf("a"), nodeOf("b")], pods, ...(budgets ? { budgets } : {}) }).node,
  ).toBe(node);
});

test("room made for a more important pod is not taken by a lesser one", () => {
  const waiting = podOf("vip", { priority: 1000, cpu: "2" }, {}, { nominatedNodeName: "a" });
  const cluster = { nodes: [nodeOf("a")], pods: [waiting] };
  expect(outcome(podOf("p", { cpu: "500m" }), cluster)).toMatchObject({
    message: expect.stringMatching(/^0\/1 nodes are available: 1 Insufficient cpu\./) as string,
  });
  expect(outcome(podOf("p", { cpu: "500m", priority: 2000 }), cluster)).toEqual({ boundTo: "a" });
  expect(outcome(waiting, cluster)).toEqual({ boundTo: "a" });
});

test("it goes where its victims made room, though another node is free by now", () => {
  const pod = important({}, { nominatedNodeName: "b" });
  expect(outcome(pod, { nodes: [nodeOf("a", { cpu: "16" }), nodeOf("b")], pods: [pod] })).toEqual({
    boundTo: "b",
  });
});
