import { toDefinition, toPaths, type RawSchema, type SwaggerPart } from "@/lib/cluster/resources/schema";
import type { Registry } from "../registry/registry";
import type { JsonSchema } from "./json-schema";
import { customPathsOf, customSchemas } from "./openapi";

/**
 * What custom kinds bring to /openapi/v2; undefined without any. Made anew at each call. Follows apiextensions-apiserver
 * 1.34 pkg/controller/openapi/v2: a value that may be null or holds unknown fields is said to be anything.
 */
export function customSwagger(registry: Registry): SwaggerPart | undefined {
  const kinds = registry.kinds().filter(({ isCustom }) => isCustom);
  if (kinds.length === 0) return undefined;
  const schemas = Object.assign({}, ...kinds.map(customSchemas)) as Record<string, JsonSchema>;
  return {
    paths: toPaths(Object.assign({}, ...kinds.map(customPathsOf)) as SwaggerPart["paths"]),
    definitions: Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => [name, toDefinition(name, loose(schema) as RawSchema)]),
    ),
  };
}

function loose(schema: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties, anyOf: _anyOf, not: _not, ...rest } = schema;
  if (schema.nullable || schema["x-kubernetes-preserve-unknown-fields"]) {
    const { type: _type, required: _required, ...any } = rest;
    return any;
  }
  const list = items as JsonSchema | undefined;
  return {
    ...rest,
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([key, value]) => [key, loose(value)]),
          ),
        }
      : {}),
    ...(list ? { items: loose(list) } : {}),
    ...(typeof additionalProperties === "object"
      ? { additionalProperties: loose(additionalProperties) }
      : {}),
  };
}
