import { kinds } from "../index";
import type { Kind } from "../kind";
import { readGenerated, type RawSchemas } from "./generated";
import { pathsOf, resourcesPath } from "./openapi-paths";
import { rootDocument, rootPaths } from "./openapi-root";
import { refPrefix, type GroupVersionKind, type RawSchema } from "./schema";

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";

const documents = new Map<string, string>();

const groups = () => [...new Set(kinds.map(({ group }) => group))].filter((group) => group !== "");

/** "api/v1", "apis/apps/v1" ...: the group versions that have a document, in discovery's order. */
export function openapiV3Paths(): string[] {
  return [...new Set(kinds.map(pathOf))];
}

/** "apis/apps", "version" ...: what else has one. */
export const openapiV3RootPaths = (): string[] => rootPaths(groups());

/** The document of one of those, as JSON text. */
export const openapiV3Root = (path: string): string | undefined => rootDocument(path, groups());

const pathOf = ({ group, version }: Kind | GroupVersionKind) =>
  group === "" ? `api/${version}` : `apis/${group}/${version}`;

/**
 * The OpenAPI v3 document of a group version ("v1", "apps/v1") as JSON text; undefined when we do not serve it. Made
 * at the first call and kept as text: a process holds one copy for all its clusters.
 */
export function openapiV3(groupVersion: string): string | undefined {
  const known = documents.get(groupVersion);
  if (known !== undefined) return known;
  const [group = "", version = ""] = groupVersion.includes("/")
    ? groupVersion.split("/")
    : ["", groupVersion];
  const served = kinds.filter((kind) => kind.group === group && kind.version === version);
  if (served.length === 0) return undefined;
  const paths = Object.assign(resourcesPath({ group, version }), ...served.map(pathsOf)) as object;
  const text = JSON.stringify({
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "v1.34.0" },
    paths,
    components: {
      schemas: closure(readGenerated("descriptions.json"), served, paths),
      securitySchemes: {
        BearerToken: {
          description: "Bearer Token authentication",
          in: "header",
          name: "authorization",
          type: "apiKey",
        },
      },
    },
  });
  documents.set(groupVersion, text);
  return text;
}

/** The types that paths speak of, and all that they refer to. */
function closure(all: RawSchemas, served: readonly Kind[], paths: object): RawSchemas {
  const optionKinds = kinds.map(({ group, version }) => `${group}/${version}`);
  const found: RawSchemas = {};
  const visit = (name: string): void => {
    const schema = all[name];
    if (!schema || found[name]) return;
    found[name] = schema;
    for (const ref of refsOf(schema)) visit(ref);
  };
  // What the paths of groups and of watches answer, which are not listed.
  visit(`${meta}.APIResourceList`);
  if (served.some(({ verbs }) => verbs?.includes("watch"))) visit(`${meta}.WatchEvent`);
  for (const [, name] of JSON.stringify(paths).matchAll(/#\/components\/schemas\/([^"]+)/g))
    visit(name ?? "");
  for (const kind of ["DeleteOptions", "WatchEvent"]) {
    const schema = found[`${meta}.${kind}`];
    if (!schema) continue;
    const gvks = [...new Set(optionKinds)].sort().map((text) => {
      const [group = "", version = ""] = text.split("/");
      return { group, kind, version };
    });
    found[`${meta}.${kind}`] = { ...schema, "x-kubernetes-group-version-kind": gvks };
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function refsOf(schema: RawSchema): string[] {
  const own = schema.$ref ? [schema.$ref.slice(refPrefix.length)] : [];
  const parts = [
    ...(schema.allOf ?? []),
    ...Object.values(schema.properties ?? {}),
    ...(schema.items ? [schema.items] : []),
    ...(schema.additionalProperties ? [schema.additionalProperties] : []),
  ];
  return [...own, ...parts.flatMap(refsOf)];
}
