import type { FieldError } from "../kind";
import type { CustomResourceColumn, CustomResourceDefinition, CustomResourceVersion } from "../types";
import { forbidden, immutable, invalid, invalidEach, notSupported, required } from "../validation/errors";
import { dnsLabel1035, dnsSubdomain } from "../validation/names";
import { validateApproval } from "./approval";
import { hoisted } from "./hoisted";

const columnTypes = ["boolean", "date", "integer", "number", "string"];
const columnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

/** ValidateCustomResourceDefinition, but for the schemas themselves: the API server has what compiles them. */
export function validateDefinition({ metadata, spec, status }: CustomResourceDefinition): FieldError[] {
  if (!spec) return [required("spec.group"), required("spec.versions")];
  const errors: FieldError[] = [];
  const { group = "", names, scope, conversion } = spec;
  const versions = spec.versions ?? [];
  const expected = `${names?.plural ?? ""}.${group}`;
  if (metadata.name !== expected) {
    errors.push(invalid("metadata.name", metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  if (group === "") errors.push(required("spec.group"));
  else {
    const complaints = dnsSubdomain(group);
    errors.push(...invalidEach("spec.group", group, complaints));
    if (complaints.length === 0 && !group.includes("."))
      errors.push(invalid("spec.group", group, "should be a domain with at least one dot"));
  }
  if (!scope) errors.push(required("spec.scope"));
  else if (!["Cluster", "Namespaced"].includes(scope)) {
    errors.push(notSupported("spec.scope", scope, ["Cluster", "Namespaced"]));
  }
  errors.push(...validateVersions(versions), ...validateNames(names), ...validateConversion(conversion));
  if (spec.preserveUnknownFields)
    errors.push(
      invalid(
        "spec.preserveUnknownFields",
        true,
        "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
      ),
    );
  errors.push(...validateStoredVersions(status?.storedVersions ?? [], versions));
  return errors;
}

function validateVersions(versions: CustomResourceVersion[]): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const all = (detail: string) => errors.push(invalid("spec.versions", versions, detail));
  for (const [index, { name = "", deprecated, deprecationWarning }] of versions.entries()) {
    names.add(name);
    errors.push(...invalidEach(`spec.versions[${index}].name`, name, dnsLabel1035(name)));
    const warning = deprecationMistake(deprecated, deprecationWarning);
    if (warning)
      errors.push(invalid(`spec.versions[${index}].deprecationWarning`, deprecationWarning, warning));
  }
  // With all of them missing there is nothing that versions could share.
  for (const [index, { schema }] of versions.entries())
    if (!schema?.openAPIV3Schema) errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`));
  for (const { version, field } of hoisted(versions, "subresources"))
    errors.push(...validateScale(version, field));
  for (const { version, field } of hoisted(versions, "additionalPrinterColumns"))
    for (const [index, column] of (version.additionalPrinterColumns ?? []).entries())
      errors.push(...validateColumn(column, `${field}[${index}]`));
  if (names.size < versions.length) all("must contain unique version names");
  if (versions.filter(({ storage }) => storage).length !== 1)
    all("must have exactly one version marked as storage version");
  return errors;
}

function deprecationMistake(
  deprecated: boolean | undefined,
  warning: string | undefined,
): string | undefined {
  if (warning === undefined) return undefined;
  if (!deprecated) return "can only be set for deprecated versions";
  if (warning === "") return "must not be an empty string";
  if (warning.length > 256) return "must be <= 256 characters long";
  const at = [...warning].findIndex((character) => /\p{Cc}/u.test(character));
  return at < 0
    ? undefined
    : `must only contain printable UTF-8 characters; non-printable character found at index ${at}`;
}

/** A version that objects may still be stored in stays in the spec. */
function validateStoredVersions(stored: string[], versions: CustomResourceVersion[]): FieldError[] {
  const known = new Set(versions.map(({ name }) => name));
  return stored.flatMap((name, index) =>
    known.has(name)
      ? []
      : [
          invalid(
            `status.storedVersions[${index}]`,
            name,
            `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
          ),
        ],
  );
}

