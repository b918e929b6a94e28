import { describe, expect, test } from "vitest";
import type { HorizontalPodAutoscaler, MetricSpec, Pod } from "@/lib/cluster/resources/types";
import { limitChange, type ScalingMemory } from "./limit-change";
import { metricReplicas, type PodMetrics } from "./metric-replicas";

const nowMs = Date.UTC(2026, 0, 1);
const share = (averageUtilization: number): MetricSpec => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
});
const value = (averageValue: string): MetricSpec => ({
  type: "Resource",
  resource: { name: "memory", target: { type: "AverageValue", averageValue } },
});
const pod = (
  name: string,
  ready = true,
  requests: Record<string, string> | undefined = { cpu: "200m" },
): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { containers: [{ name: "main", resources: { requests } }] },
  status: { phase: "Running", conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
});
const usage = (name: string, cpu: string, memory = "1Mi"): PodMetrics => ({
  apiVersion: "metrics.k8s.io/v1beta1",
  kind: "PodMetrics",
  metadata: { name },
  containers: [{ name: "main", usage: { cpu, memory } }],
});
const three = [pod("a"), pod("b"), pod("c")];
const all = (cpu: string) => three.map(({ metadata }) => usage(metadata.name, cpu));

describe("replicas that a metric asks for", () => {
  test.each<[string, MetricSpec, Pod[], PodMetrics[], number]>([
    ["twice the target", share(50), three, all("200m"), 6],
    ["half the target", share(50), three, all("50m"), 2],
    ["within a tenth of the target", share(50), three, all("105m"), 3],
    [
      "an average value",
      value("100Mi"),
      three,
      three.map(({ metadata }) => usage(metadata.name, "1m", "200Mi")),
      6,
    ],
    ["a pod without figures counts nothing when growing", share(50), three, all("200m").slice(0, 2), 4],
    ["and fully when shrinking", share(50), three, all("50m").slice(0, 2), 3],
    [
      "a pod that is not ready counts nothing when growing",
      share(50),
      [pod("a"), pod("b"), pod("c", false)],
      all("200m"),
      4,
    ],
  ])("%s", (_what, metric, pods, metrics, replicas) => {
    expect(metricReplicas(metric, 3, pods, metrics).replicas).toBe(replicas);
  });

  test("the status tells utilization and value", () => {
    expect(metricReplicas(share(50), 3, three, all("200m"))).toMatchObject({
      name: "cpu resource utilization (percentage of request)",
      status: { resource: { name: "cpu", current: { averageUtilization: 100, averageValue: "200m" } } },
    });
  });

  test.each<[Pod[], PodMetrics[], string]>([
    [
      three,
      [],
      "failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API",
    ],
    [
      [pod("a", true, {})],
      all("1m"),
      "failed to get cpu utilization: missing request for cpu in container main of Pod a",
    ],
    [
      [pod("a", false)],
      all("1m"),
      "failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)",
    ],
  ])("what cannot be told: %#", (pods, metrics, message) => {
    expect(() => metricReplicas(share(50), 3, pods, metrics)).toThrow(message);
  });
});

describe("limits", () => {
  const autoscaler = (spec: Partial<HorizontalPodAutoscaler["spec"]> = {}): HorizontalPodAutoscaler => ({
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web" },
    spec: { scaleTargetRef: { kind: "Deployment", name: "web" }, minReplicas: 2, maxReplicas: 10, ...spec },
  });
  const fresh = (): ScalingMemory => ({ recommendations: [], changes: [] });
  test.each<[string, number, number, object, number, string]>([
    ["in range", 3, 5, {}, 5, "DesiredWithinRange"],
    ["not above the maximum", 8, 12, {}, 10, "TooManyReplicas"],
    ["not below the minimum", 3, 1, {}, 2, "TooFewReplicas"],
    ["not faster than double or four more", 3, 10, {}, 7, "ScaleUpLimit"],
    [
      "a policy of one pod a minute",
      3,
      8,
      { behavior: { scaleUp: { policies: [{ type: "Pods", value: 1, periodSeconds: 60 }] } } },
      4,
      "ScaleUpLimit",
    ],
    [
      "half at most",
      8,
      2,
      { behavior: { scaleDown: { policies: [{ type: "Percent", value: 50, periodSeconds: 60 }] } } },
      4,
      "ScaleDownLimit",
    ],
    ["no way down", 8, 2, { behavior: { scaleDown: { selectPolicy: "Disabled" } } }, 8, "ScaleDownLimit"],
  ])("%s", (_what, current, recommended, spec, replicas, reason) => {
    expect(limitChange(autoscaler(spec), current, recommended, fresh(), nowMs)).toMatchObject({
      replicas,
      limited: { reason },
    });
  });

  test("what was done within the period counts against the policy", () => {
    const spec = { behavior: { scaleUp: { policies: [{ type: "Pods", value: 2, periodSeconds: 60 }] } } };
    const memory = { ...fresh(), changes: [{ atMs: nowMs - 30_000, by: 2 }] };
    expect(limitChange(autoscaler(spec), 5, 9, memory, nowMs).replicas).toBe(5);
    expect(limitChange(autoscaler(spec), 5, 9, memory, nowMs + 31_000).replicas).toBe(7);
  });

  test("it shrinks to the highest of the last five minutes", () => {
    const memory = fresh();
    expect(limitChange(autoscaler(), 8, 8, memory, nowMs).replicas).toBe(8);
    expect(limitChange(autoscaler(), 8, 3, memory, nowMs + 60_000)).toMatchObject({
      replicas: 8,
      able: { reason: "ScaleDownStabilized" },
    });
    expect(limitChange(autoscaler(), 8, 3, memory, nowMs + 301_000).replicas).toBe(3);
  });
});
