import { ageColumn, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { ServiceCidr } from "../types";
import { immutable, invalidEach, required } from "../validation/errors";
import { cidr } from "../validation/ip";

export const serviceCidr = defineKind<ServiceCidr>("networking.k8s.io", "ServiceCIDR", {
  columns: [nameColumn(), text("CIDRs", ({ spec }) => (spec?.cidrs ?? []).join(",")), ageColumn()],
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },
  validate({ spec }) {
    const ranges = spec?.cidrs ?? [];
    if (ranges.length === 0) return [required("spec.cidrs", "at least one CIDR required")];
    return ranges.flatMap((range, index) => invalidEach(`spec.cidrs[${index}]`, range, cidr(range)));
  },
  validateUpdate: (object, old) => immutable("spec.cidrs", object.spec?.cidrs, old.spec?.cidrs),
});
