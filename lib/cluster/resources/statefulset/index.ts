import { ageColumn, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import { alwaysRestarts } from "../deployment";
import type { FieldError } from "../kind";
import { defaultClaimSpec } from "../persistentvolumeclaim/defaults";
import { defaultPodTemplate, orDefault } from "../pod-spec/defaults";
import { templateColumns } from "../pod-spec/template-columns";
import { validateTemplateMetadata } from "../pod-spec/validate";
import type { StatefulSet } from "../types";
import { forbidden, notSupported, required, same } from "../validation/errors";
import { nonNegative } from "../validation/numbers";
import { validateTemplateSelector } from "../validation/selector";

const fixed =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
const mutable = new Set([
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
]);

function defaults({ spec }: StatefulSet): void {
  if (!spec) return;
  orDefault(spec, "podManagementPolicy", "OrderedReady");
  spec.updateStrategy ??= {};
  if (!spec.updateStrategy.type) {
    spec.updateStrategy.type = "RollingUpdate";
    spec.updateStrategy.rollingUpdate ??= {};
  }
  if (spec.updateStrategy.rollingUpdate) orDefault(spec.updateStrategy.rollingUpdate, "partition", 0);
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  orDefault(spec.persistentVolumeClaimRetentionPolicy, "whenDeleted", "Retain");
  orDefault(spec.persistentVolumeClaimRetentionPolicy, "whenScaled", "Retain");
  orDefault(spec, "replicas", 1);
  orDefault(spec, "revisionHistoryLimit", 10);
  orDefault(spec, "serviceName", "");
  defaultPodTemplate(spec.template);
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion ||= "v1";
    claim.kind ||= "PersistentVolumeClaim";
    if (claim.spec) defaultClaimSpec(claim.spec);
    claim.status ??= { phase: "Pending" };
  }
}

function validate({ spec }: StatefulSet): FieldError[] {
  if (!spec) return [required("spec.selector"), required("spec.template")];
  const errors: FieldError[] = [];
  const policies = ["OrderedReady", "Parallel"];
  if (!policies.includes(spec.podManagementPolicy ?? "")) {
    errors.push(notSupported("spec.podManagementPolicy", spec.podManagementPolicy, policies));
  }
  const strategy = spec.updateStrategy?.type ?? "";
  if (!["RollingUpdate", "OnDelete"].includes(strategy)) {
    errors.push(notSupported("spec.updateStrategy.type", strategy, ["RollingUpdate", "OnDelete"]));
  }
  return [
    ...errors,
    ...nonNegative(
      spec.updateStrategy?.rollingUpdate?.partition,
      "spec.updateStrategy.rollingUpdate.partition",
    ),
    ...nonNegative(spec.replicas, "spec.replicas"),
    ...nonNegative(spec.minReadySeconds, "spec.minReadySeconds"),
    ...nonNegative(spec.ordinals?.start, "spec.ordinals.start"),
    ...validateTemplateSelector(spec.selector, spec.template?.metadata?.labels),
    ...validateTemplateMetadata(spec.template, "spec.template"),
    ...alwaysRestarts(spec.template?.spec?.restartPolicy),
  ];
}

function validateUpdate({ spec }: StatefulSet, { spec: old }: StatefulSet): FieldError[] {
  const rest = (from: StatefulSet["spec"]) =>
    Object.fromEntries(Object.entries(from).filter(([key]) => !mutable.has(key)));
  return same(rest(spec), rest(old)) ? [] : [forbidden("spec", fixed)];
}

export const statefulSet = defineKind<StatefulSet>("apps", "StatefulSet", {
  columns: [
    nameColumn(),
    text("Ready", ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`),
    ageColumn(),
    ...templateColumns<StatefulSet>(({ spec }) => spec.template),
  ],
  defaults,
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = { replicas: 0, availableReplicas: 0 };
  },
  validate,
  validateUpdate,
});
