import { isIPv4, isIPv6 } from "node:net";
import { RE2JS } from "re2js";
import type { FieldError } from "@/lib/cluster/resources/kind";
import { deepEqual, isObject, type Json } from "../json";
import type { JsonSchema } from "./json-schema";

const errorsMax = 100;

/** What of `value` the schema does not allow, in kube-openapi's words. `path` is the value's own ("spec.rules[0]"). */
export function validateSchema(value: Json, schema: JsonSchema, path = ""): FieldError[] {
  const errors: FieldError[] = [];
  check(value, schema, path, errors, path === "");
  return errors;
}

function check(value: Json, schema: JsonSchema, path: string, errors: FieldError[], isRoot: boolean): void {
  if (errors.length >= errorsMax) return;
  const invalid = (detail: string, shown: unknown = value) =>
    errors.push({
      type: "FieldValueInvalid",
      field: path || "<nil>",
      message: `Invalid value: ${show(shown)}: ${path} in body ${detail}`,
    });
  if (!hasType(value, schema)) {
    const wanted = schema["x-kubernetes-int-or-string"] ? "integer,string" : schema.type;
    errors.push({
      type: "FieldValueTypeInvalid",
      field: path || "<nil>",
      message: `Invalid value: "${typeName(value)}": ${path} in body must be of type ${wanted}: "${typeName(value)}"`,
    });
    return;
  }
  if (value === null) return;
  if (schema.enum && !schema.enum.some((one) => deepEqual(one, value)))
    errors.push({
      type: "FieldValueNotSupported",
      field: path || "<nil>",
      message: `Unsupported value: ${show(value)}: supported values: ${schema.enum.map((one) => JSON.stringify(one)).join(", ")}`,
    });
  if (typeof value === "string") checkString(value, schema, path, errors, invalid);
  else if (typeof value === "number") checkNumber(value, schema, invalid);
  else if (Array.isArray(value)) checkList(value, schema, path, errors, invalid);
  else if (isObject(value)) checkObject(value, schema, path, errors, isRoot);
  checkCombinations(value, schema, path, errors);
}

type Report = (detail: string, shown?: unknown) => void;

function checkString(
  value: string,
  schema: JsonSchema,
  path: string,
  errors: FieldError[],
  invalid: Report,
): void {
  const { maxLength, minLength, pattern, format } = schema;
  const length = [...value].length;
  if (maxLength !== undefined && length > maxLength)
    errors.push({
      type: "FieldValueTooLong",
      field: path,
      message: `Too long: may not be more than ${maxLength} bytes`,
    });
  if (minLength !== undefined && length < minLength) invalid(`should be at least ${minLength} chars long`);
  if (pattern !== undefined && !matches(pattern, value)) invalid(`should match '${pattern}'`);
  const formatted = format ? formats[format] : undefined;
  if (formatted && !formatted(value)) invalid(`must be of type ${format}: ${JSON.stringify(value)}`);
}

function checkNumber(value: number, schema: JsonSchema, invalid: Report): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    invalid(`should be greater than ${exclusiveMinimum ? "" : "or equal to "}${minimum}`);
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    invalid(`should be less than ${exclusiveMaximum ? "" : "or equal to "}${maximum}`);
  if (multipleOf !== undefined && value % multipleOf !== 0) invalid(`should be a multiple of ${multipleOf}`);
}

function checkList(
  value: Json[],
  schema: JsonSchema,
  path: string,
  errors: FieldError[],
  invalid: Report,
): void {
  const { minItems, maxItems, items } = schema;
  if (maxItems !== undefined && value.length > maxItems) {
    errors.push({
      type: "FieldValueTooMany",
      field: path,
      message: `Too many: ${value.length}: must have at most ${maxItems} item${maxItems === 1 ? "" : "s"}`,
    });
    return;
  }
  if (minItems !== undefined && value.length < minItems)
    invalid(`should have at least ${minItems} items`, value.length);
  if (items) value.forEach((item, at) => check(item, items, `${path}[${at}]`, errors, false));
  checkUnique(value, schema, path, errors);
}

