import { ageColumn, nameColumn, text } from "../columns/columns";
import { none } from "../columns/format";
import { defineKind } from "../define-kind";
import type { ControllerRevision } from "../types";
import { immutable } from "../validation/errors";
import { nonNegative } from "../validation/numbers";

function controller({ metadata }: ControllerRevision): string {
  const owner = (metadata.ownerReferences ?? []).find((reference) => reference.controller);
  if (!owner) return none;
  const group = owner.apiVersion.includes("/") ? `.${owner.apiVersion.split("/")[0]}` : "";
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}

export const controllerRevision = defineKind<ControllerRevision>("apps", "ControllerRevision", {
  columns: [
    nameColumn(),
    text("Controller", controller),
    text("Revision", ({ revision }) => revision),
    ageColumn(),
  ],
  validate: ({ revision }) => nonNegative(revision, "revision"),
  validateUpdate: (object, old) => immutable("data", object.data, old.data),
});
