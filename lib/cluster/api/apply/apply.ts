import { ApiStatusError, badRequest, fieldRequired, invalid } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Target } from "../api";
import { clone, isObject, rfc3339, type Json, type JsonObject } from "../json";
import type { FieldMerge, MergeType } from "../patch/merge-types";
import { checkKind, createObject } from "../registry/create";
import type { PatchOptions } from "../registry/patch";
import type { Registry, RequestContext, Resource } from "../registry/registry";
import { updateObject } from "../registry/update";
import { inVersion, servedAs } from "../registry/versions";
import type { Entry } from "../store/collection";
import { elementName, FieldSet, fieldsOf } from "./field-set";
import {
  differences,
  managersOf,
  writeManagers,
  type ManagedFieldsEntry,
  type Manager,
} from "./managed-fields";
import { mergeTypeOf, versionViews } from "./version-views";

/**
 * Server-side apply as structured-merge-diff: what the manager says wins where nobody else owns it, a field of another
 * owner with another value is a conflict (409) unless forced, fields that the manager stopped naming and nobody else
 * owns go away. Creates the object when it is not there.
 */
export async function applyObject(
  registry: Registry,
  target: Target,
  input: KubeObject,
  context: RequestContext,
  options: PatchOptions,
): Promise<Entry> {
  const { resource, namespace, name, subresource } = target;
  if (!isObject(input)) throw badRequest("error decoding YAML: the applied object must be a map");
  if (!input.apiVersion || !input.kind) throw badRequest("invalid object type: /, Kind=");
  if (!context.fieldManager)
    throw invalid({ group: "meta.k8s.io", kind: "PatchOptions" }, "", [
      fieldRequired("fieldManager", "is required for apply patch"),
    ]);
  const config = withoutNulls(clone(input));
  checkKind(resource, config);
  if (config.metadata.managedFields) throw badRequest("metadata.managedFields must be nil");
  if (config.metadata.name && config.metadata.name !== name)
    throw badRequest(
      `the name of the object (${config.metadata.name}) does not match the name on the URL (${name})`,
    );
  config.metadata.name = name;
  const decoded = settable(options.decode ? options.decode(config) : config, target);
  const type = mergeTypeOf(resource);
  const stamp = {
    manager: context.fieldManager,
    operation: "Apply" as const,
    apiVersion: config.apiVersion,
    time: rfc3339(registry.clock.now()),
    fieldsType: "FieldsV1" as const,
    fieldsV1: {},
    ...(subresource ? { subresource } : {}),
  };

  if (!resource.collection.get(namespace, name) && !subresource) {
    options.authorizeCreate();
    const created = clone(decoded);
    writeManagers(created, [{ entry: stamp, set: fieldsOf(decoded as unknown as JsonObject, type) }]);
    return createObject(registry, resource, namespace, created, context, { tracked: true });
  }
  return updateObject(
    registry,
    resource,
    namespace,
    name,
    (current) => merged(registry, resource, current, decoded, stamp, options),
    context,
    { subresource, ...options.update, tracked: true },
  );
}

/** What a write of a subresource cannot set is neither merged nor owned: the strategies' reset fields. */
function settable(config: KubeObject, { resource, subresource }: Target): KubeObject {
  const hasStatus = resource.stored.subresources?.status === true;
  const kept = (name: string) => {
    if (["apiVersion", "kind", "metadata"].includes(name)) return true;
    return subresource === "status" ? name === "status" : name !== "status" || !hasStatus;
  };
  return Object.fromEntries(Object.entries(config).filter(([name]) => kept(name))) as unknown as KubeObject;
}

