import type { KubeObject, OwnerReference } from "@/lib/cluster/resources/kind";

export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

/**
 * What is known of an owner that a reference names: `solid` is there; `waiting` is deleted in the foreground, after its
 * dependents; `dangling` is gone, never was, or has another uid; `unknown` is of a kind that is not served; `invalid` is
 * of a namespaced kind, while the dependent is in no namespace.
 */
export type OwnerState = "solid" | "waiting" | "dangling" | "unknown" | "invalid";

export type DependentPlan =
  | { kind: "none" }
  /** Nothing can be said before the kind of an owner is served. */
  | { kind: "wait" }
  | { kind: "unlink"; owners: OwnerReference[] }
  /** `unblock`: its references must stop to block first, or a circle of owners would wait for itself. */
  | { kind: "delete"; policy: "Orphan" | "Foreground" | "Background"; unblock: boolean };

/**
 * What becomes of an object whose owners are in these states (kubernetes 1.34 pkg/controller/garbagecollector
 * attemptToDeleteItem): a living owner keeps it and the others are unlinked; none left, it goes.
 */
export function planDependent(
  object: KubeObject,
  stateOf: (owner: OwnerReference) => OwnerState,
  dependents: KubeObject[] = [],
): DependentPlan {
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length === 0 || object.metadata.deletionTimestamp) return { kind: "none" };
  const states = owners.map((owner) => ({ owner, state: stateOf(owner) }));
  const some = (wanted: OwnerState) => states.some(({ state }) => state === wanted);
  if (some("invalid")) return { kind: "none" };
  if (some("unknown")) return { kind: "wait" };
  const solid = states.filter(({ state }) => state === "solid").map(({ owner }) => owner);
  if (solid.length > 0)
    return solid.length === owners.length ? { kind: "none" } : { kind: "unlink", owners: solid };
  // An owner that waits for its dependents wants those of this one gone first.
  if (some("waiting") && dependents.length > 0)
    return { kind: "delete", policy: "Foreground", unblock: dependents.some(deletesInForeground) };
  return { kind: "delete", policy: policyOf(object), unblock: false };
}

function policyOf({ metadata: { finalizers = [] } }: KubeObject): "Orphan" | "Foreground" | "Background" {
  if (finalizers.includes(orphanFinalizer)) return "Orphan";
  return finalizers.includes(foregroundFinalizer) ? "Foreground" : "Background";
}

export type OwnerPlan =
  | { kind: "none" }
  /** The dependents lose their reference, then the owner its finalizer. */
  | { kind: "orphan"; dependents: KubeObject[] }
  /** Nobody blocks any more. */
  | { kind: "release" }
  /** Those are looked at first; each that goes makes its owner due again. */
  | { kind: "collect"; dependents: KubeObject[] };

/** What an object that is being deleted asks for (processTransitions, processDeletingDependentsItem). */
export function planOwner(object: KubeObject, dependents: KubeObject[]): OwnerPlan {
  const { deletionTimestamp, finalizers = [], uid } = object.metadata;
  if (!deletionTimestamp) return { kind: "none" };
  if (finalizers.includes(orphanFinalizer)) return { kind: "orphan", dependents };
  if (!finalizers.includes(foregroundFinalizer)) return { kind: "none" };
  const blocks = ({ metadata }: KubeObject) =>
    metadata.ownerReferences?.some((one) => one.uid === uid && one.blockOwnerDeletion);
  if (!dependents.some(blocks)) return { kind: "release" };
  return { kind: "collect", dependents: dependents.filter((one) => !one.metadata.deletionTimestamp) };
}

export function deletesInForeground({ metadata }: KubeObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined && (metadata.finalizers?.includes(foregroundFinalizer) ?? false)
  );
}

/** As upstream's event has it of a reference to an owner that is in another namespace. */
export function invalidNamespaceMessage(namespace: string | undefined, owner: OwnerReference): string {
  const where = namespace ?? "";
  const { apiVersion, kind, name, uid } = owner;
  return `ownerRef [${apiVersion}/${kind}, namespace: ${where}, name: ${name}, uid: ${uid}] does not exist in namespace "${where}"`;
}
