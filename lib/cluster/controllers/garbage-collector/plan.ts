import type { KubeObject, OwnerReference } from "@/lib/cluster/resources/kind";

export type OwnerState = "present" | "waiting" | "absent";

export type DependentPlan =
  | { kind: "none" }
  | { kind: "delete"; policy: "Foreground" | "Background" | undefined }
  | { kind: "unlink"; owners: OwnerReference[] };

/**
 * What becomes of an object whose owners are in these states (kubernetes 1.34 pkg/controller/garbagecollector
 * attemptToDeleteItem): a living owner keeps it and the dead ones are unlinked; none left, it goes.
 */
export function planDependent(
  object: KubeObject,
  stateOf: (owner: OwnerReference) => OwnerState,
): DependentPlan {
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length === 0 || object.metadata.deletionTimestamp) return { kind: "none" };
  const states = owners.map((owner) => ({ owner, state: stateOf(owner) }));
  const solid = states.filter(({ state }) => state === "present");
  if (solid.length > 0) {
    return solid.length === states.length
      ? { kind: "none" }
      : { kind: "unlink", owners: solid.map(({ owner }) => owner) };
  }
  // An owner that waits for its dependents wants those of this one gone first.
  const isWaiting = states.some(({ state }) => state === "waiting");
  return { kind: "delete", policy: isWaiting ? "Foreground" : "Background" };
}

export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

export function isDependentOf(object: KubeObject, owner: KubeObject): boolean {
  return object.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;
}
