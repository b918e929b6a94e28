import { isObject, type Json } from "../json";
import type { JsonSchema } from "../crd/json-schema";

/** JSON as CEL sees it: whole numbers are ints unless the schema says number. */
export function toCel(value: Json | undefined, schema?: JsonSchema): unknown {
  if (typeof value === "number")
    return Number.isInteger(value) && schema?.type !== "number" ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item) => toCel(item, schema?.items));
  if (!isObject(value)) return value;
  const { properties, additionalProperties } = schema ?? {};
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => {
        const below =
          properties && Object.hasOwn(properties, name)
            ? properties[name]
            : isObject(additionalProperties)
              ? (additionalProperties as JsonSchema)
              : undefined;
        return [name, toCel(member, below)];
      }),
  );
}
