import { isObject } from "@/lib/cluster/api/json";
import type { JsonSchema } from "../json-schema";

const token = /\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\]/y;

/** The schema that a path of the form .a.b['c'] leads to; a text says why it leads nowhere (ValidFieldPath). */
export function findField(
  schema: JsonSchema,
  path: string,
  { arrayNotation = true } = {},
): { schema: JsonSchema; root: string } | string {
  let at = schema;
  let root = "";
  token.lastIndex = 0;
  if (!arrayNotation && path.includes("[")) return "array notation is not allowed";
  while (token.lastIndex < path.length) {
    const from = token.lastIndex;
    const match = token.exec(path);
    if (!match)
      return path[from] === "." || path[from] === "["
        ? "unexpected end of JSON path"
        : `expected [ or . but got: ${/^[^.[\]]+|./.exec(path.slice(from))![0]}`;
    const name = match[1] ?? match[2]!.replace(/\\(.)/g, "$1");
    root ||= name;
    const { properties, additionalProperties } = at;
    if (properties && Object.hasOwn(properties, name)) at = properties[name]!;
    else if (!properties && isObject(additionalProperties)) at = additionalProperties as JsonSchema;
    else return "does not refer to a valid field";
  }
  return { schema: at, root };
}
