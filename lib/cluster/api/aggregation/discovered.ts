import { isObject } from "../json";
import type { DiscoveredResource } from "./remote-service";

interface Listed {
  name: string;
  singularName?: string;
  namespaced?: boolean;
  kind?: string;
  group?: string;
  version?: string;
  verbs?: string[];
  shortNames?: string[];
  categories?: string[];
}

/** An APIResourceList as aggregated discovery has it; throws for anything else. */
export function discoveredResources(list: unknown, group: string, version: string): DiscoveredResource[] {
  if (!isObject(list) || !Array.isArray(list.resources)) throw new Error("the answer is no APIResourceList");
  const listed = (list.resources as unknown[]).filter(
    (one): one is Listed & Record<string, never> => isObject(one) && typeof one.name === "string",
  );
  const kindOf = (one: Listed) => ({
    group: one.group ?? group,
    version: one.version ?? version,
    kind: one.kind ?? "",
  });
  return listed
    .filter(({ name }) => !name.includes("/"))
    .map((one) => {
      const subresources = listed
        .filter(({ name }) => name.startsWith(`${one.name}/`))
        .map((sub) => ({
          subresource: sub.name.slice(one.name.length + 1),
          responseKind: kindOf(sub),
          verbs: sub.verbs ?? [],
        }));
      return {
        resource: one.name,
        responseKind: kindOf(one),
        scope: one.namespaced ? "Namespaced" : "Cluster",
        singularResource: one.singularName ?? "",
        verbs: one.verbs ?? [],
        ...(one.shortNames ? { shortNames: one.shortNames } : {}),
        ...(one.categories ? { categories: one.categories } : {}),
        ...(subresources.length > 0 ? { subresources } : {}),
      };
    });
}
