import type { Condition, Namespace } from "@/lib/cluster/resources/types";

export interface Remaining {
  collection: { group: string; plural: string };
  finalizers: string[];
}

/** What a namespace says while it cannot go yet (pkg/controller/namespace/deletion/status_condition_utils.go). */
export function terminationConditions(
  before: Condition[],
  remaining: Remaining[],
  nowMs: number,
  failures: Error[] = [],
): Condition[] {
  const perCollection = new Map<string, number>();
  const perFinalizer = new Map<string, number>();
  for (const { collection, finalizers } of remaining) {
    const name = collection.group ? `${collection.plural}.${collection.group}` : `${collection.plural}.`;
    perCollection.set(name, (perCollection.get(name) ?? 0) + 1);
    for (const finalizer of finalizers) perFinalizer.set(finalizer, (perFinalizer.get(finalizer) ?? 0) + 1);
  }
  const list = (counts: Map<string, number>, text: (name: string, count: number) => string) =>
    [...counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => text(name, count))
      .join(", ");
  const next: Condition[] = [
    fine("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    fine(
      "NamespaceDeletionGroupVersionParsingFailure",
      "ParsedGroupVersions",
      "All legacy kube types successfully parsed",
    ),
    failures.length > 0
      ? {
          type: "NamespaceDeletionContentFailure",
          status: "True",
          reason: "ContentDeletionFailed",
          message: `Failed to delete all resource types, ${failures.length} remaining: ${failures
            .map(({ message }) => message)
            .sort()
            .join(", ")}`,
        }
      : fine(
          "NamespaceDeletionContentFailure",
          "ContentDeleted",
          "All content successfully deleted, may be waiting on finalization",
        ),
    perCollection.size > 0
      ? {
          type: "NamespaceContentRemaining",
          status: "True",
          reason: "SomeResourcesRemain",
          message: `Some resources are remaining: ${list(perCollection, (name, count) => `${name} has ${count} resource instances`)}`,
        }
      : fine("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
    perFinalizer.size > 0
      ? {
          type: "NamespaceFinalizersRemaining",
          status: "True",
          reason: "SomeFinalizersRemain",
          message: `Some content in the namespace has finalizers remaining: ${list(perFinalizer, (name, count) => `${name} in ${count} resource instances`)}`,
        }
      : fine(
          "NamespaceFinalizersRemaining",
          "ContentHasNoFinalizers",
          "All content-preserving finalizers finished",
        ),
  ];
  const stamp = new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z");
  return next.map((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    return {
      ...condition,
      lastTransitionTime: old?.status === condition.status ? (old.lastTransitionTime ?? stamp) : stamp,
    };
  });
}

function fine(type: string, reason: string, message: string): Condition {
  return { type, status: "False", reason, message };
}

export function isTerminating({ metadata, status }: Namespace): boolean {
  return metadata.deletionTimestamp !== undefined || status?.phase === "Terminating";
}
