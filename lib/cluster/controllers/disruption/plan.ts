import type { Pod, PodDisruptionBudget } from "@/lib/cluster/resources/types";
import { withCondition } from "../conditions";
import { isReady, scaled } from "../pods";

type BudgetStatus = NonNullable<PodDisruptionBudget["status"]>;

/** An evicted pod that is not being deleted after this long counts again. */
export const deletionTimeoutMs = 120_000;

export interface BudgetPlan {
  status: BudgetStatus;
  /** Until an evicted pod counts again. */
  againMs?: number;
}

/** True when the budget is a share of what the pods' controllers want, not a number of pods. */
export function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === "string";
}

/**
 * How many of the pods may go now (kubernetes 1.34 pkg/controller/disruption). `expected` is the number of pods that
 * their controllers want, or the number of pods where the budget does not need that.
 */
export function planBudget(
  budget: PodDisruptionBudget,
  pods: Pod[],
  expected: number,
  nowMs: number,
): BudgetPlan {
  const { maxUnavailable, minAvailable = 0 } = budget.spec ?? {};
  const desired =
    maxUnavailable === undefined
      ? scaled(minAvailable, expected, true)
      : Math.max(0, expected - scaled(maxUnavailable, expected, true));
  const disruptedPods: Record<string, string> = {};
  let againMs: number | undefined;
  let healthy = 0;
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp) continue;
    const { name } = pod.metadata;
    const evictedAt = budget.status?.disruptedPods?.[name];
    const leftMs = evictedAt ? Date.parse(evictedAt) + deletionTimeoutMs - nowMs : 0;
    if (leftMs > 0) {
      disruptedPods[name] = evictedAt!;
      againMs = Math.min(againMs ?? Infinity, leftMs);
    } else if (isReady(pod)) healthy += 1;
  }
  const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
  const { generation } = budget.metadata;
  return {
    ...(againMs === undefined ? {} : { againMs }),
    status: {
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      disruptionsAllowed: allowed,
      ...(Object.keys(disruptedPods).length > 0 ? { disruptedPods } : {}),
      observedGeneration: generation,
      conditions: withCondition(
        budget.status?.conditions ?? [],
        {
          type: "DisruptionAllowed",
          status: allowed > 0 ? "True" : "False",
          reason: allowed > 0 ? "SufficientPods" : "InsufficientPods",
          message: "",
          observedGeneration: generation,
        },
        nowMs,
      ),
    },
  };
}

/** When the number of expected pods cannot be told, nothing may go. */
export function failedStatus(budget: PodDisruptionBudget, message: string, nowMs: number): BudgetStatus {
  const before = { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, ...budget.status };
  return {
    ...before,
    disruptionsAllowed: 0,
    conditions: withCondition(
      before.conditions ?? [],
      {
        type: "DisruptionAllowed",
        status: "False",
        reason: "SyncFailed",
        message,
        observedGeneration: budget.metadata.generation,
      },
      nowMs,
    ),
  };
}
