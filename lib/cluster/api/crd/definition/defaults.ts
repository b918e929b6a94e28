import type { FieldError } from "@/lib/cluster/resources/kind";
import { invalid } from "@/lib/cluster/resources/validation/errors";
import { clone, deepEqual } from "@/lib/cluster/api/json";
import { compileRules } from "../cel-rules";
import { prune, type JsonSchema } from "../json-schema";
import { validateSchema } from "../validate-schema";

/** Defaults are values that their own schema takes (apiextensions-apiserver 1.34 schema/defaulting/validation.go). */
export function validateDefaults(schema: JsonSchema, path: string): FieldError[] {
  const errors = schema.default === undefined ? [] : ofLevel(schema, `${path}.default`);
  // Below additionalProperties a default is never applied.
  if (schema.items) errors.push(...validateDefaults(schema.items, `${path}.items`));
  for (const [name, below] of Object.entries(schema.properties ?? {}))
    errors.push(...validateDefaults(below, `${path}.properties[${name}]`));
  return errors;
}

function ofLevel(schema: JsonSchema, path: string): FieldError[] {
  const value = schema.default!;
  const errors: FieldError[] = [];
  const pruned = clone(value);
  prune(pruned, schema, "", [], schema["x-kubernetes-embedded-resource"]);
  if (!deepEqual(pruned, value)) errors.push(invalid(path, value, "must not have unknown fields"));
  const found = validateSchema(value, schema);
  const broken = found.length > 0 ? found : compileRules(schema)(value, undefined);
  return [
    ...errors,
    ...broken.map((error) => ({
      ...error,
      field: error.field === "<nil>" || error.field === "" ? path : `${path}.${error.field}`,
    })),
  ];
}
