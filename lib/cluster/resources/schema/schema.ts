/**
 * A structural schema as the API server uses it: to find unknown and mistyped fields, to merge patches, to own fields.
 * Built-in kinds get theirs from `schemaOf`; those of custom resources are made from their CRD in the same form.
 * Schemas of built-in kinds refer to each other in circles (JSONSchemaProps): walk along an object, never the schema.
 * Read fields by name: a spread or Object.keys of a schema misses what it has from the type that it refers to.
 */
export interface Schema {
  /** Of a named built-in type, as Go calls it: "v1.PodSpec". */
  typeName?: string;
  type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  /** "int32", "int64", "double", "byte", "date-time". */
  format?: string;
  properties?: Record<string, Schema>;
  /** Of a map: the schema of its values. */
  additionalProperties?: Schema;
  items?: Schema;
  required?: string[];
  default?: unknown;
  listType?: "atomic" | "set" | "map";
  listMapKeys?: string[];
  mapType?: "atomic" | "granular";
  /** Of strategic merge patches: "merge", "replace", "retainKeys". */
  patchStrategy?: string[];
  patchMergeKey?: string;
  /** An integer or a string. */
  intOrString?: boolean;
  /** A resource.Quantity: a string, or a number that is stored as one. */
  quantity?: boolean;
  /** Any JSON below is accepted and kept. */
  preserveUnknownFields?: boolean;
}

/** A schema as published (OpenAPI v3), or as kept in generated/shapes.json. */
export interface RawSchema {
  $ref?: string;
  allOf?: RawSchema[];
  oneOf?: RawSchema[];
  type?: Schema["type"];
  format?: string;
  description?: string;
  properties?: Record<string, RawSchema>;
  additionalProperties?: RawSchema;
  items?: RawSchema;
  required?: string[];
  default?: unknown;
  "x-kubernetes-group-version-kind"?: GroupVersionKind[];
  "x-kubernetes-list-type"?: Schema["listType"];
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-map-type"?: Schema["mapType"];
  "x-kubernetes-patch-strategy"?: string;
  "x-kubernetes-patch-merge-key"?: string;
}

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

export const refPrefix = "#/components/schemas/";
