import type { ResourceRef } from "@/lib/cluster/client/client";

/** Calico's objects as its manifest declares them. */
export const calicoVersion = "crd.projectcalico.org/v1";

export function calicoRef(plural: string): ResourceRef {
  return { group: "crd.projectcalico.org", version: "v1", plural };
}
