import { badRequest } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { parseQuantity } from "@/lib/cluster/resources/quantity";
import { schemaOf, type GroupVersionKind, type Schema } from "@/lib/cluster/resources/schema";
import { isObject, type Json } from "../json";
import type { RequestContext, Resource } from "../registry/registry";
import { goType } from "./body";
import { base64Refusal, timeRefusal } from "./go-values";

interface Findings {
  unknown: string[];
}

const findingsMax = 200;

/**
 * What upstream's strict decoder does: fields that the kind does not have are refused (Strict), warned of (Warn) or
 * dropped in silence (Ignore); a value of the wrong type is refused always. Changes `object` in place.
 */
export function checkFields(resource: Resource, object: KubeObject, context: RequestContext): KubeObject {
  const { kind } = resource;
  if (kind.isCustom) return kind.checkCustom?.(object, context) ?? object;
  return checkFieldsOf(kind, object, context);
}

/** The same for an object of a built-in kind that need not be a resource: a Scale, an Eviction. */
export function checkFieldsOf(
  kind: GroupVersionKind,
  object: KubeObject,
  context: RequestContext,
): KubeObject {
  const schema = schemaOf(kind);
  if (!schema) return object;
  const findings: Findings = { unknown: [] };
  walk(schema, object as unknown as Json, { key: "", struct: kind.kind }, findings, kind);
  report(findings.unknown, context, (why) => cannotHandle(kind, why));
  return object;
}

