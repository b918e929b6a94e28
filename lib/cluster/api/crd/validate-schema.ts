import { RE2JS } from "re2js";
import type { FieldError } from "@/lib/cluster/resources/kind";
import { deepEqual, isObject, type Json } from "../json";
import { hasFormat } from "./formats";
import type { JsonSchema } from "./json-schema";

const errorsMax = 100;

/**
 * What of `value` the schema does not allow, in kube-openapi's words. Of an update, what was wrong in `old` may stay as it
 * is (apiextensions-apiserver 1.34 pkg/apiserver/validation/ratcheting.go).
 */
export function validateSchema(value: Json, schema: JsonSchema, old?: Json): FieldError[] {
  const errors: FieldError[] = [];
  check(value, schema, "", errors, true, old);
  if (old === undefined || listErrors(old, schema, "").length === 0)
    errors.push(...listErrors(value, schema, ""));
  return errors;
}

function check(
  value: Json,
  schema: JsonSchema,
  path: string,
  errors: FieldError[],
  isRoot: boolean,
  old?: Json,
): void {
  if (errors.length >= errorsMax) return;
  // What did not change is taken as it is, and so it is all below it.
  if (old !== undefined && old !== null && deepEqual(value, old)) return;
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
  else if (Array.isArray(value)) checkList(value, schema, path, errors, invalid, old);
  else if (isObject(value)) checkObject(value, schema, path, errors, isRoot, old);
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
  if (format && !hasFormat(value, format)) invalid(`must be of type ${format}: ${JSON.stringify(value)}`);
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
  old: Json | undefined,
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
  if (items)
    value.forEach((item, at) =>
      check(item, items, `${path}[${at}]`, errors, false, counterpart(schema, item, old)),
    );
}

/** The same element before the change: known only in lists that are maps. */
export function counterpart(schema: JsonSchema, item: Json, old: Json | undefined): Json | undefined {
  const keys = schema["x-kubernetes-list-map-keys"];
  if (!keys || !Array.isArray(old) || !isObject(item)) return undefined;
  return old.find((one) => isObject(one) && keys.every((key) => one[key] === item[key]));
}

/** What lists that are maps or sets hold twice. */
function listErrors(value: Json, schema: JsonSchema, path: string): FieldError[] {
  if (Array.isArray(value)) {
    const errors: FieldError[] = [];
    checkUnique(value, schema, path, errors);
    const { items } = schema;
    if (items) errors.push(...value.flatMap((item, at) => listErrors(item, items, `${path}[${at}]`)));
    return errors;
  }
  if (!isObject(value)) return [];
  const { properties = {}, additionalProperties } = schema;
  return Object.entries(value).flatMap(([name, member]) => {
    const below = Object.hasOwn(properties, name)
      ? properties[name]
      : isObject(additionalProperties)
        ? (additionalProperties as JsonSchema)
        : undefined;
    return below ? listErrors(member, below, path === "" ? name : `${path}.${name}`) : [];
  });
}

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
  old: Json | undefined,
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
    const before = isObject(old) && schema["x-kubernetes-map-type"] !== "atomic" ? old[name] : undefined;
    if (Object.hasOwn(properties, name)) check(member, properties[name]!, below(name), errors, false, before);
    else if (isObject(additionalProperties))
      check(member, additionalProperties as JsonSchema, below(name), errors, false, before);
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

/** RE2, as upstream: no pattern takes more than linear time. Definitions with one that does not compile are refused. */
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
  return compiled !== null && compiled.matcher(value).find();
}
