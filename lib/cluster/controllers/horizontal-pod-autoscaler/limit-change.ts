import type { HorizontalPodAutoscaler, ScalingRules } from "@/lib/cluster/resources/types";

/** What an autoscaler remembers between its looks; times are epoch milliseconds. */
export interface ScalingMemory {
  recommendations: { atMs: number; replicas: number }[];
  /** Positive: pods added, negative: pods taken away. */
  changes: { atMs: number; by: number }[];
}

export interface LimitedChange {
  replicas: number;
  /** Reason and message of AbleToScale, and of ScalingLimited with its status. */
  able: { reason: string; message: string };
  limited: { isLimited: boolean; reason: string; message: string };
}

const downWindowSeconds = 300;
const defaultUp: ScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ],
};
const defaultDown: ScalingRules = {
  stabilizationWindowSeconds: downWindowSeconds,
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
};

/**
 * The recommendation as far as stabilisation, the rules of `spec.behavior` and the bounds let it (kubernetes 1.34
 * pkg/controller/podautoscaler/horizontal.go: normalizeDesiredReplicas*). Adds it to the memory.
 */
export function limitChange(
  { spec }: HorizontalPodAutoscaler,
  current: number,
  recommended: number,
  memory: ScalingMemory,
  nowMs: number,
): LimitedChange {
  const up = { ...defaultUp, ...spec.behavior?.scaleUp };
  const down = { ...defaultDown, ...spec.behavior?.scaleDown };
  const isUp = recommended >= current;
  const windowSeconds = isUp
    ? (up.stabilizationWindowSeconds ?? 0)
    : (down.stabilizationWindowSeconds ?? downWindowSeconds);
  const recent = memory.recommendations
    .filter(({ atMs }) => atMs > nowMs - windowSeconds * 1000)
    .map(({ replicas }) => replicas);
  const stable = isUp ? Math.min(recommended, ...recent) : Math.max(recommended, ...recent);
  // Waiting must not turn the direction.
  const desired = isUp
    ? Math.max(stable, Math.min(current, recommended))
    : Math.min(stable, Math.max(current, recommended));
  const longestMs =
    Math.max(downWindowSeconds, up.stabilizationWindowSeconds ?? 0, windowSeconds, 3600) * 1000;
  memory.recommendations = [
    ...memory.recommendations.filter(({ atMs }) => atMs > nowMs - longestMs),
    { atMs: nowMs, replicas: recommended },
  ];
  memory.changes = memory.changes.filter(({ atMs }) => atMs > nowMs - longestMs);
  const able =
    desired === recommended
      ? { reason: "ReadyForNewScale", message: "recommended size matches current size" }
      : isUp
        ? {
            reason: "ScaleUpStabilized",
            message:
              "recent recommendations were lower than current one, applying the lowest recent recommendation",
          }
        : {
            reason: "ScaleDownStabilized",
            message:
              "recent recommendations were higher than current one, applying the highest recent recommendation",
          };
  return { able, ...bounded(spec, current, desired, up, down, memory, nowMs) };
}

function bounded(
  spec: HorizontalPodAutoscaler["spec"],
  current: number,
  desired: number,
  up: ScalingRules,
  down: ScalingRules,
  memory: ScalingMemory,
  nowMs: number,
): Pick<LimitedChange, "replicas" | "limited"> {
  const limited = (replicas: number, reason: string, message: string) => ({
    replicas,
    limited: { isLimited: true, reason, message },
  });
  const min = spec.minReplicas ?? 1;
  if (desired > current || desired > spec.maxReplicas) {
    const rate = Math.max(current, rateLimit(up, current, memory, nowMs, 1));
    if (desired > Math.min(rate, spec.maxReplicas))
      return rate < spec.maxReplicas
        ? limited(
            rate,
            "ScaleUpLimit",
            "the desired replica count is increasing faster than the maximum scale rate",
          )
        : limited(
            spec.maxReplicas,
            "TooManyReplicas",
            "the desired replica count is more than the maximum replica count",
          );
  } else if (desired < current || desired < min) {
    const rate = Math.min(current, rateLimit(down, current, memory, nowMs, -1));
    if (desired < Math.max(rate, min))
      return rate > min
        ? limited(
            rate,
            "ScaleDownLimit",
            "the desired replica count is decreasing faster than the maximum scale rate",
          )
        : limited(min, "TooFewReplicas", "the desired replica count is less than the minimum replica count");
  }
  return {
    replicas: desired,
    limited: {
      isLimited: false,
      reason: "DesiredWithinRange",
      message: "the desired count is within the acceptable range",
    },
  };
}

/** As far as the policies let the number go in one direction, counted from where it was when each period began. */
function rateLimit(
  { policies = [], selectPolicy }: ScalingRules,
  current: number,
  { changes }: ScalingMemory,
  nowMs: number,
  direction: 1 | -1,
): number {
  if (selectPolicy === "Disabled") return current;
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const changed = changes
      .filter(({ atMs }) => atMs > nowMs - periodSeconds * 1000)
      .reduce((sum, { by }) => sum + by, 0);
    const start = current - changed;
    if (type === "Pods") return start + direction * value;
    const share = start * (1 + (direction * value) / 100);
    return direction > 0 ? Math.ceil(share) : Math.floor(share);
  });
  const isWide = selectPolicy !== "Min";
  return isWide === direction > 0 ? Math.max(...proposals) : Math.min(...proposals);
}
