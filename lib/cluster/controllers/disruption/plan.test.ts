import { expect, test } from "vitest";
import type { Pod, PodDisruptionBudget } from "@/lib/cluster/resources/types";
import { failedStatus, planBudget } from "./plan";

const nowMs = Date.UTC(2026, 0, 1);
const pod = (name: string, ready = true, metadata: object = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, ...metadata },
  spec: { containers: [{ name: "main" }] },
  status: { phase: "Running", conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
});
const budget = (
  spec: PodDisruptionBudget["spec"],
  status?: Partial<NonNullable<PodDisruptionBudget["status"]>>,
): PodDisruptionBudget => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "guard", generation: 2 },
  spec,
  status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, ...status },
});
const four = [pod("a"), pod("b"), pod("c"), pod("d", false)];

test.each<[string, PodDisruptionBudget["spec"], Pod[], number, [number, number, number]]>([
  ["a number that must be there", { minAvailable: 2 }, four, 4, [3, 2, 1]],
  ["a share that must be there is rounded up", { minAvailable: "60%" }, four, 4, [3, 3, 0]],
  ["a number that may be missing", { maxUnavailable: 2 }, four, 4, [3, 2, 1]],
  ["a share that may be missing is rounded up", { maxUnavailable: "30%" }, four, 4, [3, 2, 1]],
  [
    "pods that are being deleted are not healthy",
    { minAvailable: 1 },
    [pod("a"), pod("b", true, { deletionTimestamp: "x" })],
    2,
    [1, 1, 0],
  ],
  ["without pods nothing is allowed", { minAvailable: 0 }, [], 0, [0, 0, 0]],
  ["what is wanted more than once is never allowed", { maxUnavailable: 0 }, four, 4, [3, 4, 0]],
])("%s", (_what, spec, pods, expected, [currentHealthy, desiredHealthy, disruptionsAllowed]) => {
  const { status } = planBudget(budget(spec), pods, expected, nowMs);
  expect(status).toMatchObject({
    currentHealthy,
    desiredHealthy,
    disruptionsAllowed,
    expectedPods: expected,
    observedGeneration: 2,
    conditions: [
      disruptionsAllowed > 0
        ? { type: "DisruptionAllowed", status: "True", reason: "SufficientPods" }
        : { type: "DisruptionAllowed", status: "False", reason: "InsufficientPods" },
    ],
  });
});

test("an evicted pod does not count until it has had its time to go", () => {
  const evicted = (secondsAgo: number) => ({
    disruptedPods: { a: new Date(nowMs - secondsAgo * 1000).toISOString() },
  });
  const fresh = planBudget(budget({ minAvailable: 2 }, evicted(20)), four, 4, nowMs);
  expect(fresh).toMatchObject({ againMs: 100_000, status: { currentHealthy: 2, disruptionsAllowed: 0 } });
  const stale = planBudget(budget({ minAvailable: 2 }, evicted(121)), four, 4, nowMs);
  expect(stale.status).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 });
  expect(stale.status.disruptedPods).toBeUndefined();
});

test("what cannot be counted allows nothing", () => {
  expect(failedStatus(budget({}, { disruptionsAllowed: 3 }), "why", nowMs)).toMatchObject({
    disruptionsAllowed: 0,
    conditions: [{ status: "False", reason: "SyncFailed", message: "why" }],
  });
});
