import { ageColumn, nameColumn, text, wide } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import { validateResourceAmount } from "../pod-spec/validate-container";
import { claimSpecDiff } from "../pod/spec-diff";
import { compareQuantities } from "../quantity";
import type { PersistentVolumeClaim, ResourceList } from "../types";
import { forbidden, invalid, notSupported, required, same } from "../validation/errors";
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

const betaClass = "volume.beta.kubernetes.io/storage-class";

/** ValidatePersistentVolumeClaimUpdate: a bound claim may grow, and shrink back to no less than what it has. */
function validateUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const { spec, status } = claim;
  const errors: FieldError[] = [];
  const classOf = ({ metadata }: PersistentVolumeClaim) => metadata.annotations?.[betaClass];
  if (classOf(claim) !== classOf(old))
    errors.push(invalid(`metadata.annotations[${betaClass}]`, classOf(claim) ?? "", "field is immutable"));
  const bound = status?.phase === "Bound";
  const size = spec.resources?.requests?.storage;
  const oldSize = old.spec.resources?.requests?.storage;
  const masked = {
    ...spec,
    resources:
      bound && spec.resources?.requests
        ? { ...spec.resources, requests: withStorage(spec.resources.requests, oldSize) }
        : spec.resources,
    // Binding sets the volume once, and the default class may be filled in later.
    volumeName: old.spec.volumeName ? spec.volumeName : undefined,
    storageClassName:
      old.spec.storageClassName === undefined && classOf(old) === undefined
        ? undefined
        : spec.storageClassName,
    volumeAttributesClassName: bound ? old.spec.volumeAttributesClassName : spec.volumeAttributesClassName,
  };
  if (!same(masked, old.spec)) errors.push(forbidden("spec", `${fixed}\n${claimSpecDiff(old.spec, masked)}`));
  if (compareQuantities(size, oldSize) < 0 && compareQuantities(size, old.status?.capacity?.storage) <= 0)
    errors.push(forbidden("spec.resources.requests.storage", "field can not be less than status.capacity"));
  if (!same(spec.volumeMode, old.spec.volumeMode))
    errors.push(invalid("spec.volumeMode", spec.volumeMode, "field is immutable"));
  return errors;
}

function withStorage(requests: ResourceList, storage: string | undefined): ResourceList {
  const { storage: _own, ...others } = requests;
  return storage === undefined ? others : { ...others, storage };
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
  return metadata.annotations?.[betaClass] ?? spec.storageClassName ?? "";
}
