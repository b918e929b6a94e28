import type { FieldError } from "@/lib/cluster/resources/kind";
import { forbidden, invalid, notSupported, required } from "@/lib/cluster/resources/validation/errors";
import { isObject } from "@/lib/cluster/api/json";
import type { CelRule, JsonSchema } from "../json-schema";
import { findField } from "./field-path";

/** What depends on where in the schema a level stands. */
interface Place {
  isRoot: boolean;
  /** Why no default may stand here. */
  defaultsForbidden?: string;
  isInsideMeta: boolean;
  /** The outermost level whose values cannot be told apart between two revisions of an object. */
  uncorrelatable?: string;
  /** How many values of the level one object may have; undefined: a list or map above it has no end. */
  count: number | undefined;
}

export interface SchemaLevel {
  schema: JsonSchema;
  path: string;
  uncorrelatable?: string;
  count: number | undefined;
}

/**
 * ValidateCustomResourceDefinitionOpenAPISchema of apiextensions-apiserver 1.34. `expressions` is called for each level
 * with rules that has no mistake at or below it; levels inside junctors have none.
 */
export function validateSchemaRules(
  schema: JsonSchema,
  path: string,
  expressions: (level: SchemaLevel) => FieldError[],
): FieldError[] {
  const { schemaErrors, celErrors } = visit(
    schema,
    path,
    { isRoot: true, isInsideMeta: false, count: 1 },
    expressions,
  );
  return [...schemaErrors, ...celErrors];
}

interface Found {
  schemaErrors: FieldError[];
  celErrors: FieldError[];
}

function visit(
  schema: JsonSchema,
  path: string,
  place: Place,
  expressions: ((level: SchemaLevel) => FieldError[]) | undefined,
): Found {
  const found: Found = { schemaErrors: standard(schema, path, place), celErrors: [] };
  const below = (
    one: JsonSchema | undefined,
    name: string,
    more: Partial<Place> = {},
    run: typeof expressions = undefined,
  ) => {
    if (!one) return;
    const { schemaErrors, celErrors } = visit(
      one,
      `${path}.${name}`,
      { ...place, isRoot: false, ...more },
      run,
    );
    found.schemaErrors.push(...schemaErrors);
    found.celErrors.push(...celErrors);
  };
  const { properties = {}, additionalProperties, items } = schema;
  if (schema.uniqueItems)
    found.schemaErrors.push(
      forbidden(
        `${path}.uniqueItems`,
        "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
      ),
    );
  if (additionalProperties !== undefined) {
    if (Object.keys(properties).length > 0 && additionalProperties !== true)
      found.schemaErrors.push(
        forbidden(`${path}.additionalProperties`, "additionalProperties and properties are mutual exclusive"),
      );
    const why = "inside additionalProperties applying to object metadata";
    if (isObject(additionalProperties))
      below(
        additionalProperties as JsonSchema,
        "additionalProperties",
        {
          ...(place.isInsideMeta ? { defaultsForbidden: why } : {}),
          count: product(place.count, schema.maxProperties),
        },
        expressions,
      );
  }
  const isOwnObject = place.isRoot || schema["x-kubernetes-embedded-resource"] === true;
  const atomicMap =
    schema["x-kubernetes-map-type"] === "atomic" ? { uncorrelatable: place.uncorrelatable ?? path } : {};
  for (const [name, property] of Object.entries(properties)) {
    const isMeta = isOwnObject && ["metadata", "kind", "apiVersion"].includes(name);
    below(
      property,
      `properties[${name}]`,
      {
        ...atomicMap,
        ...(isMeta ? { isInsideMeta: true } : {}),
        ...(isMeta && place.isRoot ? { defaultsForbidden: `in top-level ${name}` } : {}),
      },
      expressions,
    );
  }
  below(schema.not, "not");
  for (const name of ["allOf", "oneOf", "anyOf"] as const)
    schema[name]?.forEach((one, at) => below(one, `${name}[${at}]`));
  if (items && !Array.isArray(items))
    below(
      items,
      "items",
      {
        ...(schema["x-kubernetes-list-type"] === "map"
          ? {}
          : { uncorrelatable: place.uncorrelatable ?? path }),
        count: product(place.count, schema.maxItems),
      },
      expressions,
    );
  found.schemaErrors.push(...extensions(schema, path), ...listKeys(schema, path), ...rules(schema, path));
  if (schema["x-kubernetes-validations"]?.length && found.schemaErrors.length === 0 && expressions)
    found.celErrors.push(
      ...expressions({ schema, path, uncorrelatable: place.uncorrelatable, count: place.count }),
    );
  return found;
}

