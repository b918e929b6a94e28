import type { FieldError, KubeObject } from "../kind";
import { forbidden, invalid, invalidEach, required, tooLong } from "./errors";
import { dnsLabel, labelValue, qualifiedName } from "./names";

const annotationBytesMax = 262_144;
const propagationFinalizers = ["foregroundDeletion", "orphan"];

export function validateLabels(labels: Record<string, unknown> | undefined, field: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...invalidEach(field, key, qualifiedName(key)),
    ...invalidEach(field, value, labelValue(String(value))),
  ]);
}

export function validateAnnotations(
  annotations: Record<string, unknown> | undefined,
  field: string,
): FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const errors = entries.flatMap(([key]) => invalidEach(field, key, qualifiedName(key.toLowerCase())));
  const bytes = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
  return bytes > annotationBytesMax ? [...errors, tooLong(field, annotationBytesMax)] : errors;
}

/** ValidateObjectMeta of apimachinery; `nameComplaints` is the name format of the kind. */
export function validateMetadata(
  object: KubeObject,
  namespaced: boolean,
  nameComplaints: (name: string) => string[],
): FieldError[] {
  const { metadata } = object;
  const errors: FieldError[] = [];
  if (metadata.generateName) {
    const probe = metadata.generateName.endsWith("-")
      ? `${metadata.generateName.slice(0, -1)}a`
      : metadata.generateName;
    errors.push(...invalidEach("metadata.generateName", metadata.generateName, nameComplaints(probe)));
  }
  if (!metadata.name) errors.push(required("metadata.name", "name or generateName is required"));
  else errors.push(...invalidEach("metadata.name", metadata.name, nameComplaints(metadata.name)));
  if (namespaced) {
    if (!metadata.namespace) errors.push(required("metadata.namespace"));
    else errors.push(...invalidEach("metadata.namespace", metadata.namespace, dnsLabel(metadata.namespace)));
  } else if (metadata.namespace) {
    errors.push(forbidden("metadata.namespace", "not allowed on this type"));
  }
  errors.push(
    ...validateLabels(metadata.labels, "metadata.labels"),
    ...validateAnnotations(metadata.annotations, "metadata.annotations"),
    ...validateOwners(object),
    ...validateFinalizers(metadata.finalizers ?? []),
  );
  return errors;
}

function validateOwners(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  let controllers = 0;
  for (const [index, owner] of (object.metadata.ownerReferences ?? []).entries()) {
    const field = `metadata.ownerReferences[${index}]`;
    if (!owner.apiVersion)
      errors.push(invalid(`${field}.apiVersion`, owner.apiVersion, "version must not be empty"));
    if (!owner.kind) errors.push(invalid(`${field}.kind`, owner.kind ?? "", "must not be empty"));
    if (!owner.name) errors.push(invalid(`${field}.name`, owner.name ?? "", "must not be empty"));
    if (!owner.uid) errors.push(invalid(`${field}.uid`, owner.uid ?? "", "must not be empty"));
    if (owner.controller) controllers += 1;
  }
  if (controllers > 1) {
    errors.push(
      invalid(
        "metadata.ownerReferences",
        object.metadata.ownerReferences,
        "Only one reference can have Controller set to true.",
      ),
    );
  }
  return errors;
}

function validateFinalizers(finalizers: string[]): FieldError[] {
  const errors = finalizers.flatMap((name) => invalidEach("metadata.finalizers", name, qualifiedName(name)));
  if (propagationFinalizers.every((name) => finalizers.includes(name))) {
    errors.push(
      invalid(
        "metadata.finalizers",
        finalizers,
        "finalizer foregroundDeletion and orphan cannot be both set",
      ),
    );
  }
  return errors;
}