async function merged(
  registry: Registry,
  resource: Resource,
  live: KubeObject,
  config: KubeObject,
  stamp: ManagedFieldsEntry,
  { force, seenAs }: PatchOptions,
): Promise<KubeObject> {
  const type = mergeTypeOf(resource);
  const managers = managersOf(live);
  const isOwn = ({ entry }: Manager) =>
    entry.operation === "Apply" &&
    entry.manager === stamp.manager &&
    (entry.subresource ?? "") === (stamp.subresource ?? "");
  const mine = managers.find(isOwn);
  const others = managers.filter(
    (one) => one !== mine && servedAs(registry, resource, one.entry.apiVersion) !== undefined,
  );
  const configSet = fieldsOf(config as unknown as JsonObject, type);
  const liveJson = live as unknown as JsonObject;
  let next = mergeStruct(liveJson, config as unknown as JsonObject, type);

  const own = { entry: stamp, set: configSet };
  if (mine) next = await withoutDropped(registry, resource, next, mine, own, others);
  const object = next as unknown as KubeObject;
  const here = differences(live, object, type);
  const changed = here.changed.intersect(configSet);
  const versions = others.map(({ entry }) => entry.apiVersion);
  const views = await versionViews(registry, resource, live, object, versions);
  const left = others.map((one) => {
    const view = views.get(one.entry.apiVersion);
    if (view instanceof Error) throw view;
    const there = view ? differences(view.old, view.next, view.type) : { changed, present: here.present };
    return { one, conflict: one.set.intersect(there.changed), present: there.present };
  });
  const conflicts = left.filter(({ conflict }) => !conflict.isEmpty);
  if (conflicts.length > 0 && !force) throw applyConflict(conflicts, seenAs);

  object.metadata = { ...object.metadata };
  const version = config.metadata.resourceVersion;
  if (version) object.metadata.resourceVersion = version;
  else delete object.metadata.resourceVersion;
  const kept = left
    .map(({ one, conflict, present }) => ({ ...one, set: one.set.without(conflict).intersect(present) }))
    .filter(({ set }) => !set.isEmpty);
  const untouched =
    mine?.set.equals(configSet) && changed.isEmpty && mine.entry.apiVersion === stamp.apiVersion;
  if (untouched) own.entry = mine!.entry;
  const at = mine ? Math.min(managers.indexOf(mine), kept.length) : 0;
  writeManagers(object, untouched ? [...kept.slice(0, at), own, ...kept.slice(at)] : [own, ...kept]);
  return object;
}

/**
 * Without what the manager named before and names no more. It goes in the version that he spoke then; what somebody else
 * owns in any version comes back (structured-merge-diff merge/update.go: prune, addBackOwnedItems).
 */
async function withoutDropped(
  registry: Registry,
  resource: Resource,
  next: JsonObject,
  before: Manager,
  now: Manager,
  others: Manager[],
): Promise<JsonObject> {
  const spoken = before.entry.apiVersion;
  const isSame = spoken === now.entry.apiVersion;
  const dropped = isSame ? before.set.without(now.set) : before.set;
  if (dropped.isEmpty) return next;
  const owned = new Map<string, FieldSet>([[spoken, FieldSet.nothing]]);
  for (const { entry, set } of isSame ? others : [...others, now])
    owned.set(entry.apiVersion, set.union(owned.get(entry.apiVersion) ?? FieldSet.nothing));
  const as = async (object: JsonObject, version: Resource) =>
    (await inVersion(registry, resource, object as unknown as KubeObject, version)) as unknown as JsonObject;
  let result = next;
  for (const [apiVersion, set] of owned) {
    const version = servedAs(registry, resource, apiVersion);
    if (!version) return next;
    const type = mergeTypeOf(version);
    const whole = await as(next, version);
    const gone =
      apiVersion === spoken
        ? dropped
        : fieldsOf(whole, type).without(fieldsOf(await as(result, version), type));
    if (!gone.isEmpty) result = prune(whole, gone, set, { type }) as JsonObject;
  }
  return as(result, resource);
}

