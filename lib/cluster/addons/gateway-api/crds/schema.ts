/** Structural schemas in few words. Every builder takes the description first. */
export type Schema = Record<string, unknown>;

export const text = (description: string, more: Schema = {}): Schema => ({
  type: "string",
  description,
  ...more,
});

export const integer = (
  description: string,
  minimum: number,
  maximum: number,
  more: Schema = {},
): Schema => ({
  type: "integer",
  format: "int32",
  description,
  minimum,
  maximum,
  ...more,
});

/** Names with a "!" are required: `{ "name!": text("...") }`. */
export function object(description: string, fields: Record<string, Schema>, more: Schema = {}): Schema {
  const names = Object.keys(fields);
  const required = names.filter((name) => name.endsWith("!")).map((name) => name.slice(0, -1));
  return {
    type: "object",
    description,
    properties: Object.fromEntries(names.map((name) => [name.replace(/!$/, ""), fields[name]])),
    ...(required.length > 0 ? { required } : {}),
    ...more,
  };
}

export const list = (description: string, items: Schema, maxItems: number, more: Schema = {}): Schema => ({
  type: "array",
  description,
  items,
  maxItems,
  ...more,
});

export const byKey = (...keys: string[]): Schema => ({
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": keys,
});

export const rules = (...pairs: [rule: string, message: string][]): Schema => ({
  "x-kubernetes-validations": pairs.map(([rule, message]) => ({ rule, message })),
});
