import type { KubeObject } from "@/lib/cluster/resources/kind";
import { rfc3339, type JsonObject } from "../json";
import { builtInType, type MergeType } from "../patch/merge-types";
import { apiVersionOf, type Registry, type RequestContext, type Resource } from "../registry/registry";
import { changedFields, FieldSet, fieldsOf } from "./field-set";
import { mergeTypeOf, type VersionViews } from "./version-views";

/** metav1.ManagedFieldsEntry. */
export interface ManagedFieldsEntry {
  manager: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  time?: string;
  fieldsType: "FieldsV1";
  fieldsV1: JsonObject;
  subresource?: string;
}

/** An entry with its set parsed. */
export interface Manager {
  entry: ManagedFieldsEntry;
  set: FieldSet;
  /** What the entry says: while `set` is this one, the entry needs not be written anew. */
  written?: FieldSet;
}

const updateManagersMax = 10;

function storedTypeOf({ stored, kind }: Resource): MergeType | undefined {
  return kind.mergeType ?? builtInType(stored.group, stored.version, stored.kind);
}

/** A stored object in the version of the request; what only a webhook can convert stays as it is stored. */
function asRequested({ kind }: Resource, object: KubeObject): KubeObject {
  return kind.storage && !kind.conversion?.isByWebhook ? kind.storage.fromStored(object) : object;
}

export function managersOf(object: KubeObject | undefined): Manager[] {
  const entries = (object?.metadata.managedFields ?? []) as ManagedFieldsEntry[];
  return entries.map((entry) => {
    const written = FieldSet.fromFieldsV1(entry.fieldsV1);
    return { entry, set: written, written };
  });
}

/** The versions that an object's managers spoke in. */
export const managerVersions = (object: KubeObject): string[] =>
  ((object.metadata.managedFields ?? []) as ManagedFieldsEntry[]).map(({ apiVersion }) => apiVersion);

/**
 * Books a create or update: fields whose value changed belong to its manager now and to no other, fields that are gone
 * belong to nobody (apimachinery 1.34 pkg/util/managedfields). Sets `next.metadata.managedFields`.
 */
export function trackUpdate(
  registry: Registry,
  resource: Resource,
  old: KubeObject | undefined,
  next: KubeObject,
  context: RequestContext,
  subresource: string,
  views: VersionViews = new Map(),
): void {
  const { metadata } = next;
  // An empty list asks for a reset; anything else that a client sends is not its business.
  const reset =
    old !== undefined && Array.isArray(metadata.managedFields) && metadata.managedFields.length === 0;
  const inStored = differences(old, next, storedTypeOf(resource));
  const seen = views.get(apiVersionOf(resource.kind));
  const view = seen instanceof Error ? undefined : seen;
  const requested = view?.next ?? asRequested(resource, next);
  const inRequested =
    requested === next
      ? inStored
      : differences(view ? view.old : old && asRequested(resource, old), requested, mergeTypeOf(resource));
  /** Undefined for a version that is no longer served, an error when nobody knows how the object looks in it. */
  const inVersion = (apiVersion: string) => {
    if (apiVersion === next.apiVersion) return inStored;
    if (apiVersion === requested.apiVersion) return inRequested;
    const other = views.get(apiVersion);
    return other && !(other instanceof Error) ? differences(other.old, other.next, other.type) : other;
  };
  const { changed } = inRequested;
  const managers = reset ? [] : managersOf(old);
  const own = (one: ManagedFieldsEntry) =>
    one.operation === "Update" &&
    one.manager === context.fieldManager &&
    one.apiVersion === requested.apiVersion &&
    (one.subresource ?? "") === subresource;
  const kept = managers
    .map(({ entry, set, written }): Manager => {
      const found = inVersion(entry.apiVersion);
      if (!found) return { entry, set: FieldSet.nothing };
      if (found instanceof Error) return { entry, set, written };
      const left = (own(entry) ? set : set.without(found.changed)).intersect(found.present);
      return { entry, set: left, written };
    })
    .filter(({ set }) => !set.isEmpty);
  if (!changed.isEmpty) {
    const entry: ManagedFieldsEntry = {
      manager: context.fieldManager,
      operation: "Update",
      apiVersion: requested.apiVersion,
      time: rfc3339(registry.clock.now()),
      fieldsType: "FieldsV1",
      fieldsV1: {},
      ...(subresource ? { subresource } : {}),
    };
    const mine = kept.findIndex((one) => own(one.entry));
    const set = mine < 0 ? changed : kept[mine]!.set.union(changed);
    if (mine >= 0) kept.splice(mine, 1);
    kept.push({ entry, set });
  }
  writeManagers(next, foldOldest(kept));
}

export function differences(old: KubeObject | undefined, next: KubeObject, type: MergeType | undefined) {
  const after = next as unknown as JsonObject;
  const present = fieldsOf(after, type);
  const changed = old ? changedFields(present, old as unknown as JsonObject, after, type) : present;
  return { changed, present };
}

export function writeManagers(object: KubeObject, managers: Manager[]): void {
  if (managers.length === 0) delete object.metadata.managedFields;
  else
    object.metadata.managedFields = managers
      .map(({ entry, set, written }) =>
        set === written ? entry : { ...entry, fieldsType: "FieldsV1" as const, fieldsV1: set.toFieldsV1() },
      )
      .sort(byOperationAndTime);
}

/** Upstream's order: applies before updates, older before newer, then by name. */
function byOperationAndTime(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  const keyOf = ({ operation, time = "", manager, apiVersion, subresource = "" }: ManagedFieldsEntry) => [
    operation,
    time,
    manager,
    apiVersion,
    subresource,
  ];
  const right = keyOf(b);
  for (const [at, left] of keyOf(a).entries()) if (left !== right[at]) return left < right[at]! ? -1 : 1;
  return 0;
}

/** More than ten updaters: the oldest become one, "ancient-changes". */
function foldOldest(managers: Manager[]): Manager[] {
  const updaters = managers.filter(({ entry }) => entry.operation === "Update");
  if (updaters.length <= updateManagersMax) return managers;
  const oldest = updaters.slice(0, updaters.length - updateManagersMax + 1);
  const set = oldest.reduce((all, one) => all.union(one.set), FieldSet.nothing);
  const ancient = { entry: { ...oldest.at(-1)!.entry, manager: "ancient-changes" }, set };
  return [ancient, ...managers.filter((one) => !oldest.includes(one))];
}
