import { isObject } from "../json";
import type { JsonSchema } from "../crd/json-schema";

/** How large values of a schema may be, as apiserver 1.34 pkg/cel/common/schemas.go estimates it. */

const requestBytesMax = 3 * 1024 * 1024;
/** Of text inside its quotes. */
const unboundedText = requestBytesMax - 2;
/** The length of a text in these formats has an end by itself. */
const formatSizes: Record<string, number> = { duration: 32, date: 12, "date-time": 30 };
/** A character may take four bytes. */
const bytesPerCharacter = 4;

/** The most characters of a text, items of a list or entries of a map; of anything else nothing is counted. */
export function sizeMaxOf(schema: JsonSchema): number {
  if (schema["x-kubernetes-int-or-string"]) return unboundedText;
  switch (schema.type) {
    case "string":
      return textMax(schema);
    case "array":
      return schema.maxItems ?? Math.floor((requestBytesMax - 2) / (itemSizeMin(schema) + 1));
    case "object":
      if (!isObject(schema.additionalProperties)) return 0;
      return schema.maxProperties ?? Math.floor((requestBytesMax - 2) / (valueSizeMin(schema) + 6));
    default:
      return 0;
  }
}

function textMax({ format = "", maxLength, enum: values }: JsonSchema): number {
  if (Object.hasOwn(formatSizes, format)) return formatSizes[format]!;
  if (maxLength !== undefined) return format === "byte" ? maxLength : maxLength * bytesPerCharacter;
  const texts = (values ?? []).filter((one): one is string => typeof one === "string");
  return texts.length > 0 ? Math.max(...texts.map((one) => Buffer.byteLength(one))) : unboundedText;
}

/** The fewest bytes that a value takes as JSON. */
function sizeMinOf(schema: JsonSchema): number {
  if (schema["x-kubernetes-int-or-string"]) return 1;
  switch (schema.type) {
    case "boolean":
      return 4;
    case "string":
    case "array":
      return 2;
    case "object":
      return (schema.required ?? []).reduce((sum, name) => {
        const property = schema.properties?.[name];
        const isGiven = property && property.default === undefined;
        return isGiven ? sum + name.length + 4 + sizeMinOf(property) : sum;
      }, 2);
    default:
      return 1;
  }
}

const itemSizeMin = ({ items }: JsonSchema) => (items && !Array.isArray(items) ? sizeMinOf(items) : 1);

const valueSizeMin = ({ additionalProperties }: JsonSchema) =>
  isObject(additionalProperties) ? sizeMinOf(additionalProperties as JsonSchema) : 1;

/** How many values of a schema fit in one request. */
export const countMaxOf = (schema: JsonSchema): number =>
  Math.floor(requestBytesMax / (sizeMinOf(schema) + 1));
