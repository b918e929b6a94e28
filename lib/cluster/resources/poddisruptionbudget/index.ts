import { ageColumn, integer, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import type { PodDisruptionBudget } from "../types";
import { invalid, notSupported } from "../validation/errors";
import { atMost100Percent, intOrPercent } from "../validation/numbers";
import { validateSelector } from "../validation/selector";

const policies = ["AlwaysAllow", "IfHealthyBudget"];

function validate({ spec = {} }: PodDisruptionBudget): FieldError[] {
  const errors: FieldError[] = [];
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy: policy } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    errors.push(invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set"));
  }
  errors.push(
    ...intOrPercent(minAvailable, "spec.minAvailable"),
    ...atMost100Percent(minAvailable, "spec.minAvailable"),
  );
  errors.push(
    ...intOrPercent(maxUnavailable, "spec.maxUnavailable"),
    ...atMost100Percent(maxUnavailable, "spec.maxUnavailable"),
  );
  if (policy !== undefined && !policies.includes(policy)) {
    errors.push(notSupported("spec.unhealthyPodEvictionPolicy", policy, policies));
  }
  return [...errors, ...validateSelector(spec.selector, "spec.selector")];
}

export const podDisruptionBudget = defineKind<PodDisruptionBudget>("policy", "PodDisruptionBudget", {
  columns: [
    nameColumn(),
    text("Min Available", ({ spec }) => String(spec?.minAvailable ?? "N/A")),
    text("Max Unavailable", ({ spec }) => String(spec?.maxUnavailable ?? "N/A")),
    integer("Allowed Disruptions", ({ status }) => status?.disruptionsAllowed ?? 0),
    ageColumn(),
  ],
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
  validate,
});
