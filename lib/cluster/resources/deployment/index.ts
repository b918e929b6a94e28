import { ageColumn, nameColumn, text, wide } from "../columns/columns";
import { formatSelector } from "../columns/format";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import { defaultPodTemplate, orDefault } from "../pod-spec/defaults";
import { templateColumns } from "../pod-spec/template-columns";
import { validatePodTemplate } from "../pod-spec/validate";
import type { Deployment } from "../types";
import { forbidden, immutable, invalid, notSupported, required } from "../validation/errors";
import { atMost100Percent, intOrPercent, isZero, nonNegative } from "../validation/numbers";
import { validateTemplateSelector } from "../validation/selector";

function defaults({ spec }: Deployment): void {
  if (!spec) return;
  orDefault(spec, "replicas", 1);
  orDefault(spec, "strategy", {});
  const strategy = spec.strategy ?? {};
  if (!strategy.type) strategy.type = "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    strategy.rollingUpdate ??= {};
    orDefault(strategy.rollingUpdate, "maxUnavailable", "25%");
    orDefault(strategy.rollingUpdate, "maxSurge", "25%");
  }
  orDefault(spec, "revisionHistoryLimit", 10);
  orDefault(spec, "progressDeadlineSeconds", 600);
  defaultPodTemplate(spec.template);
}

function validate({ spec }: Deployment): FieldError[] {
  if (!spec) return [required("spec.selector"), required("spec.template")];
  return [
    ...nonNegative(spec.replicas, "spec.replicas"),
    ...validateTemplateSelector(spec.selector, spec.template?.metadata?.labels),
    ...validatePodTemplate(spec.template, "spec.template"),
    ...alwaysRestarts(spec.template?.spec?.restartPolicy),
    ...validateStrategy(spec.strategy),
    ...nonNegative(spec.minReadySeconds, "spec.minReadySeconds"),
    ...nonNegative(spec.revisionHistoryLimit, "spec.revisionHistoryLimit"),
    ...nonNegative(spec.progressDeadlineSeconds, "spec.progressDeadlineSeconds"),
    ...((spec.progressDeadlineSeconds ?? 600) <= (spec.minReadySeconds ?? 0)
      ? [
          invalid(
            "spec.progressDeadlineSeconds",
            spec.progressDeadlineSeconds,
            "must be greater than minReadySeconds",
          ),
        ]
      : []),
  ];
}

/** Pods of a controller that replaces them must not end by themselves. */
export function alwaysRestarts(policy: string | undefined): FieldError[] {
  return policy && policy !== "Always"
    ? [notSupported("spec.template.spec.restartPolicy", policy, ["Always"])]
    : [];
}

function validateStrategy(strategy: Deployment["spec"]["strategy"]): FieldError[] {
  const { type, rollingUpdate } = strategy ?? {};
  if (type === "Recreate") {
    return rollingUpdate
      ? [forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")]
      : [];
  }
  if (type !== "RollingUpdate")
    return [notSupported("spec.strategy", strategy, ["Recreate", "RollingUpdate"])];
  const at = "spec.strategy.rollingUpdate";
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {};
  const errors = [
    ...intOrPercent(maxUnavailable, `${at}.maxUnavailable`),
    ...intOrPercent(maxSurge, `${at}.maxSurge`),
    ...atMost100Percent(maxUnavailable, `${at}.maxUnavailable`),
  ];
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0"));
  }
  return errors;
}

export const deployment = defineKind<Deployment>("apps", "Deployment", {
  columns: [
    nameColumn(),
    text("Ready", ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`),
    text("Up-to-date", ({ status }) => status?.updatedReplicas ?? 0),
    text("Available", ({ status }) => status?.availableReplicas ?? 0),
    ageColumn(),
    ...templateColumns<Deployment>(({ spec }) => spec.template),
    wide("Selector", ({ spec }) => formatSelector(spec.selector)),
  ],
  defaults,
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = {};
  },
  validate,
  validateUpdate: (object, old) => immutable("spec.selector", object.spec.selector, old.spec.selector),
});
