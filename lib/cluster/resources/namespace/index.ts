import { ageColumn, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { Namespace } from "../types";
import { dnsLabel } from "../validation/names";

/** Every namespace carries its own name as a label, so that selectors can find it. */
const nameLabel = "kubernetes.io/metadata.name";

export const namespace = defineKind<Namespace>("", "Namespace", {
  nameFormat: dnsLabel,
  columns: [nameColumn(), text("Status", ({ status }) => status?.phase ?? ""), ageColumn()],
  selectableFields: {
    "status.phase": ({ status }) => status?.phase ?? "",
  },
  defaults({ metadata }) {
    if (metadata.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
  },
  prepareForCreate(object) {
    object.spec ??= {};
    const finalizers = object.spec.finalizers ?? [];
    object.spec.finalizers = finalizers.includes("kubernetes") ? finalizers : [...finalizers, "kubernetes"];
    object.status = { phase: "Active" };
  },
  prepareForUpdate(object, old) {
    // Only the finalize subresource changes them.
    object.spec = { ...object.spec, finalizers: old.spec?.finalizers };
  },
});