function mergeStruct(live: JsonObject, config: JsonObject, type: MergeType | undefined): JsonObject {
  const result: JsonObject = { ...live };
  for (const [name, value] of Object.entries(config)) {
    const present = Object.hasOwn(live, name) ? live[name] : undefined;
    Object.defineProperty(result, name, {
      value: mergeField(present, value, type?.field(name)),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return result;
}

function mergeField(live: Json | undefined, value: Json, field: FieldMerge | undefined): Json {
  if (isObject(value))
    return isObject(live) && !field?.atomic ? mergeStruct(live, value, field?.type) : clone(value);
  if (!Array.isArray(value) || !Array.isArray(live) || !(field?.mapKeys || field?.set)) return clone(value);
  return mergeLists(live, value, field);
}

/** Elements that only the server has stay where they were among those that both have; new ones come after. */
function mergeLists(live: Json[], applied: Json[], field: FieldMerge): Json[] {
  const nameOf = (item: Json) => elementName(item, field);
  const mine = new Map(applied.map((item) => [nameOf(item), item]));
  const theirs = new Map(live.map((item) => [nameOf(item), item]));
  const shared = [...mine.keys()].filter((name) => theirs.has(name));
  const result: Json[] = [];
  const taken = new Set<string>();
  const take = (name: string) => {
    const [item, present] = [mine.get(name)!, theirs.get(name)];
    taken.add(name);
    if (shared[0] === name) shared.shift();
    result.push(isObject(item) && isObject(present) ? mergeStruct(present, item, field.type) : clone(item));
  };
  const [left, right] = [live.map(nameOf), applied.map(nameOf)];
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    const name = left[l];
    if (name !== undefined && name === right[r] && !taken.has(name)) {
      take(name);
      l++;
      r++;
    } else if (name !== undefined && !mine.has(name)) result.push(live[l++]!);
    // Of those that both have, the order of the applied ones holds.
    else if (name !== undefined && (taken.has(name) || (r < right.length && shared[0] !== name))) l++;
    else if (r < right.length) {
      const next = right[r++]!;
      if (!taken.has(next)) take(next);
    } else l++;
  }
  return result;
}

/** Takes away what `dropped` names, except where somebody else owns it or something in it. */
function prune(value: Json, dropped: FieldSet, others: FieldSet | undefined, field: FieldMerge): Json {
  if (isObject(value)) {
    const result: JsonObject = { ...value };
    for (const [name, child] of dropped.children) {
      const key = name.slice(2);
      if (!name.startsWith("f:") || !Object.hasOwn(result, key)) continue;
      const owned = others?.children.get(name);
      if (child.member && !owned) delete result[key];
      else result[key] = prune(result[key]!, child, owned, field.type?.field(key) ?? {});
    }
    return result;
  }
  if (!Array.isArray(value)) return value;
  return value.flatMap((item) => {
    const name = elementName(item, field);
    const child = dropped.children.get(name);
    if (!child) return [item];
    const owned = others?.children.get(name);
    if (child.member && !owned) return [];
    return [prune(item, child, owned, { type: field.type })];
  });
}

function applyConflict(
  conflicts: { one: Manager; conflict: FieldSet }[],
  seenAs: PatchOptions["seenAs"],
): ApiStatusError {
  const found = conflicts.flatMap(({ one, conflict }) =>
    [...conflict.paths()].map((path) => ({
      manager: describe({ ...one.entry, ...seenAs }),
      path: seenAs?.path ?? path,
    })),
  );
  const causes = found.map(({ manager, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${manager}`,
    field: path,
  }));
  const lines = [...new Set(found.map(({ manager }) => manager))]
    .sort()
    .flatMap((manager) => [
      `conflicts with ${manager}:`,
      ...found.filter((one) => one.manager === manager).map(({ path }) => `- ${path}`),
    ]);
  const message =
    found.length === 1
      ? `Apply failed with 1 conflict: conflict with ${found[0]!.manager}: ${found[0]!.path}`
      : `Apply failed with ${found.length} conflicts: ${lines.join("\n")}`;
  return new ApiStatusError(409, "Conflict", message, { causes });
}

function describe({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string {
  const name =
    JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : "");
  return operation === "Update" ? `${name} using ${apiVersion}` : name;
}

function withoutNulls<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutNulls) as T;
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(entries.map(([key, member]) => [key, withoutNulls(member)])) as T;
}
