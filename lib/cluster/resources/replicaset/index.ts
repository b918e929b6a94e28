import { ageColumn, integer, nameColumn, wide } from "../columns/columns";
import { formatSelector } from "../columns/format";
import { defineKind } from "../define-kind";
import { alwaysRestarts } from "../deployment";
import { defaultPodTemplate, orDefault } from "../pod-spec/defaults";
import { templateColumns } from "../pod-spec/template-columns";
import { validatePodTemplate } from "../pod-spec/validate";
import type { ReplicaSet } from "../types";
import { immutable, required } from "../validation/errors";
import { nonNegative } from "../validation/numbers";
import { validateTemplateSelector } from "../validation/selector";

export const replicaSet = defineKind<ReplicaSet>("apps", "ReplicaSet", {
  columns: [
    nameColumn(),
    integer("Desired", ({ spec }) => spec.replicas ?? 0),
    integer("Current", ({ status }) => status?.replicas ?? 0),
    integer("Ready", ({ status }) => status?.readyReplicas ?? 0),
    ageColumn(),
    ...templateColumns<ReplicaSet>(({ spec }) => spec.template),
    wide("Selector", ({ spec }) => formatSelector(spec.selector)),
  ],
  selectableFields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
  defaults({ spec }) {
    if (!spec) return;
    orDefault(spec, "replicas", 1);
    defaultPodTemplate(spec.template);
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = { replicas: 0 };
  },
  validate({ spec }) {
    if (!spec) return [required("spec.selector"), required("spec.template")];
    return [
      ...nonNegative(spec.replicas, "spec.replicas"),
      ...nonNegative(spec.minReadySeconds, "spec.minReadySeconds"),
      ...validateTemplateSelector(spec.selector, spec.template?.metadata?.labels),
      ...(spec.template ? validatePodTemplate(spec.template, "spec.template") : [required("spec.template")]),
      ...alwaysRestarts(spec.template?.spec?.restartPolicy),
    ];
  },
  validateUpdate: (object, old) => immutable("spec.selector", object.spec.selector, old.spec.selector),
});
