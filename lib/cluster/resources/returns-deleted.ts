import type { Kind } from "./kind";

const plurals: Record<string, string[]> = {
  "": [
    "persistentvolumes",
    "persistentvolumeclaims",
    "pods",
    "podtemplates",
    "resourcequotas",
    "serviceaccounts",
    "services",
  ],
  "resource.k8s.io": ["deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices"],
  "storage.k8s.io": [
    "csidrivers",
    "csinodes",
    "storageclasses",
    "volumeattachments",
    "volumeattributesclasses",
  ],
};

/** Kinds whose deletion answers with the object that is gone (ReturnDeletedObject); of all others it is a Status. */
export function returnsDeletedObject({ group, plural }: Pick<Kind, "group" | "plural">): boolean {
  return Object.hasOwn(plurals, group) && plurals[group]!.includes(plural);
}
