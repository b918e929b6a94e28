import type { Kind, Subresource } from "../kind";

/** What discovery says of a kind; the hooks (columns, defaults, validation ...) live in the kind's own folder. */
export type KindFacts = Pick<
  Kind,
  | "group"
  | "version"
  | "kind"
  | "plural"
  | "singular"
  | "namespaced"
  | "shortNames"
  | "categories"
  | "verbs"
  | "deprecationWarning"
  | "subresources"
  | "otherSubresources"
>;

export type FactOptions = Partial<Omit<KindFacts, "group" | "version" | "kind" | "plural" | "namespaced">>;

/** The verbs of a stored kind, in the order that discovery lists them. */
export const storedVerbs = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];

/** One line a kind: `facts("apps", "v1")(true, "Deployment", "deployments", {...})`. */
export function facts(group: string, version: string) {
  return (namespaced: boolean, kind: string, plural: string, options: FactOptions = {}): KindFacts => ({
    group,
    version,
    kind,
    plural,
    singular: kind.toLowerCase(),
    namespaced,
    verbs: storedVerbs,
    ...options,
  });
}

export const status = { status: true };
export const statusAndScale = { status: true, scale: true };

/** Verbs of the subresources that relay to another server. */
export const proxyVerbs = ["create", "delete", "get", "patch", "update"];

export function subresource(name: string, kind: string, verbs: string[], groupVersion?: string): Subresource {
  const [group, version] = groupVersion?.split("/") ?? [];
  return { name, kind, verbs, ...(group ? { group, version } : {}) };
}