const product = (count: number | undefined, max: number | undefined) =>
  count === undefined || max === undefined ? undefined : count * max;

const types = ["array", "boolean", "integer", "number", "object", "string"];
const unsupported = [
  "id",
  "additionalItems",
  "patternProperties",
  "definitions",
  "dependencies",
  "$ref",
] as const;

function standard(schema: JsonSchema, path: string, place: Place): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.type && !types.includes(schema.type))
    errors.push(notSupported(`${path}.type`, schema.type, types));
  if (schema.default !== undefined && place.defaultsForbidden !== undefined)
    errors.push(forbidden(`${path}.default`, `must not be set ${place.defaultsForbidden}`));
  for (const name of unsupported) {
    const value = schema[name];
    if (value !== undefined && value !== "" && !(isObject(value) && Object.keys(value).length === 0))
      errors.push(forbidden(`${path}.${name}`, `${name} is not supported`));
  }
  if (schema.type === "null")
    errors.push(forbidden(`${path}.type`, "type cannot be set to null, use nullable as an alternative"));
  if (Array.isArray(schema.items))
    errors.push(forbidden(`${path}.items`, "items must be a schema object and not an array"));
  if (place.isInsideMeta && schema["x-kubernetes-embedded-resource"])
    errors.push(
      forbidden(`${path}.x-kubernetes-embedded-resource`, "must not be used inside of resource meta"),
    );
  return errors;
}

/** What x-kubernetes-* of one level may say. */
function extensions(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type, items } = schema;
  const mapType: string | undefined = schema["x-kubernetes-map-type"];
  const listType: string | undefined = schema["x-kubernetes-list-type"];
  const typed = (wanted: string, because: string) => {
    const detail = `must be ${wanted} if ${because} is specified`;
    if (type !== wanted)
      errors.push(type ? invalid(`${path}.type`, type, detail) : required(`${path}.type`, detail));
  };
  if (schema["x-kubernetes-preserve-unknown-fields"] === false)
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined"));
  if (mapType !== undefined) {
    typed("object", "x-kubernetes-map-type");
    if (!["atomic", "granular"].includes(mapType))
      errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ["atomic", "granular"]));
  }
  if (listType === undefined) return errors;
  typed("array", "x-kubernetes-list-type");
  const why = "must be atomic as item of a list with x-kubernetes-list-type=set";
  if (type === "array" && listType === "set" && items) {
    const inner = items["x-kubernetes-list-type"];
    if (items.type === "array" && inner !== undefined && inner !== "atomic")
      errors.push(invalid(`${path}.items.x-kubernetes-list-type`, inner, why));
    if (items.type === "object" && items["x-kubernetes-map-type"] !== "atomic")
      errors.push(invalid(`${path}.items.x-kubernetes-map-type`, inner ?? null, why));
  }
  if (!["atomic", "set", "map"].includes(listType))
    errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, ["atomic", "set", "map"]));
  return errors;
}

