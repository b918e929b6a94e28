import type { FieldError } from "../kind";
import type { CustomResourceDefinition, CustomResourceVersion } from "../types";
import { immutable, invalid, invalidEach, notSupported, required } from "../validation/errors";
import { dnsLabel1035, dnsSubdomain } from "../validation/names";

const columnTypes = ["boolean", "date", "integer", "number", "string"];

/** ValidateCustomResourceDefinition, but for the schema itself, which the API server compiles. */
export function validateDefinition({ metadata, spec }: CustomResourceDefinition): FieldError[] {
  if (!spec) return [required("spec.group"), required("spec.versions")];
  const errors: FieldError[] = [];
  const { group = "", names, scope, versions, conversion } = spec;
  if (group === "") errors.push(required("spec.group"));
  else {
    errors.push(...invalidEach("spec.group", group, dnsSubdomain(group)));
    if (!group.includes("."))
      errors.push(invalid("spec.group", group, "should be a domain with at least one dot"));
  }
  const expected = `${names?.plural ?? ""}.${group}`;
  if (metadata.name !== expected) {
    errors.push(invalid("metadata.name", metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  if (!scope) errors.push(required("spec.scope"));
  else if (!["Cluster", "Namespaced"].includes(scope)) {
    errors.push(notSupported("spec.scope", scope, ["Cluster", "Namespaced"]));
  }
  errors.push(...validateNames(names));
  if (!versions?.length) errors.push(required("spec.versions", "must have at least one version"));
  const storing = (versions ?? []).filter(({ storage }) => storage).length;
  if (storing !== 1) {
    errors.push(
      invalid("spec.versions", versions ?? null, "must have exactly one version marked as storage version"),
    );
  }
  const seen = new Set<string>();
  for (const [index, version] of (versions ?? []).entries()) {
    errors.push(...validateVersion(version, `spec.versions[${index}]`));
    if (seen.has(version.name)) {
      errors.push(invalid("spec.versions", versions, "must contain unique version names"));
    }
    seen.add(version.name);
  }
  if (conversion && !["None", "Webhook"].includes(conversion.strategy)) {
    errors.push(notSupported("spec.conversion.strategy", conversion.strategy, ["None", "Webhook"]));
  }
  if (conversion?.strategy === "Webhook" && !conversion.webhook?.clientConfig) {
    errors.push(required("spec.conversion.webhook.clientConfig", "required when strategy is set to Webhook"));
  }
  return errors;
}

function validateNames(names: CustomResourceDefinition["spec"]["names"] | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (!names?.plural) errors.push(required("spec.names.plural"));
  else errors.push(...invalidEach("spec.names.plural", names.plural, dnsLabel1035(names.plural)));
  if (names?.singular) {
    errors.push(...invalidEach("spec.names.singular", names.singular, dnsLabel1035(names.singular)));
  }
  if (!names?.kind) errors.push(required("spec.names.kind"));
  else {
    const complaints = dnsLabel1035(names.kind.toLowerCase());
    errors.push(
      ...invalidEach(
        "spec.names.kind",
        names.kind,
        complaints.map((text) => `may have mixed case, but should otherwise match: ${text}`),
      ),
    );
  }
  if (names?.kind && names.kind === names.listKind) {
    errors.push(invalid("spec.names.listKind", names.listKind, "kind and listKind may not be the same"));
  }
  (names?.shortNames ?? []).forEach((name, index) =>
    errors.push(...invalidEach(`spec.names.shortNames[${index}]`, name, dnsLabel1035(name))),
  );
  return errors;
}

function validateVersion(version: CustomResourceVersion, at: string): FieldError[] {
  const errors = invalidEach(`${at}.name`, version.name ?? "", dnsLabel1035(version.name ?? ""));
  const schema = version.schema?.openAPIV3Schema;
  if (!schema) errors.push(required(`${at}.schema.openAPIV3Schema`, "schemas are required"));
  else if (schema.type !== "object") {
    const field = `${at}.schema.openAPIV3Schema.type`;
    errors.push(
      schema.type === undefined
        ? required(field, "must not be empty at the root")
        : invalid(field, schema.type, 'must be "object" at the root'),
    );
  }
  for (const [index, column] of (version.additionalPrinterColumns ?? []).entries()) {
    const field = `${at}.additionalPrinterColumns[${index}]`;
    if (!column.name) errors.push(required(`${field}.name`));
    if (!columnTypes.includes(column.type))
      errors.push(notSupported(`${field}.type`, column.type, columnTypes));
    if (!column.jsonPath) errors.push(required(`${field}.JSONPath`));
  }
  for (const [index, { jsonPath }] of (version.selectableFields ?? []).entries())
    if (!jsonPath) errors.push(required(`${at}.selectableFields[${index}].jsonPath`));
  const { scale } = version.subresources ?? {};
  if (scale) {
    const paths = [
      ["specReplicasPath", scale.specReplicasPath, ".spec"],
      ["statusReplicasPath", scale.statusReplicasPath, ".status"],
    ] as const;
    for (const [name, path, root] of paths) {
      const field = `${at}.subresources.scale.${name}`;
      if (!path) errors.push(required(field));
      else if (!path.startsWith(`${root}.`))
        errors.push(invalid(field, path, `should be a json path under ${root}`));
    }
  }
  return errors;
}

/** Group, scope and names stay as they are once the definition is established. */
export function validateDefinitionUpdate(
  { spec }: CustomResourceDefinition,
  { spec: old, status }: CustomResourceDefinition,
): FieldError[] {
  const established = (status?.conditions ?? []).some(
    ({ type, status: is }) => type === "Established" && is === "True",
  );
  const errors = [
    ...immutable("spec.group", spec.group, old.group),
    ...immutable("spec.names.plural", spec.names.plural, old.names.plural),
  ];
  if (!established) return errors;
  return [
    ...errors,
    ...immutable("spec.scope", spec.scope, old.scope),
    ...immutable("spec.names.kind", spec.names.kind, old.names.kind),
  ];
}
