import { readGenerated, type RawSchemas } from "./generated";
import { refPrefix, type GroupVersionKind, type RawSchema, type Schema } from "./schema";

let shapes: RawSchemas | undefined;
let nameOfKind: Map<string, string> | undefined;
const resolved = new Map<string, Schema>();

const keyOf = ({ group, version, kind }: GroupVersionKind) => `${group}/${version}/${kind}`;

/**
 * The schema of a built-in kind; undefined when there is none of that name. Read from disk at the first call of the
 * process and shared by all its clusters; every level is made when it is first looked at. Do not change what it gives.
 */
export function schemaOf(gvk: GroupVersionKind): Schema | undefined {
  const name = schemaName(gvk);
  return name === undefined ? undefined : schemaNamed(name);
}

/** "io.k8s.api.core.v1.Pod" for the Pod of v1. */
export function schemaName(gvk: GroupVersionKind): string | undefined {
  shapes ??= readGenerated("shapes.json");
  nameOfKind ??= new Map(
    Object.entries(shapes).flatMap(([name, shape]) =>
      (shape["x-kubernetes-group-version-kind"] ?? []).map((kind) => [keyOf(kind), name] as const),
    ),
  );
  return nameOfKind.get(keyOf(gvk));
}

function schemaNamed(name: string): Schema {
  let schema = resolved.get(name);
  if (!schema) {
    shapes ??= readGenerated("shapes.json");
    schema = structure(shapes[name] ?? {}, name);
    resolved.set(name, schema);
  }
  return schema;
}

function structure(raw: RawSchema, name?: string): Schema {
  const ref = raw.$ref ?? raw.allOf?.[0]?.$ref;
  const schema: Schema = ref ? inherit(schemaNamed(ref.slice(refPrefix.length))) : ownShape(raw, name);
  if (raw.default !== undefined) schema.default = raw.default;
  if (raw["x-kubernetes-list-type"]) schema.listType = raw["x-kubernetes-list-type"];
  if (raw["x-kubernetes-list-map-keys"]) schema.listMapKeys = raw["x-kubernetes-list-map-keys"];
  if (raw["x-kubernetes-map-type"]) schema.mapType = raw["x-kubernetes-map-type"];
  if (raw["x-kubernetes-patch-strategy"])
    schema.patchStrategy = raw["x-kubernetes-patch-strategy"].split(",");
  if (raw["x-kubernetes-patch-merge-key"]) schema.patchMergeKey = raw["x-kubernetes-patch-merge-key"];
  return schema;
}

/** The referred type, open for what the field adds to it; the type's own levels stay shared. */
function inherit(type: Schema): Schema {
  return Object.create(type) as Schema;
}

function ownShape(raw: RawSchema, name = ""): Schema {
  const schema: Schema = {};
  if (name.endsWith(".Quantity")) return { quantity: true };
  if (name.endsWith(".IntOrString")) return { intOrString: true };
  if (name) schema.typeName = name.split(".").slice(-2).join(".");
  if (raw.type) schema.type = raw.type;
  if (raw.format) schema.format = raw.format;
  if (raw.required) schema.required = raw.required;
  const { properties, items, additionalProperties } = raw;
  if (properties) {
    lazy(schema, "properties", () => {
      const made = {} as Record<string, Schema>;
      for (const [key, value] of Object.entries(properties)) lazy(made, key, () => structure(value));
      return made;
    });
  }
  if (items) lazy(schema, "items", () => structure(items));
  if (additionalProperties) lazy(schema, "additionalProperties", () => structure(additionalProperties));
  const open = raw.type === undefined || (raw.type === "object" && !properties && !additionalProperties);
  if (open) schema.preserveUnknownFields = true;
  return schema;
}

/** A property that is worked out when it is first read. */
function lazy<T extends object, K extends keyof T>(target: T, key: K, make: () => T[K]): void {
  Object.defineProperty(target, key, {
    enumerable: true,
    configurable: true,
    get() {
      const value = make();
      Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
      return value;
    },
  });
}
