import { ageColumn, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { Lease } from "../types";
import { invalid } from "../validation/errors";
import { nonNegative } from "../validation/numbers";

export const lease = defineKind<Lease>("coordination.k8s.io", "Lease", {
  columns: [nameColumn(), text("Holder", ({ spec }) => spec?.holderIdentity ?? ""), ageColumn()],
  validate: ({ spec }) => [
    ...((spec?.leaseDurationSeconds ?? 1) <= 0
      ? [invalid("spec.leaseDurationSeconds", spec?.leaseDurationSeconds, "must be greater than 0")]
      : []),
    ...nonNegative(spec?.leaseTransitions, "spec.leaseTransitions"),
  ],
});
