import { ageColumn, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import { canonicalResources } from "../pod-spec/defaults";
import { validateResourceAmount } from "../pod-spec/validate-container";
import type { ResourceQuota } from "../types";
import { immutable, invalidEach, notSupported } from "../validation/errors";
import { qualifiedName } from "../validation/names";

const scopes = [
  "BestEffort",
  "NotBestEffort",
  "NotTerminating",
  "PriorityClass",
  "Terminating",
  "CrossNamespacePodAffinity",
];

const used =
  (limits: boolean) =>
  ({ status }: ResourceQuota) =>
    Object.entries(status?.hard ?? {})
      .filter(([name]) => name.startsWith("limits.") === limits)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, hard]) => `${name}: ${status?.used?.[name] ?? "0"}/${hard}`)
      .join(", ");

export const resourceQuota = defineKind<ResourceQuota>("", "ResourceQuota", {
  columns: [nameColumn(), text("Request", used(false)), text("Limit", used(true)), ageColumn()],
  defaults({ spec }) {
    canonicalResources(spec?.hard);
  },
  prepareForCreate(object) {
    object.status = {};
  },
  validate: ({ spec }) => [
    ...Object.entries(spec?.hard ?? {}).flatMap(([name, value]) => [
      ...invalidEach(`spec.hard[${name}]`, name, qualifiedName(name)),
      ...validateResourceAmount(name, value, `spec.hard[${name}]`),
    ]),
    ...(spec?.scopes ?? []).flatMap((scope) =>
      scopes.includes(scope) ? [] : [notSupported("spec.scopes", scope, scopes)],
    ),
  ],
  validateUpdate: (object, old) => immutable("spec.scopes", object.spec?.scopes, old.spec?.scopes),
});
