import { RE2JS } from "re2js";
import type { FieldError } from "@/lib/cluster/resources/kind";
import { forbidden, invalid, required } from "@/lib/cluster/resources/validation/errors";
import { deepEqual, isObject } from "@/lib/cluster/api/json";
import type { JsonSchema } from "../json-schema";

type Level = "root" | "item" | "field";

/**
 * What keeps a schema from being structural, in upstream's words and order (apiextensions-apiserver 1.34
 * pkg/apiserver/schema/validation.go, complete.go).
 */
export function validateStructural(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  invariants(schema, "root", path, errors);
  completeness(schema, schema, path, path, errors);
  const text = ({ field, message }: FieldError) => `${field}: ${message}`;
  return errors.sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

function invariants(schema: JsonSchema, level: Level, path: string, errors: FieldError[]): void {
  const { type = "", items, properties = {}, additionalProperties } = schema;
  const isOwnObject = schema["x-kubernetes-embedded-resource"] === true;
  const keepsUnknown = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const isIntOrString = schema["x-kubernetes-int-or-string"] === true;

  if (type === "array" && !items) errors.push(required(`${path}.items`, "must be specified"));
  if (items) invariants(items, "item", `${path}.items`, errors);
  for (const [name, below] of Object.entries(properties))
    invariants(below, "field", `${path}.properties[${name}]`, errors);
  if (additionalProperties !== undefined) {
    if (level === "root")
      errors.push(forbidden(`${path}.additionalProperties`, "must not be used at the root"));
    if (isObject(additionalProperties))
      invariants(additionalProperties as JsonSchema, "field", `${path}.additionalProperties`, errors);
  }
  for (const name of ["preserve-unknown-fields", "embedded-resource"] as const)
    if (isIntOrString && schema[`x-kubernetes-${name}`])
      errors.push(
        invalid(`${path}.x-kubernetes-${name}`, true, "must be false if x-kubernetes-int-or-string is true"),
      );

  junctors(schema, path, errors, {
    skipAnyOf: isEitherType(schema.anyOf),
    skipFirstAllOf: isEitherType(schema.allOf?.[0]?.anyOf),
  });

  if (isOwnObject && type !== "object") {
    const why = "must be object if x-kubernetes-embedded-resource is true";
    errors.push(type === "" ? required(`${path}.type`, why) : invalid(`${path}.type`, type, why));
  } else if (type === "" && !isIntOrString && !keepsUnknown) {
    const where = {
      root: "at the root",
      item: "for specified array items",
      field: "for specified object fields",
    };
    errors.push(required(`${path}.type`, `must not be empty ${where[level]}`));
  }
  if (isOwnObject && additionalProperties !== undefined)
    errors.push(
      forbidden(`${path}.additionalProperties`, "must not be used if x-kubernetes-embedded-resource is set"),
    );
  if (level === "root" && type !== "" && type !== "object")
    errors.push(invalid(`${path}.type`, type, "must be object at the root"));

  const describesObject = level === "root" || isOwnObject;
  for (const name of ["kind", "apiVersion"]) {
    const below = properties[name];
    if (describesObject && below && below.type !== "string")
      errors.push(invalid(`${path}.properties[${name}].type`, below.type ?? "", "must be string"));
  }
  if (Object.hasOwn(properties, "metadata"))
    metadata(properties.metadata!, level, describesObject, `${path}.properties[metadata]`, errors);
  if (isOwnObject && !keepsUnknown && Object.keys(properties).length === 0)
    errors.push(
      required(
        `${path}.properties`,
        "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
      ),
    );
}

function metadata(
  schema: JsonSchema,
  level: Level,
  describesObject: boolean,
  path: string,
  errors: FieldError[],
): void {
  if (describesObject && schema.type !== "object")
    errors.push(invalid(`${path}.type`, schema.type ?? "", "must be object"));
  if (level !== "root") return;
  const { type: _type, default: _default, properties = {}, ...rest } = schema;
  const isAllowed = Object.keys(properties).every((name) => name === "name" || name === "generateName");
  if (!isAllowed || Object.keys(rest).length > 0)
    errors.push(
      forbidden(
        path,
        "must not specify anything other than name and generateName, but metadata is implicitly specified",
      ),
    );
}

const isEitherType = (anyOf: JsonSchema[] | undefined) =>
  deepEqual(anyOf, [{ type: "integer" }, { type: "string" }]);

function junctors(
  schema: JsonSchema,
  path: string,
  errors: FieldError[],
  { skipAnyOf = false, skipFirstAllOf = false } = {},
): void {
  if (!skipAnyOf) schema.anyOf?.forEach((one, at) => nested(one, `${path}.anyOf[${at}]`, errors));
  schema.allOf?.forEach((one, at) => nested(one, `${path}.allOf[${at}]`, errors, skipFirstAllOf && at === 0));
  schema.oneOf?.forEach((one, at) => nested(one, `${path}.oneOf[${at}]`, errors));
  if (schema.not) nested(schema.not, `${path}.not`, errors);
  const broken = schema.pattern ? patternMistake(schema.pattern) : undefined;
  if (broken !== undefined)
    errors.push(
      invalid(`${path}.pattern`, schema.pattern, `must be a valid regular expression, but isn't: ${broken}`),
    );
}

/** What RE2 has against a pattern. */
export function patternMistake(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (failure) {
    return (failure as Error).message;
  }
}

const notNested: [name: keyof JsonSchema, detail: string][] = [
  ["type", "must be empty to be structural"],
  ["additionalProperties", "must be undefined to be structural"],
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  ["x-kubernetes-preserve-unknown-fields", "must be false to be structural"],
  ["x-kubernetes-embedded-resource", "must be false to be structural"],
  ["x-kubernetes-int-or-string", "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
  ["x-kubernetes-validations", "must be empty to be structural"],
];

/** Below allOf, anyOf, oneOf and not only values are restricted: what shapes them stands outside. */
function nested(schema: JsonSchema, path: string, errors: FieldError[], skipAnyOf = false): void {
  junctors(schema, path, errors, { skipAnyOf });
  if (schema.items) nested(schema.items, `${path}.items`, errors);
  for (const [name, below] of Object.entries(schema.properties ?? {}))
    nested(below, `${path}.properties[${name}]`, errors);
  for (const [name, detail] of notNested) {
    const value = schema[name];
    const isEmpty = value === undefined || value === "" || value === false;
    if (!isEmpty && !(Array.isArray(value) && value.length === 0))
      errors.push(forbidden(`${path}.${name}`, detail));
  }
  if (Object.hasOwn(schema.properties ?? {}, "metadata"))
    errors.push(forbidden(`${path}.properties[metadata]`, "must not be specified in a nested context"));
}

/** Every field that a junctor restricts is a field of the schema outside of it. */
function completeness(
  junction: JsonSchema,
  schema: JsonSchema,
  path: string,
  from: string,
  errors: FieldError[],
): void {
  if (junction.not) nestedCompleteness(junction.not, schema, path, `${from}.not`, errors);
  for (const name of ["allOf", "anyOf", "oneOf"] as const)
    junction[name]?.forEach((one, at) =>
      nestedCompleteness(one, schema, path, `${from}.${name}[${at}]`, errors),
    );
}

function nestedCompleteness(
  junction: JsonSchema,
  schema: JsonSchema | undefined,
  path: string,
  from: string,
  errors: FieldError[],
): void {
  if (!schema) return void errors.push(required(path, `because it is defined in ${from}`));
  completeness(junction, schema, path, from, errors);
  if (junction.items)
    nestedCompleteness(junction.items, schema.items, `${path}.items`, `${from}.items`, errors);
  for (const [name, below] of Object.entries(junction.properties ?? {}))
    nestedCompleteness(
      below,
      Object.hasOwn(schema.properties ?? {}, name) ? schema.properties![name] : undefined,
      `${path}.properties[${name}]`,
      `${from}.properties[${name}]`,
      errors,
    );
}
