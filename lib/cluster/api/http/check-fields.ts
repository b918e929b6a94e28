import { badRequest } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { schemaOf, type Schema } from "@/lib/cluster/resources/schema";
import { isObject, type Json } from "../json";
import type { RequestContext, Resource } from "../registry/registry";
import { goType } from "./body";

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
  const schema = schemaOf(kind);
  if (!schema) return object;
  const findings: Findings = { unknown: [] };
  walk(schema, object as unknown as Json, "", findings, kind);
  report(findings.unknown, context, (why) =>
    badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${why}`),
  );
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
  if (schema) walk(schema, object.metadata as unknown as Json, "metadata", { unknown }, kind);
}

interface KindName {
  kind: string;
  version: string;
}

/** Drops unknown fields; numbers given for quantities become strings, as upstream's decoder makes them. */
function walk(schema: Schema, value: Json, path: string, findings: Findings, kind: KindName): Json {
  if (value === null || value === undefined || schema.preserveUnknownFields) return value;
  if (schema.intOrString) {
    if (typeof value !== "string" && typeof value !== "number")
      throw wrongType(kind, value, path, "intstr.IntOrString");
    return value;
  }
  if (schema.quantity) {
    if (typeof value === "number") return String(value);
    if (typeof value !== "string") throw wrongType(kind, value, path, "resource.Quantity");
    return value;
  }
  const { properties, additionalProperties, items, type } = schema;
  if (properties || additionalProperties) {
    if (!isObject(value)) throw wrongType(kind, value, path, properties ? "struct" : "map");
    for (const key of Object.keys(value)) {
      const below = properties && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
      const at =
        path === "" ? key : additionalProperties && !properties ? `${path}[${key}]` : `${path}.${key}`;
      // A null is a field left out, as in Go's structs.
      if (below && value[key] === null && !below.preserveUnknownFields) {
        if (below === additionalProperties) value[key] = zero(below);
        else delete value[key];
      } else if (below) value[key] = walk(below, value[key]!, at, findings, kind);
      else {
        if (findings.unknown.length < findingsMax) findings.unknown.push(at);
        delete value[key];
      }
    }
    return value;
  }
  if (items || type === "array") {
    if (!Array.isArray(value)) throw wrongType(kind, value, path, "slice");
    if (items)
      value.forEach((item, at) => {
        const present = item === null ? zero(items) : item;
        value[at] = walk(items, present, `${path}[${at}]`, findings, kind);
      });
    return value;
  }
  if (type === "string" && typeof value !== "string") throw wrongType(kind, value, path, "string");
  if (type === "boolean" && typeof value !== "boolean") throw wrongType(kind, value, path, "bool");
  if (type === "integer" && !Number.isInteger(value))
    throw wrongType(kind, value, path, schema.format ?? "int64");
  if (type === "number" && typeof value !== "number") throw wrongType(kind, value, path, "float64");
  return value;
}

/** What Go makes of a null in a list or map. */
function zero({ type, quantity, intOrString, properties, additionalProperties, items }: Schema): Json {
  if (properties || additionalProperties) return {};
  if (items) return [];
  if (quantity) return "0";
  if (intOrString || type === "integer" || type === "number") return 0;
  if (type === "boolean") return false;
  return type === "string" ? "" : null;
}

function wrongType({ kind, version }: KindName, value: Json, path: string, wanted: string): Error {
  const field = path.replace(/\[[^\]]*\]/g, "");
  const got = typeof value === "number" && wanted.startsWith("int") ? `number ${value}` : goType(value);
  return badRequest(
    `${kind} in version "${version}" cannot be handled as a ${kind}: json: cannot unmarshal ${got} into Go struct field ${kind}.${field} of type ${wanted}`,
  );
}
