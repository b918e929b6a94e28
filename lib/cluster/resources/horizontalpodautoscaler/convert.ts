import type { KubeObject } from "../kind";
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from "../types";

const metricsAnnotation = "autoscaling.alpha.kubernetes.io/metrics";
const currentAnnotation = "autoscaling.alpha.kubernetes.io/current-metrics";
const behaviorAnnotation = "autoscaling.alpha.kubernetes.io/behavior";

interface V1 extends KubeObject {
  spec?: HorizontalPodAutoscaler["spec"] & { targetCPUUtilizationPercentage?: number };
  status?: HorizontalPodAutoscaler["status"] & { currentCPUUtilizationPercentage?: number };
}

const isCpu = (metric: MetricSpec | MetricStatus) =>
  metric.type === "Resource" && metric.resource?.name === "cpu";

/** autoscaling/v1 to v2: the one field becomes a metric; what v1 cannot say comes back from annotations. */
export function hpaToV2(object: KubeObject): KubeObject {
  const { spec, status, metadata } = object as V1;
  const annotations = { ...metadata.annotations };
  const take = (key: string): unknown => {
    const text = annotations[key];
    delete annotations[key];
    try {
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    } catch {
      return undefined;
    }
  };
  const metrics = (take(metricsAnnotation) as MetricSpec[] | undefined) ?? [];
  const current = (take(currentAnnotation) as MetricStatus[] | undefined) ?? [];
  const behavior = take(behaviorAnnotation) as HorizontalPodAutoscaler["spec"]["behavior"];
  const { targetCPUUtilizationPercentage: target, ...rest } = spec ?? ({} as NonNullable<V1["spec"]>);
  const { currentCPUUtilizationPercentage: now, ...restStatus } = status ?? {};
  if (target !== undefined) {
    metrics.push({
      type: "Resource",
      resource: { name: "cpu", target: { type: "Utilization", averageUtilization: target } },
    });
  }
  if (now !== undefined)
    current.push({ type: "Resource", resource: { name: "cpu", current: { averageUtilization: now } } });
  return {
    ...object,
    apiVersion: "autoscaling/v2",
    metadata: { ...metadata, annotations: Object.keys(annotations).length > 0 ? annotations : undefined },
    spec: { ...rest, ...(metrics.length > 0 ? { metrics } : {}), ...(behavior ? { behavior } : {}) },
    ...(status
      ? { status: { ...restStatus, ...(current.length > 0 ? { currentMetrics: current } : {}) } }
      : {}),
  };
}

/** v2 to v1: the cpu utilisation in its field, everything else in annotations. */
export function hpaToV1(object: KubeObject): KubeObject {
  const { spec, status, metadata } = object as HorizontalPodAutoscaler;
  const { metrics = [], behavior, ...rest } = spec;
  const { currentMetrics, conditions: _conditions, ...restStatus } = status ?? {};
  const cpu = metrics.find((metric) => isCpu(metric) && metric.resource?.target.type === "Utilization");
  const others = metrics.filter((metric) => metric !== cpu);
  const cpuNow = (currentMetrics ?? []).find(isCpu);
  const annotations = {
    ...metadata.annotations,
    ...(others.length > 0 ? { [metricsAnnotation]: JSON.stringify(others) } : {}),
    ...(behavior ? { [behaviorAnnotation]: JSON.stringify(behavior) } : {}),
  };
  return {
    ...object,
    apiVersion: "autoscaling/v1",
    metadata: { ...metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: {
      ...rest,
      ...(cpu ? { targetCPUUtilizationPercentage: cpu.resource?.target.averageUtilization } : {}),
    },
    ...(status
      ? {
          status: {
            ...restStatus,
            ...(cpuNow
              ? { currentCPUUtilizationPercentage: cpuNow.resource?.current.averageUtilization }
              : {}),
          },
        }
      : {}),
  };
}