function validateConversion(conversion: CustomResourceDefinition["spec"]["conversion"]): FieldError[] {
  if (!conversion) return [];
  const { strategy, webhook } = conversion;
  const errors: FieldError[] = [];
  if (!strategy) errors.push(required("spec.conversion.strategy"));
  else if (!["None", "Webhook"].includes(strategy))
    errors.push(notSupported("spec.conversion.strategy", strategy, ["None", "Webhook"]));
  const config = webhook?.clientConfig;
  const reviews = webhook?.conversionReviewVersions ?? [];
  const [configField, reviewsField] = [
    "spec.conversion.webhookClientConfig",
    "spec.conversion.conversionReviewVersions",
  ];
  if (strategy !== "Webhook") {
    const why = "should not be set when strategy is not set to Webhook";
    if (config) errors.push(forbidden(configField, why));
    if (reviews.length > 0) errors.push(forbidden(reviewsField, why));
    return errors;
  }
  if (!config) errors.push(required(configField, "required when strategy is set to Webhook"));
  else if ((config.url === undefined) === (config.service === undefined))
    errors.push(required(configField, "exactly one of url or service is required"));
  if (reviews.length === 0) return [...errors, required(reviewsField)];
  reviews.forEach((review, index) => {
    const complaints = reviews.indexOf(review) < index ? ["duplicate version"] : dnsLabel1035(review);
    errors.push(...invalidEach(`${reviewsField}[${index}]`, review, complaints));
  });
  if (!reviews.some((review) => review === "v1" || review === "v1beta1"))
    errors.push(invalid(reviewsField, reviews, "must include at least one of v1, v1beta1"));
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
  if (names?.listKind) {
    const complaints = dnsLabel1035(names.listKind.toLowerCase());
    errors.push(
      ...invalidEach(
        "spec.names.listKind",
        names.listKind,
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
  (names?.categories ?? []).forEach((name, index) =>
    errors.push(...invalidEach(`spec.names.categories[${index}]`, name, dnsLabel1035(name))),
  );
  return errors;
}

function validateColumn(column: CustomResourceColumn, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name, type, format, jsonPath } = column;
  if (!name) errors.push(required(`${field}.name`));
  const oneOf = (list: string[]) => `must be one of ${list.join(",")}`;
  if (!type) errors.push(required(`${field}.type`, oneOf(columnTypes)));
  else if (!columnTypes.includes(type)) errors.push(invalid(`${field}.type`, type, oneOf(columnTypes)));
  if (format && !columnFormats.includes(format))
    errors.push(invalid(`${field}.format`, format, oneOf(columnFormats)));
  if (!jsonPath) errors.push(required(`${field}.JSONPath`));
  else errors.push(...simplePath(`${field}.JSONPath`, jsonPath));
  return errors;
}

const simplePath = (field: string, path: string): FieldError[] =>
  path.startsWith(".") ? [] : [invalid(field, path, "must be a simple json path starting with .")];

function validateScale({ subresources }: CustomResourceVersion, field: string): FieldError[] {
  const { scale } = subresources ?? {};
  if (!scale) return [];
  const paths = [
    ["specReplicasPath", scale.specReplicasPath, [".spec"], ".spec"],
    ["statusReplicasPath", scale.statusReplicasPath, [".status"], ".status"],
    ["labelSelectorPath", scale.labelSelectorPath, [".spec", ".status"], "either .spec or .status"],
  ] as const;
  return paths.flatMap(([name, path, roots, where]) => {
    const at = `${field}.scale.${name}`;
    if (!path) return name === "labelSelectorPath" ? [] : [required(at)];
    const mistakes = simplePath(at, path);
    if (mistakes.length > 0) return mistakes;
    return roots.some((root) => path.startsWith(`${root}.`))
      ? []
      : [invalid(at, path, `should be a json path under ${where}`)];
  });
}

/** Group, scope and names stay as they are once the definition is established. */
export function validateDefinitionUpdate(
  definition: CustomResourceDefinition,
  before: CustomResourceDefinition,
): FieldError[] {
  const { spec } = definition;
  const { spec: old, status } = before;
  const established = (status?.conditions ?? []).some(
    ({ type, status: is }) => type === "Established" && is === "True",
  );
  const errors = [
    ...validateApproval(definition, before),
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
