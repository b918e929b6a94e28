import { ageColumn, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { FieldError, KubeObject, PrinterColumn } from "../kind";
import { orDefault } from "../pod-spec/defaults";
import type { HorizontalPodAutoscaler, MetricSpec } from "../types";
import { invalid, invalidEach, notSupported, required } from "../validation/errors";
import { pathSegment } from "../validation/names";
import { hpaToV1, hpaToV2 } from "./convert";
import { hpaTargets } from "./targets";

const columns: PrinterColumn<HorizontalPodAutoscaler>[] = [
  nameColumn(),
  text("Reference", ({ spec }) => `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`),
  text("Targets", hpaTargets),
  text("MinPods", ({ spec }) => String(spec.minReplicas ?? "<unset>")),
  text("MaxPods", ({ spec }) => spec.maxReplicas),
  text("Replicas", ({ status }) => status?.currentReplicas ?? 0),
  ageColumn(),
];

const metricTypes = ["ContainerResource", "External", "Object", "Pods", "Resource"];

function validateMetric(metric: MetricSpec, at: string): FieldError[] {
  if (!metric.type) return [required(`${at}.type`, "must specify a metric source type")];
  if (!metricTypes.includes(metric.type)) return [notSupported(`${at}.type`, metric.type, metricTypes)];
  const field = metric.type.charAt(0).toLowerCase() + metric.type.slice(1);
  const source = metric[field as "resource"];
  if (!source) {
    return [required(`${at}.${field}`, "must populate information for the given metric source")];
  }
  const { target } = source;
  const errors: FieldError[] = [];
  if (metric.type === "Resource" && !metric.resource?.name) {
    errors.push(required(`${at}.resource.name`, "must specify a resource name"));
  }
  if (!target?.type) errors.push(required(`${at}.${field}.target.type`, "must specify a metric target type"));
  const utilization = target?.averageUtilization;
  if (utilization !== undefined && utilization < 1) {
    errors.push(invalid(`${at}.${field}.target.averageUtilization`, utilization, "must be greater than 0"));
  }
  return errors;
}

function validate({ spec }: HorizontalPodAutoscaler): FieldError[] {
  const errors: FieldError[] = [];
  const reference = spec?.scaleTargetRef;
  for (const part of ["kind", "name"] as const) {
    const value = reference?.[part];
    if (!value) errors.push(required(`spec.scaleTargetRef.${part}`));
    else errors.push(...invalidEach(`spec.scaleTargetRef.${part}`, value, pathSegment(value)));
  }
  const { minReplicas, maxReplicas = 0 } = spec ?? {};
  if (minReplicas !== undefined && minReplicas < 1) {
    errors.push(invalid("spec.minReplicas", minReplicas, "must be greater than or equal to 1"));
  }
  if (maxReplicas < 1) errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than 0"));
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`"));
  }
  (spec?.metrics ?? []).forEach((metric, index) =>
    errors.push(...validateMetric(metric, `spec.metrics[${index}]`)),
  );
  return errors;
}

/** v2 is what is stored; v1 is another face of the same collection. */
export const horizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>(
  "autoscaling",
  "HorizontalPodAutoscaler",
  {
    columns,
    defaults({ spec }) {
      if (!spec) return;
      orDefault(spec, "minReplicas", 1);
      if (!spec.metrics?.length) {
        spec.metrics = [
          {
            type: "Resource",
            resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
          },
        ];
      }
      for (const rules of [spec.behavior?.scaleUp, spec.behavior?.scaleDown]) {
        if (rules) orDefault(rules, "selectPolicy", "Max");
      }
    },
    prepareForCreate(object) {
      object.status = { currentMetrics: null, desiredReplicas: 0 };
    },
    validate,
  },
  "v2",
);

export const horizontalPodAutoscalerV1 = defineKind<KubeObject>(
  "autoscaling",
  "HorizontalPodAutoscaler",
  {
    columns: columns.map((one) => ({
      ...one,
      cell: (object: KubeObject, context: { nowMs: number }) =>
        one.cell(hpaToV2(object) as HorizontalPodAutoscaler, context),
    })),
    storage: { group: "autoscaling", version: "v2", toStored: hpaToV2, fromStored: hpaToV1 },
  },
  "v1",
);
