import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from "../types";

const unknown = "<unknown>";
type Source = "resource" | "containerResource" | "pods" | "object" | "external";

const sourceOf: Record<string, Source> = {
  Resource: "resource",
  ContainerResource: "containerResource",
  Pods: "pods",
  Object: "object",
  External: "external",
};

/** formatHPAMetrics: "cpu: 12%/80%, memory: 100Mi/200Mi", the first two of them. */
export function hpaTargets({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec.metrics ?? [];
  if (metrics.length === 0) return "<none>";
  const current = status?.currentMetrics ?? [];
  const shown = metrics.slice(0, 2).map((metric, index) => formatMetric(metric, current[index]));
  const text = shown.join(", ");
  return metrics.length > 2 ? `${text} + ${metrics.length - 2} more...` : text;
}

function formatMetric(metric: MetricSpec, status: MetricStatus | undefined): string {
  const source = sourceOf[metric.type];
  const target = source && metric[source]?.target;
  if (!source || !target) return "<unknown type>";
  const current = status?.[source]?.current;
  const label =
    source === "resource" || source === "containerResource" ? `${metric[source]?.name ?? ""}: ` : "";
  if (source === "resource" || source === "containerResource") {
    if (target.averageValue !== undefined) {
      return `${label}${current?.averageValue ?? unknown}/${target.averageValue}`;
    }
    const now = current?.averageUtilization === undefined ? unknown : `${current.averageUtilization}%`;
    return `${label}${now}/${target.averageUtilization === undefined ? "<auto>" : `${target.averageUtilization}%`}`;
  }
  if (source === "pods") return `${current?.averageValue ?? unknown}/${target.averageValue ?? ""}`;
  if (target.averageValue !== undefined) {
    return `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`;
  }
  return `${current?.value ?? unknown}/${target.value ?? ""}`;
}
