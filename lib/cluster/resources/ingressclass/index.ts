import { ageColumn, nameColumn, text } from "../columns/columns";
import { none } from "../columns/format";
import { defineKind } from "../define-kind";
import type { IngressClass } from "../types";
import { immutable, invalid, notSupported, required } from "../validation/errors";

function parameters({ spec }: IngressClass): string {
  const reference = spec?.parameters;
  if (!reference) return none;
  const { apiGroup, kind, name } = reference;
  return `${kind}${apiGroup ? `.${apiGroup}` : ""}/${name}`;
}

export const ingressClass = defineKind<IngressClass>("networking.k8s.io", "IngressClass", {
  columns: [
    nameColumn(),
    text("Controller", ({ spec }) => spec?.controller ?? ""),
    text("Parameters", parameters),
    ageColumn(),
  ],
  defaults({ spec }) {
    if (spec?.parameters) spec.parameters.scope ??= "Cluster";
  },
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },
  validate({ spec }) {
    const controller = spec?.controller ?? "";
    const parts = controller.split("/");
    const errors =
      controller === ""
        ? [required("spec.controller")]
        : parts.length < 2 || parts.some((part) => part === "")
          ? [invalid("spec.controller", controller, 'must be a domain-prefixed path (such as "acme.io/foo")')]
          : [];
    const scope = spec?.parameters?.scope;
    if (scope && !["Cluster", "Namespace"].includes(scope)) {
      errors.push(notSupported("spec.parameters.scope", scope, ["Cluster", "Namespace"]));
    }
    if (scope === "Namespace" && !spec?.parameters?.namespace) {
      errors.push(required("spec.parameters.namespace", "`parameters.scope` is set to 'Namespace'"));
    }
    return errors;
  },
  validateUpdate: (object, old) =>
    immutable("spec.controller", object.spec?.controller, old.spec?.controller),
});
