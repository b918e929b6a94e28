import { schemaOf, type Schema } from "@/lib/cluster/resources/schema";

/** How one field merges. `type` is that of its struct, its list's elements or its map. */
export interface FieldMerge {
  type?: MergeType;
  /** A map with free keys, not a struct: it is owned itself, too. */
  isMap?: boolean;
  /** Server-side apply: key fields of a list of structs, and what a key that is left out means. */
  mapKeys?: string[];
  keyDefaults?: Record<string, unknown>;
  /** Server-side apply: a list of scalars that is a set. */
  set?: boolean;
  /** Server-side apply: owned as one value. */
  atomic?: boolean;
  /** Strategic merge. */
  patch?: { merge: boolean; retainKeys: boolean; key?: string };
}

/** A struct or map; a field that it does not know merges as plain JSON: lists atomic, objects granular. */
export interface MergeType {
  field(name: string): FieldMerge | undefined;
}

const types = new WeakMap<Schema, MergeType>();
const fields = new WeakMap<Schema, FieldMerge>();

/** The type of a built-in kind. */
export function builtInType(group: string, version: string, kind: string): MergeType | undefined {
  const schema = schemaOf({ group, version, kind });
  return schema && mergeType(schema);
}

/** How objects of a schema merge; made once for each. */
export function mergeType(schema: Schema): MergeType {
  let type = types.get(schema);
  if (!type) {
    type = {
      field(name) {
        const properties = schema.properties;
        const below =
          properties && Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties;
        return below && fieldMerge(below);
      },
    };
    types.set(schema, type);
  }
  return type;
}

function fieldMerge(schema: Schema): FieldMerge {
  let merge = fields.get(schema);
  if (merge) return merge;
  const { items, properties, additionalProperties, patchStrategy, patchMergeKey, listMapKeys } = schema;
  const structure = items ?? schema;
  merge = {};
  fields.set(schema, merge);
  if (structure.properties || structure.additionalProperties) merge.type = mergeType(structure);
  if (additionalProperties && !properties) merge.isMap = true;
  if (schema.listType === "map" && listMapKeys) {
    merge.mapKeys = listMapKeys;
    for (const key of listMapKeys) {
      const value = items?.properties?.[key]?.default;
      if (value !== undefined) merge.keyDefaults = { ...merge.keyDefaults, [key]: value };
    }
  }
  if (schema.listType === "set") merge.set = true;
  if (schema.mapType === "atomic") merge.atomic = true;
  if (patchStrategy)
    merge.patch = {
      merge: patchStrategy.includes("merge"),
      retainKeys: patchStrategy.includes("retainKeys"),
      key: patchMergeKey,
    };
  return merge;
}