function listKeys(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { items } = schema;
  const listType = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const keysField = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length > 0 && listType !== "map") {
    const detail = "must be map if x-kubernetes-list-map-keys is non-empty";
    const field = `${path}.x-kubernetes-list-type`;
    errors.push(listType === undefined ? required(field, detail) : invalid(field, listType, detail));
  }
  if (listType === "map") {
    if (keys.length === 0)
      errors.push(required(keysField, "must not be empty if x-kubernetes-list-type is map"));
    if (!items) errors.push(required(`${path}.items`, "must have a schema if x-kubernetes-list-type is map"));
    else if (items.type !== "object")
      errors.push(
        invalid(
          `${path}.items.type`,
          items.type ?? "",
          "must be object if parent array's x-kubernetes-list-type is map",
        ),
      );
    else
      keys.forEach((key, at) => {
        const property = own(items.properties, key);
        if (!property) errors.push(invalid(keysField, keys, "entries must all be names of item properties"));
        else if (property.type === "array" || property.type === "object")
          errors.push(
            invalid(
              `${path}.items.properties[${key}].type`,
              items.type,
              "must be a scalar type if parent array's x-kubernetes-list-type is map",
            ),
          );
        if (keys.indexOf(key) < at)
          errors.push(invalid(keysField, keys, "must not contain duplicate entries"));
      });
  }
  return [...errors, ...keyedItems(schema, path)];
}

/** Keys are always there, and items of maps and sets are never null. */
function keyedItems(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { items } = schema;
  const listType = schema["x-kubernetes-list-type"];
  if (!items || (listType !== "set" && listType !== "map")) return [];
  if (items.nullable)
    errors.push(
      forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`),
    );
  if (listType === "set") return errors;
  for (const key of schema["x-kubernetes-list-map-keys"] ?? []) {
    const property = own(items.properties, key);
    if (!property) continue;
    const field = `${path}.items.properties[${key}]`;
    const why = "this property is in x-kubernetes-list-map-keys, so it";
    if (!items.required?.includes(key) && property.default === undefined)
      errors.push(required(`${field}.default`, `${why} must have a default or be a required property`));
    if (property.nullable) errors.push(forbidden(`${field}.nullable`, `${why} cannot be nullable`));
  }
  return errors;
}

const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];
const hasNewline = (text: string) => /[\n\r]/.test(text);

/** What is written around the expressions of x-kubernetes-validations. */
function rules(schema: JsonSchema, path: string): FieldError[] {
  return (schema["x-kubernetes-validations"] ?? []).flatMap((rule, at) =>
    ruleMistakes(rule, schema, `${path}.x-kubernetes-validations[${at}]`),
  );
}

function ruleMistakes(rule: CelRule, schema: JsonSchema, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { message = "", messageExpression = "", reason, fieldPath = "" } = rule;
  const expression = (rule.rule ?? "").trim();
  if (expression === "") errors.push(required(`${at}.rule`, "rule is not specified"));
  else if (message !== "" && message.trim() === "")
    errors.push(invalid(`${at}.message`, message, "must be non-empty if specified"));
  else if (hasNewline(message.trim()))
    errors.push(invalid(`${at}.message`, message, "must not contain line breaks"));
  else if (hasNewline(expression) && message.trim() === "")
    errors.push(required(`${at}.message`, "message must be specified if rule contains line breaks"));
  if (messageExpression !== "" && messageExpression.trim() === "")
    errors.push(required(`${at}.messageExpression`, "messageExpression must be non-empty if specified"));
  if (reason !== undefined && !reasons.includes(reason))
    errors.push(notSupported(`${at}.reason`, reason, reasons));
  if (fieldPath === "") return errors;
  if (fieldPath.trim() === "")
    errors.push(invalid(`${at}.fieldPath`, fieldPath, "must be non-empty if specified"));
  if (hasNewline(fieldPath))
    errors.push(invalid(`${at}.fieldPath`, fieldPath, "must not contain line breaks"));
  if (typeof findField(schema, fieldPath) === "string")
    errors.push(invalid(`${at}.fieldPath`, fieldPath, "must be a valid path"));
  return errors;
}

const own = (properties: Record<string, JsonSchema> | undefined, name: string) =>
  properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
