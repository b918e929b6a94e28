import type { Schema } from "@/lib/cluster/resources/schema";
import type { JsonSchemaProps as JsonSchema } from "@/lib/cluster/resources/types";
import { clone, isObject, type Json } from "../json";

export type { CelRule, JsonSchemaProps as JsonSchema } from "@/lib/cluster/resources/types";

/** The same as the merge code and field owners want it. */
export function toSchema(props: JsonSchema): Schema {
  const schema: Schema = {};
  if (props["x-kubernetes-int-or-string"]) schema.intOrString = true;
  else if (props.type) schema.type = props.type as Schema["type"];
  if (props.format) schema.format = props.format;
  if (props.default !== undefined) schema.default = props.default;
  if (props.properties)
    schema.properties = Object.fromEntries(
      Object.entries(props.properties).map(([name, below]) => [name, toSchema(below)]),
    );
  if (isObject(props.additionalProperties))
    schema.additionalProperties = toSchema(props.additionalProperties as JsonSchema);
  if (props.items) schema.items = toSchema(props.items);
  if (props.required) schema.required = props.required;
  if (props["x-kubernetes-list-type"]) schema.listType = props["x-kubernetes-list-type"];
  if (props["x-kubernetes-list-map-keys"]) schema.listMapKeys = props["x-kubernetes-list-map-keys"];
  if (props["x-kubernetes-map-type"]) schema.mapType = props["x-kubernetes-map-type"];
  if (props["x-kubernetes-preserve-unknown-fields"]) schema.preserveUnknownFields = true;
  return schema;
}

const embedded = new Set(["apiVersion", "kind", "metadata"]);

/** Removes what the schema does not name; `unknown` gets the paths. Changes `value` in place. */
export function prune(
  value: Json,
  schema: JsonSchema,
  path: string,
  unknown: string[],
  isRoot = false,
): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) value.forEach((item, at) => prune(item, items, `${path}[${at}]`, unknown));
    return;
  }
  if (!isObject(value)) return;
  const { properties = {}, additionalProperties } = schema;
  const keep = schema["x-kubernetes-preserve-unknown-fields"] === true || additionalProperties === true;
  const isObjectOfItsOwn = isRoot || schema["x-kubernetes-embedded-resource"] === true;
  for (const key of Object.keys(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    if (isObjectOfItsOwn && embedded.has(key)) continue;
    if (Object.hasOwn(properties, key)) prune(value[key]!, properties[key]!, at, unknown);
    else if (isObject(additionalProperties))
      prune(value[key]!, additionalProperties as JsonSchema, at, unknown);
    else if (!keep) {
      if (unknown.length < 200) unknown.push(at);
      delete value[key];
    }
  }
}

/** Fills in defaults, also where a null stands that the schema does not allow. Changes `value` in place. */
export function applyDefaults(value: Json, schema: JsonSchema): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) value.forEach((item) => applyDefaults(item, items));
    return;
  }
  if (!isObject(value)) return;
  for (const [name, below] of Object.entries(schema.properties ?? {})) {
    const present = Object.hasOwn(value, name) ? value[name] : undefined;
    if (below.default !== undefined && (present === undefined || (present === null && !below.nullable)))
      value[name] = clone(below.default);
    if (value[name] !== undefined && Object.hasOwn(value, name)) applyDefaults(value[name]!, below);
  }
  if (isObject(schema.additionalProperties))
    for (const [name, member] of Object.entries(value))
      if (!Object.hasOwn(schema.properties ?? {}, name))
        applyDefaults(member, schema.additionalProperties as JsonSchema);
}
