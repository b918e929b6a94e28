import { ageColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import { orDefault } from "../pod-spec/defaults";
import type { StorageClass } from "../types";
import { forbidden, notSupported, required, same } from "../validation/errors";

const bindingModes = ["Immediate", "WaitForFirstConsumer"];
const policies = ["Delete", "Retain"];

export const isDefaultClass = ({ metadata }: Pick<StorageClass, "metadata">): boolean =>
  metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true";

function validateUpdate(object: StorageClass, old: StorageClass): FieldError[] {
  const fixed = ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] as const;
  return fixed
    .filter((field) => !same(object[field], old[field]))
    .map((field) => forbidden(field, `updates to ${field} are forbidden.`));
}

export const storageClass = defineKind<StorageClass>("storage.k8s.io", "StorageClass", {
  columns: [
    text("Name", (object) => `${object.metadata.name}${isDefaultClass(object) ? " (default)" : ""}`, {
      format: "name",
    }),
    text("Provisioner", ({ provisioner }) => provisioner),
    text("ReclaimPolicy", ({ reclaimPolicy }) => reclaimPolicy ?? "Delete"),
    text("VolumeBindingMode", ({ volumeBindingMode }) => volumeBindingMode ?? "<unset>"),
    text("AllowVolumeExpansion", ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false),
    ageColumn(),
  ],
  defaults(object) {
    orDefault(object, "reclaimPolicy", "Delete");
    orDefault(object, "volumeBindingMode", "Immediate");
  },
  validate({ provisioner, reclaimPolicy, volumeBindingMode }) {
    const errors: FieldError[] = provisioner ? [] : [required("provisioner")];
    if (!policies.includes(reclaimPolicy ?? ""))
      errors.push(notSupported("reclaimPolicy", reclaimPolicy, policies));
    if (!bindingModes.includes(volumeBindingMode ?? "")) {
      errors.push(notSupported("volumeBindingMode", volumeBindingMode, bindingModes));
    }
    return errors;
  },
  validateUpdate,
});