/** Lists that are maps or sets hold nothing twice. */
function checkUnique(value: Json[], schema: JsonSchema, path: string, errors: FieldError[]): void {
  const listType = schema["x-kubernetes-list-type"];
  if (listType !== "map" && listType !== "set") return;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const seen = new Set<string>();
  value.forEach((item, at) => {
    const identity =
      listType === "map" && isObject(item)
        ? Object.fromEntries(keys.filter((key) => item[key] !== undefined).map((key) => [key, item[key]!]))
        : item;
    const text = JSON.stringify(identity);
    if (seen.has(text))
      errors.push({
        type: "FieldValueDuplicate",
        field: `${path}[${at}]`,
        message: `Duplicate value: ${text}`,
      });
    seen.add(text);
  });
}

function checkObject(
  value: Record<string, Json>,
  schema: JsonSchema,
  path: string,
  errors: FieldError[],
  isRoot: boolean,
): void {
  const { required = [], properties = {}, additionalProperties, maxProperties, minProperties } = schema;
  const count = Object.keys(value).length;
  if (maxProperties !== undefined && count > maxProperties)
    errors.push({
      type: "FieldValueTooMany",
      field: path,
      message: `Too many: ${count}: must have at most ${maxProperties} items`,
    });
  if (minProperties !== undefined && count < minProperties)
    errors.push({
      type: "FieldValueInvalid",
      field: path,
      message: `Invalid value: ${count}: ${path} in body should have at least ${minProperties} properties`,
    });
  const below = (name: string) => (path === "" ? name : `${path}.${name}`);
  for (const name of required)
    if (!Object.hasOwn(value, name) || value[name] === undefined)
      errors.push({ type: "FieldValueRequired", field: below(name), message: "Required value" });
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined || (isRoot && (name === "metadata" || name === "apiVersion" || name === "kind")))
      continue;
    if (Object.hasOwn(properties, name)) check(member, properties[name]!, below(name), errors, false);
    else if (isObject(additionalProperties))
      check(member, additionalProperties as JsonSchema, `${path}.${name}`, errors, false);
  }
}

function checkCombinations(value: Json, schema: JsonSchema, path: string, errors: FieldError[]): void {
  const passes = (one: JsonSchema) => {
    const found: FieldError[] = [];
    check(value, one, path, found, false);
    return found.length === 0;
  };
  const fail = (detail: string) =>
    errors.push({
      type: "FieldValueInvalid",
      field: path || "<nil>",
      message: `Invalid value: ${isObject(value) || Array.isArray(value) ? '""' : show(value)}: ${JSON.stringify(path)} ${detail}`,
    });
  for (const one of schema.allOf ?? []) check(value, one, path, errors, false);
  if (schema.anyOf && !schema.anyOf.some(passes)) fail("must validate at least one schema (anyOf)");
  if (schema.oneOf) {
    const count = schema.oneOf.filter(passes).length;
    if (count !== 1)
      fail(
        `must validate one and only one schema (oneOf). Found ${count === 0 ? "none valid" : `${count} valid alternatives`}`,
      );
  }
  if (schema.not && passes(schema.not)) fail("must not validate the schema (not)");
}

function hasType(value: Json, schema: JsonSchema): boolean {
  if (value === null) return schema.nullable === true || schema.type === undefined;
  if (schema["x-kubernetes-int-or-string"]) return typeof value === "string" || Number.isInteger(value);
  switch (schema.type) {
    case "object":
      return isObject(value);
    case "array":
      return Array.isArray(value);
    case "string":
      return typeof value === "string";
    case "integer":
      return Number.isInteger(value);
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    default:
      return true;
  }
}

function typeName(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value;
}

const show = (value: unknown) => JSON.stringify(value) ?? "null";

const patterns = new Map<string, RE2JS | null>();

/** RE2, as upstream: no pattern takes more than linear time. One that does not compile matches everything. */
function matches(pattern: string, value: string): boolean {
  let compiled = patterns.get(pattern);
  if (compiled === undefined) {
    try {
      compiled = RE2JS.compile(pattern);
    } catch {
      compiled = null;
    }
    if (patterns.size > 5000) patterns.clear();
    patterns.set(pattern, compiled);
  }
  return compiled === null || compiled.matcher(value).find();
}

const formats: Record<string, (value: string) => boolean> = {
  "date-time": (value) =>
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value)),
  date: (value) => /^\d{4}-\d\d-\d\d$/.test(value),
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: (value) => /^[0-9a-fA-F:.]+\/\d{1,3}$/.test(value),
  uuid: (value) => /^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$/.test(value),
  byte: (value) => /^[A-Za-z0-9+/]*={0,2}$/.test(value),
  mac: (value) => /^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$/.test(value),
};
