import type { ResourceRef } from "@/lib/cluster/client/client";
import { kinds } from "@/lib/cluster/resources";
import type { CustomResourceDefinition } from "@/lib/cluster/resources/types";

export interface Collection extends ResourceRef {
  kind: string;
  namespaced: boolean;
}

/** Every stored kind that can be listed and deleted. */
export const collections: Collection[] = kinds
  .filter(({ verbs }) => !verbs || (verbs.includes("list") && verbs.includes("delete")))
  .map(({ group, version, plural, kind, namespaced }) => ({ group, version, plural, kind, namespaced }));

/** Where the owner that a reference names lives. */
export function collectionOf(apiVersion: string, kind: string): Collection | undefined {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  return collections.find((one) => one.group === group && one.version === version && one.kind === kind);
}

export const definitionsRef: ResourceRef = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
};

/** The collection that a CustomResourceDefinition makes, in a version that is served; undefined before it is served. */
export function customCollection({ spec, status }: CustomResourceDefinition): Collection | undefined {
  const isEstablished = status?.conditions?.some(
    ({ type, status: value }) => type === "Established" && value === "True",
  );
  const version =
    spec.versions.find(({ storage, served }) => storage && served) ??
    spec.versions.find(({ served }) => served);
  if (!isEstablished || !version) return undefined;
  const { plural, kind } = spec.names;
  return { group: spec.group, version: version.name, plural, kind, namespaced: spec.scope === "Namespaced" };
}