/** Unknown fields, and those that the body repeats, as the request wants them treated. */
export function report(
  unknown: string[],
  { fieldValidation, warnings, repeated = [] }: RequestContext,
  refuse: (why: string) => Error,
): void {
  if (fieldValidation === "Ignore") return;
  const texts = [...repeated, ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`)];
  if (texts.length === 0) return;
  if (fieldValidation === "Strict") throw refuse(`strict decoding error: ${texts.join(", ")}`);
  warnings.push(...texts);
}

/** Types and unknown fields of a custom object's metadata. */
export function checkMetadata(kind: KindName, object: KubeObject, unknown: string[]): void {
  const schema = schemaOf({ group: "", version: "v1", kind: "ConfigMap" })?.properties?.metadata;
  const at = { key: "metadata", struct: "ObjectMeta" };
  if (schema) walk(schema, object.metadata as unknown as Json, at, { unknown }, kind);
}

interface KindName {
  kind: string;
  version: string;
}

/** Where the walk is. Spelt out only for what is refused: most of a walk's work would be to name where all is well. */
interface Place {
  key: string | number;
  above?: Place;
  /** Of the object or list that the key is in. */
  schema?: Schema;
  /** What Go calls the struct above all. */
  struct?: string;
}

function pathOf({ key, above, schema }: Place): string {
  const before = above ? pathOf(above) : "";
  if (before === "") return String(key);
  const isField = typeof key === "string" && schema?.properties !== undefined;
  return isField ? `${before}.${key}` : `${before}[${key}]`;
}

/** The innermost struct of Go's, which its errors name. */
function structOf({ above, schema, struct }: Place): string {
  const name = schema?.properties && schema.typeName?.split(".").at(-1);
  return name ?? struct ?? (above ? structOf(above) : "");
}

const int32Max = 2 ** 31;
const int64Max = 2 ** 63;
const quantityRefusal =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Drops unknown fields; numbers given for quantities become strings, as upstream's decoder makes them. */
function walk(schema: Schema, value: Json, at: Place, findings: Findings, kind: KindName): Json {
  if (value === null || value === undefined || schema.preserveUnknownFields) return value;
  if (schema.intOrString) {
    // IntOrString decodes itself: its errors know no field.
    if (typeof value !== "string" && !isInteger(value, int32Max))
      throw cannotHandle(kind, `json: cannot unmarshal ${got(value, "int32")} into Go value of type int32`);
    return value;
  }
  if (schema.quantity) {
    const text = typeof value === "number" ? String(value) : value;
    if (text === "") return "0";
    if (typeof text !== "string" || !parseQuantity(text.trim())) throw cannotHandle(kind, quantityRefusal);
    return text;
  }
  const { properties, additionalProperties, items, type } = schema;
  if (properties || additionalProperties) {
    if (!isObject(value)) throw wrongType(kind, value, at, schema);
    const inside: Place = { key: "", above: at, schema };
    for (const key of Object.keys(value)) {
      const below = properties && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
      inside.key = key;
      // A null is a field left out, as in Go's structs.
      if (below && value[key] === null && !below.preserveUnknownFields) {
        if (below === additionalProperties) value[key] = zero(below);
        else delete value[key];
      } else if (below) value[key] = walk(below, value[key]!, inside, findings, kind);
      else {
        if (findings.unknown.length < findingsMax) findings.unknown.push(pathOf(inside));
        delete value[key];
      }
    }
    return value;
  }
  if (items || type === "array") {
    if (!Array.isArray(value)) throw wrongType(kind, value, at, schema);
    if (items) {
      const inside: Place = { key: 0, above: at, schema };
      value.forEach((item, index) => {
        inside.key = index;
        value[index] = walk(items, item === null ? zero(items) : item, inside, findings, kind);
      });
    }
    return value;
  }
  if (type === "string") return checkText(schema, value, at, kind);
  const fits =
    type === "boolean"
      ? typeof value === "boolean"
      : type === "integer"
        ? isInteger(value, schema.format === "int32" ? int32Max : int64Max)
        : type !== "number" || typeof value === "number";
  if (!fits) throw wrongType(kind, value, at, schema);
  return value;
}

function checkText(schema: Schema, value: Json, at: Place, kind: KindName): Json {
  const isTime = schema.typeName === "v1.Time";
  if (typeof value !== "string") {
    if (isTime)
      throw cannotHandle(kind, `json: cannot unmarshal ${goType(value)} into Go value of type string`);
    throw wrongType(kind, value, at, schema);
  }
  const refusal = isTime ? timeRefusal(value) : schema.format === "byte" ? base64Refusal(value) : undefined;
  if (refusal) throw cannotHandle(kind, refusal);
  return value;
}

const isInteger = (value: Json, limit: number) =>
  Number.isInteger(value) && (value as number) >= -limit && (value as number) < limit;

/** What Go makes of a null in a list or map. */
function zero(schema: Schema): Json {
  const { type, typeName, quantity, intOrString, properties, additionalProperties, items } = schema;
  if (properties || additionalProperties) return {};
  if (items) return [];
  if (quantity) return "0";
  if (typeName === "v1.Time" || typeName === "v1.MicroTime") return null;
  if (intOrString || type === "integer" || type === "number") return 0;
  if (type === "boolean") return false;
  return type === "string" ? "" : null;
}

function wrongType(kind: KindName, value: Json, at: Place, schema: Schema): Error {
  const field = pathOf(at).replace(/\[[^\]]*\]/g, "");
  const wanted = goTypeOf(schema);
  return cannotHandle(
    kind,
    `json: cannot unmarshal ${got(value, wanted)} into Go struct field ${structOf(at)}.${field} of type ${wanted}`,
  );
}

/** Numbers are quoted where they do not fit, not where there should be none. */
const got = (value: Json, wanted: string) =>
  typeof value === "number" && /^(int|float)/.test(wanted) ? `number ${value}` : goType(value);

function goTypeOf({ typeName, type, format, properties, additionalProperties, items }: Schema): string {
  if (properties) return typeName ?? "struct";
  if (additionalProperties) return `map[string]${goTypeOf(additionalProperties)}`;
  if (items) return `[]${goTypeOf(items)}`;
  if (type === "integer") return format ?? "int64";
  if (type === "number") return "float64";
  if (type === "boolean") return "bool";
  return format === "byte" ? "[]uint8" : "string";
}

const cannotHandle = ({ kind, version }: KindName, why: string) =>
  badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
