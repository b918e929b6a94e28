import { openapiV3 } from "@/lib/cluster/resources/schema";
import { pathsOf } from "@/lib/cluster/resources/schema/openapi-paths";
import type { Registry, ServedKind } from "../registry/registry";
import type { JsonSchema } from "./json-schema";

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const ref = (name: string) => `#/components/schemas/${name}`;

const documents = new WeakMap<Registry, { generation: number; texts: Map<string, string> }>();

/** Group versions that custom resources bring: "apis/gateway.networking.k8s.io/v1". */
export function customPaths(registry: Registry): { path: string }[] {
  return [...byPath(registry).keys()].map((path) => ({ path }));
}

/** The OpenAPI v3 document of a custom group version, as JSON text; made once per set of kinds. */
export function customDocument(registry: Registry, path: string): string | undefined {
  let cache = documents.get(registry);
  if (!cache || cache.generation !== registry.generation) {
    cache = { generation: registry.generation, texts: new Map() };
    documents.set(registry, cache);
  }
  const known = cache.texts.get(path);
  if (known !== undefined) return known;
  const kinds = byPath(registry).get(path);
  if (!kinds) return undefined;
  const text = JSON.stringify({
    openapi: "3.0.0",
    info: { title: "Kubernetes CRD Swagger", version: "v0.1.0" },
    paths: Object.assign({}, ...kinds.map(customPathsOf)) as object,
    components: { schemas: Object.assign(metaSchemas(), ...kinds.map(customSchemas)) as object },
  });
  cache.texts.set(path, text);
  return text;
}

function byPath(registry: Registry): Map<string, ServedKind[]> {
  const found = new Map<string, ServedKind[]>();
  for (const kind of registry.kinds()) {
    if (!kind.isCustom) continue;
    const path = `apis/${kind.group}/${kind.version}`;
    found.set(path, [...(found.get(path) ?? []), kind]);
  }
  return found;
}

/** "io.k8s.networking.gateway.v1.Gateway" of gateway.networking.k8s.io/v1. */
const schemaName = ({ group, version, kind }: ServedKind) =>
  `${group.split(".").reverse().join(".")}.${version}.${kind}`;

export function customSchemas(kind: ServedKind): Record<string, object> {
  const { group, version, kind: name } = kind;
  const schema = (kind.openApiSchema ?? {}) as JsonSchema;
  const gvk = (kindName: string) => ({
    "x-kubernetes-group-version-kind": [{ group, kind: kindName, version }],
  });
  const described = (text: string) => ({ description: text, type: "string" });
  return {
    [schemaName(kind)]: {
      ...schema,
      properties: {
        ...schema.properties,
        apiVersion:
          schema.properties?.apiVersion ??
          described("The version of the API that this object is written in."),
        kind: schema.properties?.kind ?? described("The kind of this object."),
        metadata: {
          description: "Standard object's metadata.",
          allOf: [{ $ref: ref(`${meta}.ObjectMeta`) }],
        },
      },
      ...gvk(name),
    },
    [`${schemaName(kind)}List`]: {
      description: `${name}List is a list of ${name}`,
      type: "object",
      required: ["items"],
      properties: {
        apiVersion: described("The version of the API that this list is written in."),
        kind: described("The kind of this list."),
        metadata: { description: "Standard list metadata.", allOf: [{ $ref: ref(`${meta}.ListMeta`) }] },
        items: {
          description: `List of ${kind.plural}.`,
          type: "array",
          items: { $ref: ref(schemaName(kind)) },
        },
      },
      ...gvk(kind.listKind ?? `${name}List`),
    },
  };
}

interface PathItem {
  patch?: { requestBody?: { content?: Record<string, object> } };
}

/** As of a built-in kind, but for strategic merge patches: clients decide by this document whether to send one. */
export function customPathsOf(kind: ServedKind): object {
  const all = structuredClone(pathsOf(kind)) as Record<string, PathItem>;
  for (const { patch } of Object.values(all))
    delete patch?.requestBody?.content?.["application/strategic-merge-patch+json"];
  return all;
}

/** The types of metadata, from the document of a built-in group that has them all. */
function metaSchemas(): Record<string, object> {
  const document = JSON.parse(openapiV3("v1") ?? "{}") as {
    components?: { schemas?: Record<string, object> };
  };
  return Object.fromEntries(
    Object.entries(document.components?.schemas ?? {}).filter(([name]) => name.startsWith(meta)),
  );
}
