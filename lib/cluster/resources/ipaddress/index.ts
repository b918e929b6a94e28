import { nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { IpAddress } from "../types";
import { immutable, required } from "../validation/errors";
import { ipAddress as ipComplaints } from "../validation/ip";

function parent({ spec }: IpAddress): string {
  const { resource = "", group, namespace, name = "" } = spec?.parentRef ?? {};
  return [`${resource}${group ? `.${group}` : ""}`, namespace, name].filter(Boolean).join("/");
}

export const ipAddress = defineKind<IpAddress>("networking.k8s.io", "IPAddress", {
  nameFormat: ipComplaints,
  columns: [nameColumn(), text("ParentRef", parent)],
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },
  validate: ({ spec }) => [
    ...(spec?.parentRef ? [] : [required("spec.parentRef")]),
    ...(spec?.parentRef && !spec.parentRef.resource ? [required("spec.parentRef.resource")] : []),
    ...(spec?.parentRef && !spec.parentRef.name ? [required("spec.parentRef.name")] : []),
  ],
  validateUpdate: (object, old) => immutable("spec.parentRef", object.spec?.parentRef, old.spec?.parentRef),
});
