import { ageColumn, integer, nameColumn, text, wide } from "../columns/columns";
import { formatLabels, formatSelector } from "../columns/format";
import { defineKind } from "../define-kind";
import { alwaysRestarts } from "../deployment";
import type { FieldError } from "../kind";
import { defaultPodTemplate, orDefault } from "../pod-spec/defaults";
import { templateColumns } from "../pod-spec/template-columns";
import { validatePodTemplate } from "../pod-spec/validate";
import type { DaemonSet } from "../types";
import { immutable, invalid, notSupported, required, same } from "../validation/errors";
import { atMost100Percent, intOrPercent, isZero, nonNegative } from "../validation/numbers";
import { validateTemplateSelector } from "../validation/selector";

/** Counts the templates there have been; a field of upstream's internal type that the API shows as an annotation. */
const templateGeneration = "deprecated.daemonset.template.generation";

type Status = NonNullable<DaemonSet["status"]>;
const count = (field: keyof Status) => (object: DaemonSet) => Number(object.status?.[field] ?? 0);

function defaults({ spec }: DaemonSet): void {
  if (!spec) return;
  spec.updateStrategy ??= {};
  if (!spec.updateStrategy.type) spec.updateStrategy.type = "RollingUpdate";
  if (spec.updateStrategy.type === "RollingUpdate") {
    spec.updateStrategy.rollingUpdate ??= {};
    orDefault(spec.updateStrategy.rollingUpdate, "maxUnavailable", 1);
    orDefault(spec.updateStrategy.rollingUpdate, "maxSurge", 0);
  }
  orDefault(spec, "revisionHistoryLimit", 10);
  defaultPodTemplate(spec.template);
}

function validate({ spec }: DaemonSet): FieldError[] {
  if (!spec) return [required("spec.selector"), required("spec.template")];
  return [
    ...validateTemplateSelector(spec.selector, spec.template?.metadata?.labels),
    ...validatePodTemplate(spec.template, "spec.template"),
    ...alwaysRestarts(spec.template?.spec?.restartPolicy),
    ...nonNegative(spec.minReadySeconds, "spec.minReadySeconds"),
    ...nonNegative(spec.revisionHistoryLimit, "spec.revisionHistoryLimit"),
    ...validateStrategy(spec.updateStrategy),
  ];
}

function validateStrategy(strategy: DaemonSet["spec"]["updateStrategy"]): FieldError[] {
  const { type, rollingUpdate } = strategy ?? {};
  if (type === "OnDelete") return [];
  if (type !== "RollingUpdate") {
    return [notSupported("spec.updateStrategy.type", type, ["RollingUpdate", "OnDelete"])];
  }
  const at = "spec.updateStrategy.rollingUpdate";
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {};
  const errors = [
    ...intOrPercent(maxUnavailable, `${at}.maxUnavailable`),
    ...atMost100Percent(maxUnavailable, `${at}.maxUnavailable`),
    ...intOrPercent(maxSurge, `${at}.maxSurge`),
    ...atMost100Percent(maxSurge, `${at}.maxSurge`),
  ];
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable, "cannot be 0 when maxSurge is 0"));
  } else if (!isZero(maxUnavailable) && !isZero(maxSurge)) {
    errors.push(invalid(`${at}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero"));
  }
  return errors;
}

export const daemonSet = defineKind<DaemonSet>("apps", "DaemonSet", {
  columns: [
    nameColumn(),
    integer("Desired", count("desiredNumberScheduled")),
    integer("Current", count("currentNumberScheduled")),
    integer("Ready", count("numberReady")),
    integer("Up-to-date", count("updatedNumberScheduled")),
    integer("Available", count("numberAvailable")),
    text("Node Selector", ({ spec }) => formatLabels(spec.template?.spec?.nodeSelector)),
    ageColumn(),
    ...templateColumns<DaemonSet>(({ spec }) => spec.template),
    wide("Selector", ({ spec }) => formatSelector(spec.selector)),
  ],
  defaults,
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.metadata.annotations = {
      ...object.metadata.annotations,
      [templateGeneration]: "1",
    };
    object.status = {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    };
  },
  prepareForUpdate(object, old) {
    const before = Number(old.metadata.annotations?.[templateGeneration] ?? 1);
    const isNew = !same(object.spec.template, old.spec.template);
    object.metadata.annotations = {
      ...object.metadata.annotations,
      [templateGeneration]: String(isNew ? before + 1 : before),
    };
  },
  validate,
  validateUpdate: (object, old) => immutable("spec.selector", object.spec.selector, old.spec.selector),
});
