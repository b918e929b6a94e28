import { ageColumn, integer, nameColumn, wide } from "../columns/columns";
import { formatLabels } from "../columns/format";
import { defineKind } from "../define-kind";
import { alwaysRestarts } from "../deployment";
import { defaultPodTemplate, orDefault } from "../pod-spec/defaults";
import { templateColumns } from "../pod-spec/template-columns";
import { validatePodTemplate } from "../pod-spec/validate";
import type { ReplicationController } from "../types";
import { invalid, required } from "../validation/errors";
import { nonNegative } from "../validation/numbers";

export const replicationController = defineKind<ReplicationController>("", "ReplicationController", {
  columns: [
    nameColumn(),
    integer("Desired", ({ spec }) => spec?.replicas ?? 0),
    integer("Current", ({ status }) => status?.replicas ?? 0),
    integer("Ready", ({ status }) => status?.readyReplicas ?? 0),
    ageColumn(),
    ...templateColumns<ReplicationController>(({ spec }) => spec?.template),
    wide("Selector", ({ spec }) => formatLabels(spec?.selector)),
  ],
  selectableFields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
  defaults({ spec, metadata }) {
    if (!spec) return;
    const labels = spec.template?.metadata?.labels;
    if (labels) {
      if (!Object.keys(spec.selector ?? {}).length) spec.selector = { ...labels };
      if (!Object.keys(metadata.labels ?? {}).length) metadata.labels = { ...labels };
    }
    orDefault(spec, "replicas", 1);
    defaultPodTemplate(spec.template);
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = { replicas: 0 };
  },
  validate({ spec }) {
    if (!spec?.template) return [required("spec.template")];
    const labels = spec.template.metadata?.labels ?? {};
    const selector = Object.entries(spec.selector ?? {});
    const errors = selector.length === 0 ? [required("spec.selector")] : [];
    if (!selector.every(([key, value]) => labels[key] === value)) {
      errors.push(
        invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"),
      );
    }
    return [
      ...errors,
      ...nonNegative(spec.replicas, "spec.replicas"),
      ...validatePodTemplate(spec.template, "spec.template"),
      ...alwaysRestarts(spec.template.spec?.restartPolicy),
    ];
  },
});
