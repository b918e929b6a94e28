import { quantityToNumber } from "@/lib/cluster/resources/quantity";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { MetricSpec, MetricStatus, Pod } from "@/lib/cluster/resources/types";
import { isReady } from "../pods";

/** An object of metrics.k8s.io/v1beta1. */
export type PodMetrics = KubeObject & {
  containers?: { name: string; usage: Record<string, string> }[];
};

export interface MetricResult {
  replicas: number;
  /** As the condition ValidMetricFound and the reason of a rescale name the metric. */
  name: string;
  status: MetricStatus;
}

/** A metric that cannot be read; `reason` is of the event and the condition, the message their text. */
export class MetricFailure extends Error {
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

const tolerance = 0.1;

/** How many replicas a metric asks for (kubernetes 1.34 pkg/controller/podautoscaler/replica_calculator.go). */
export function metricReplicas(
  metric: MetricSpec,
  currentReplicas: number,
  pods: Pod[],
  metrics: PodMetrics[],
): MetricResult {
  const source = metric.resource ?? metric.containerResource;
  if (!source)
    throw new MetricFailure(
      `FailedGet${metric.type}Metric`,
      `unable to get ${metric.type.toLowerCase()} metric: no custom metrics API registered`,
    );
  const container = metric.containerResource?.container;
  const { name, target } = source;
  const isShare = target.averageUtilization !== undefined;
  const what = isShare ? "utilization" : "value";
  const fail = (why: string) =>
    new MetricFailure(
      container ? "FailedGetContainerResourceMetric" : "FailedGetResourceMetric",
      `failed to get ${name} ${isShare ? "utilization" : "resource metric value"}: ${why}`,
    );
  const counted = pods.filter(
    ({ metadata, status }) => !metadata.deletionTimestamp && status?.phase !== "Failed",
  );
  if (metrics.length === 0)
    throw fail(`unable to get metrics for resource ${name}: no metrics returned from resource metrics API`);
  const usages = new Map<string, number>();
  const requests = new Map<string, number>();
  const missing: string[] = [];
  const unready: string[] = [];
  for (const pod of counted) {
    const podName = pod.metadata.name;
    if (isShare) requests.set(podName, requestOf(pod, name, container, fail));
    const usage = usageOf(
      metrics.find(({ metadata }) => metadata.name === podName),
      name,
      container,
    );
    if (pod.status?.phase === "Pending" || (name === "cpu" && !isReady(pod))) unready.push(podName);
    else if (usage === undefined) missing.push(podName);
    else usages.set(podName, usage);
  }
  if (usages.size === 0) throw fail("did not receive metrics for targeted pods (pods might be unready)");
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
  const totalUsage = sum(usages.values());
  const average = totalUsage / usages.size;
  const wanted = isShare ? target.averageUtilization! / 100 : quantityToNumber(target.averageValue ?? "0");
  /** Usage over target, with `assumed` usage for pods that nobody measured. */
  const ratioWith = (assumed: Map<string, number>) => {
    const all = new Map([...usages, ...assumed]);
    const base = isShare ? sum([...all.keys()].map((pod) => requests.get(pod) ?? 0)) : all.size;
    return { ratio: sum(all.values()) / base / wanted, count: all.size };
  };
  const measured = ratioWith(new Map());
  let replicas: number;
  if (missing.length === 0 && (unready.length === 0 || measured.ratio < 1)) {
    replicas = isClose(measured.ratio) ? currentReplicas : Math.ceil(measured.ratio * measured.count);
  } else {
    // Pods without figures damp the change: full load against shrinking, no load against growing.
    const full = (pod: string) => (isShare ? (requests.get(pod) ?? 0) : wanted);
    const assumed = new Map(missing.map((pod) => [pod, measured.ratio < 1 ? full(pod) : 0]));
    if (measured.ratio > 1) for (const pod of unready) assumed.set(pod, 0);
    const damped = ratioWith(assumed);
    const hasTurned = damped.ratio < 1 !== measured.ratio < 1;
    const next = Math.ceil(damped.ratio * damped.count);
    const overshoots = damped.ratio < 1 ? next > currentReplicas : next < currentReplicas;
    replicas = isClose(damped.ratio) || hasTurned || overshoots ? currentReplicas : next;
  }
  const current = {
    averageValue: formatUsage(name, average),
    ...(isShare ? { averageUtilization: Math.floor(measured.ratio * target.averageUtilization!) } : {}),
  };
  return {
    replicas,
    name:
      what === "utilization" ? `${name} resource utilization (percentage of request)` : `${name} resource`,
    status: container
      ? { type: "ContainerResource", containerResource: { name, container, current } }
      : { type: "Resource", resource: { name, current } },
  };
}

const isClose = (ratio: number) => Math.abs(1 - ratio) <= tolerance;

function requestOf(
  { metadata, spec }: Pod,
  resource: string,
  container: string | undefined,
  fail: (why: string) => MetricFailure,
): number {
  let total = 0;
  for (const { name, resources } of spec.containers) {
    if (container !== undefined && name !== container) continue;
    const request = resources?.requests?.[resource];
    if (request === undefined)
      throw fail(`missing request for ${resource} in container ${name} of Pod ${metadata.name}`);
    total += quantityToNumber(request);
  }
  return total;
}

function usageOf(
  metrics: PodMetrics | undefined,
  resource: string,
  container: string | undefined,
): number | undefined {
  const containers = (metrics?.containers ?? []).filter(
    ({ name }) => container === undefined || name === container,
  );
  if (containers.length === 0 || containers.some(({ usage }) => usage[resource] === undefined))
    return undefined;
  return containers.reduce((sum, { usage }) => sum + quantityToNumber(usage[resource]), 0);
}

function formatUsage(resource: string, value: number): string {
  return resource === "cpu" ? `${Math.round(value * 1000)}m` : String(Math.round(value));
}
