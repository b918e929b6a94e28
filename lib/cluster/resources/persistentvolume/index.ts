import { ageColumn, nameColumn, text, wide } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import { accessModes, knownAccessModes } from "../persistentvolumeclaim/access-modes";
import { canonicalResources, orDefault } from "../pod-spec/defaults";
import type { PersistentVolume } from "../types";
import { forbidden, notSupported, required, same } from "../validation/errors";

const facts = new Set([
  "capacity",
  "accessModes",
  "claimRef",
  "persistentVolumeReclaimPolicy",
  "storageClassName",
  "volumeMode",
  "volumeAttributesClassName",
  "mountOptions",
  "nodeAffinity",
]);
const reclaimPolicies = ["Delete", "Recycle", "Retain"];

const sources = (spec: PersistentVolume["spec"]) =>
  Object.fromEntries(Object.entries(spec).filter(([key, value]) => !facts.has(key) && value != null));

function validate({ spec }: PersistentVolume): FieldError[] {
  const errors: FieldError[] = [];
  if (!spec?.accessModes?.length) errors.push(required("spec.accessModes"));
  for (const [index, mode] of (spec?.accessModes ?? []).entries()) {
    if (!knownAccessModes.includes(mode)) {
      errors.push(notSupported(`spec.accessModes[${index}]`, mode, knownAccessModes));
    }
  }
  const capacity = spec?.capacity ?? {};
  if (Object.keys(capacity).length === 0) errors.push(required("spec.capacity"));
  else if (!("storage" in capacity)) errors.push(notSupported("spec.capacity", capacity, ["storage"]));
  if (!reclaimPolicies.includes(spec?.persistentVolumeReclaimPolicy ?? "")) {
    errors.push(
      notSupported(
        "spec.persistentVolumeReclaimPolicy",
        spec?.persistentVolumeReclaimPolicy,
        reclaimPolicies,
      ),
    );
  }
  const given = Object.keys(sources(spec ?? {}));
  if (given.length === 0) errors.push(required("spec", "must specify a volume type"));
  for (const extra of given.slice(1)) {
    errors.push(forbidden(`spec.${extra}`, "may not specify more than 1 volume type"));
  }
  if (spec?.local && !spec.nodeAffinity) {
    errors.push(required("spec.nodeAffinity", "Local volume requires node affinity"));
  }
  return errors;
}

export const persistentVolume = defineKind<PersistentVolume>("", "PersistentVolume", {
  columns: [
    nameColumn(),
    text("Capacity", ({ spec }) => spec.capacity?.storage ?? "0"),
    text("Access Modes", ({ spec }) => accessModes(spec.accessModes)),
    text("Reclaim Policy", ({ spec }) => spec.persistentVolumeReclaimPolicy ?? ""),
    text("Status", ({ metadata, status }) =>
      metadata.deletionTimestamp ? "Terminating" : (status?.phase ?? ""),
    ),
    text("Claim", ({ spec }) => (spec.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : "")),
    text("StorageClass", ({ spec }) => spec.storageClassName ?? ""),
    text("VolumeAttributesClass", ({ spec }) => spec.volumeAttributesClassName ?? "<unset>"),
    text("Reason", ({ status }) => status?.reason ?? ""),
    ageColumn(),
    wide("VolumeMode", ({ spec }) => spec.volumeMode ?? "<unset>"),
  ],
  defaults({ spec }) {
    if (!spec) return;
    orDefault(spec, "persistentVolumeReclaimPolicy", "Retain");
    orDefault(spec, "volumeMode", "Filesystem");
    if (spec.hostPath) orDefault(spec.hostPath, "type", "");
    canonicalResources(spec.capacity);
  },
  prepareForCreate(object, { nowMs }) {
    const now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z");
    object.status = { phase: "Pending", lastPhaseTransitionTime: now };
  },
  validate,
  validateUpdate: ({ spec }, old) =>
    same(sources(spec), sources(old.spec))
      ? []
      : [forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation")],
});
