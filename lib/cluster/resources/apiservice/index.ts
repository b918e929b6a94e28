import { ageColumn, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import type { ApiService } from "../types";
import { invalid, required } from "../validation/errors";
import { pathSegment } from "../validation/names";

function available({ status }: ApiService): string {
  const condition = (status?.conditions ?? []).find(({ type }) => type === "Available");
  if (!condition) return "Unknown";
  return condition.status === "True" || !condition.reason
    ? condition.status
    : `${condition.status} (${condition.reason})`;
}

function between(value: number | undefined, most: number, field: string): FieldError[] {
  return value !== undefined && value > 0 && value <= most
    ? []
    : [invalid(field, value ?? 0, `must be positive and less than ${most}`)];
}

export const apiService = defineKind<ApiService>("apiregistration.k8s.io", "APIService", {
  nameFormat: pathSegment,
  columns: [
    nameColumn(),
    text("Service", ({ spec }) =>
      spec.service ? `${spec.service.namespace}/${spec.service.name}` : "Local",
    ),
    text("Available", available),
    ageColumn(),
  ],
  defaults({ spec }) {
    if (spec?.service) spec.service.port ??= 443;
  },
  prepareForCreate(object) {
    object.status = {};
    if (!object.spec?.service) {
      object.status.conditions = [
        {
          type: "Available",
          status: "True",
          reason: "Local",
          message: "Local APIServices are always available",
        },
      ];
    }
  },
  validate({ metadata, spec }) {
    const { group = "", version = "", service } = spec ?? {};
    const expected = `${version}.${group}`;
    const errors: FieldError[] = [];
    if (metadata.name !== expected && !(group === "" && metadata.name === `${version}.`)) {
      errors.push(
        invalid(
          "metadata.name",
          metadata.name,
          `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`,
        ),
      );
    }
    if (!version) errors.push(required("spec.version"));
    errors.push(
      ...between(spec?.groupPriorityMinimum, 20_000, "spec.groupPriorityMinimum"),
      ...between(spec?.versionPriority, 1000, "spec.versionPriority"),
    );
    if (service && !service.name) errors.push(required("spec.service.name"));
    if (service && !service.namespace) errors.push(required("spec.service.namespace"));
    if (service && spec?.insecureSkipTLSVerify && spec.caBundle) {
      errors.push(invalid("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present"));
    }
    return errors;
  },
});
