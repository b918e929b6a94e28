import { ageColumn, boolean, integer, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import type { PriorityClass } from "../types";
import { forbidden, notSupported, same } from "../validation/errors";

const userValueMax = 1_000_000_000;
/** The classes that every cluster has, with values above what others may take. */
const system: Record<string, number> = {
  "system-node-critical": 2_000_001_000,
  "system-cluster-critical": 2_000_000_000,
};
const policies = ["Never", "PreemptLowerPriority"];

function validate({ metadata, value, preemptionPolicy }: PriorityClass): FieldError[] {
  const errors: FieldError[] = [];
  const reserved = (metadata.name ?? "").startsWith("system-");
  if (reserved && system[metadata.name] !== value) {
    errors.push(
      forbidden(
        "metadata.name",
        `priority class names with 'system-' prefix are reserved for system use only. error: ${metadata.name} is not a known system priority class`,
      ),
    );
  }
  if (!reserved && (value ?? 0) > userValueMax) {
    errors.push(forbidden("value", `maximum allowed value of a user defined priority is ${userValueMax}`));
  }
  if (!policies.includes(preemptionPolicy ?? "")) {
    errors.push(notSupported("preemptionPolicy", preemptionPolicy, policies));
  }
  return errors;
}

export const priorityClass = defineKind<PriorityClass>("scheduling.k8s.io", "PriorityClass", {
  columns: [
    nameColumn(),
    integer("Value", ({ value }) => value),
    boolean("Global-Default", ({ globalDefault }) => globalDefault ?? false),
    ageColumn(),
    text("PreemptionPolicy", ({ preemptionPolicy }) => preemptionPolicy ?? ""),
  ],
  defaults(object) {
    object.preemptionPolicy ??= "PreemptLowerPriority";
    // Written even when zero: upstream's field has no omitempty.
    object.value ??= 0;
  },
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },
  validate,
  validateUpdate: (object, old) =>
    (["value", "preemptionPolicy"] as const)
      .filter((field) => !same(object[field], old[field]))
      .map((field) => forbidden(field, "may not be changed in an update.")),
});
