import { ageColumn, nameColumn, text, wide } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import { validateResourceAmount } from "../pod-spec/validate-container";
import type { PersistentVolumeClaim } from "../types";
import { forbidden, notSupported, required, same } from "../validation/errors";
import { accessModes, knownAccessModes } from "./access-modes";
import { defaultClaimSpec } from "./defaults";

const fixed =
  "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

function validate({ spec }: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = [];
  if (!spec?.accessModes?.length) {
    errors.push(required("spec.accessModes", "at least 1 access mode is required"));
  }
  for (const [index, mode] of (spec?.accessModes ?? []).entries()) {
    if (!knownAccessModes.includes(mode)) {
      errors.push(notSupported(`spec.accessModes[${index}]`, mode, knownAccessModes));
    }
  }
  const storage = spec?.resources?.requests?.storage;
  if (storage === undefined) errors.push(required("spec.resources[storage]"));
  else errors.push(...validateResourceAmount("storage", storage, "spec.resources[storage]"));
  const mode = spec?.volumeMode;
  if (mode && !["Block", "Filesystem"].includes(mode)) {
    errors.push(notSupported("spec.volumeMode", mode, ["Block", "Filesystem"]));
  }
  return errors;
}

function validateUpdate({ spec }: PersistentVolumeClaim, { spec: old }: PersistentVolumeClaim): FieldError[] {
  const masked = {
    ...spec,
    resources: old.resources,
    // Binding sets the volume once, and the default class may be filled in later.
    volumeName: old.volumeName ? spec.volumeName : old.volumeName,
    storageClassName: old.storageClassName === undefined ? undefined : spec.storageClassName,
    volumeAttributesClassName: old.volumeAttributesClassName,
  };
  return same(masked, old) ? [] : [forbidden("spec", fixed)];
}

export const persistentVolumeClaim = defineKind<PersistentVolumeClaim>("", "PersistentVolumeClaim", {
  columns: [
    nameColumn(),
    text("Status", ({ metadata, status }) =>
      metadata.deletionTimestamp ? "Terminating" : (status?.phase ?? ""),
    ),
    text("Volume", ({ spec }) => spec.volumeName ?? ""),
    text("Capacity", ({ spec, status }) => (spec.volumeName ? (status?.capacity?.storage ?? "0") : "")),
    text("Access Modes", ({ spec, status }) => (spec.volumeName ? accessModes(status?.accessModes) : "")),
    text("StorageClass", (claim) => storageClassOf(claim)),
    text("VolumeAttributesClass", ({ spec }) => spec.volumeAttributesClassName ?? "<unset>"),
    ageColumn(),
    wide("VolumeMode", ({ spec }) => spec.volumeMode ?? "<unset>"),
  ],
  defaults({ spec }) {
    if (spec) defaultClaimSpec(spec);
  },
  prepareForCreate(object) {
    object.status = { phase: "Pending" };
  },
  validate,
  validateUpdate,
});

function storageClassOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec.storageClassName ?? "";
}
