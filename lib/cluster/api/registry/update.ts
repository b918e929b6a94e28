import type { FieldError, KubeObject } from "@/lib/cluster/resources/kind";
import {
  badRequest,
  conflict,
  fieldInvalid,
  invalid,
  methodNotSupported,
  modifiedText,
  notFound,
} from "@/lib/cluster/client/status";
import { confirmAdmission, runAdmission } from "../admission/plugin";
import { managerVersions, trackUpdate } from "../apply/managed-fields";
import { versionViews } from "../apply/version-views";
import { clone, deepEqual } from "../json";
import { Entry } from "../store/collection";
import { checkedNamespace, checkKind, storedForm } from "./create";
import {
  apiVersionOf,
  groupResource,
  prepareServed,
  served,
  type Registry,
  type RequestContext,
  type Resource,
} from "./registry";

/** Gives the object that shall be stored, in the served version; may be called again when somebody else was faster. */
export type Transform = (current: KubeObject) => KubeObject | Promise<KubeObject>;

export interface UpdateOptions {
  /** "", "status", or a subresource of the kind whose handler passes a transform. */
  subresource?: string;
  /** Runs instead of the kind's own rules of what a subresource may change. */
  restrict?(next: KubeObject, current: KubeObject): void;
  /** Runs instead of the kind's own rules of what may not change. */
  validate?(next: KubeObject, current: KubeObject): FieldError[];
  /** Server-side apply keeps its own books of who owns which field. */
  tracked?: boolean;
  preconditions?: { uid?: string; resourceVersion?: string };
}

const retriesMax = 20;

/**
 * Changes an object. Follows apiserver 1.34 pkg/registry/rest/update.go and generic/registry/store.go: an object that
 * carries a resourceVersion is written only over that version; without one the last write wins.
 */
export async function updateObject(
  registry: Registry,
  resource: Resource,
  namespace: string | undefined,
  name: string,
  transform: Transform,
  context: RequestContext,
  options: UpdateOptions = {},
): Promise<Entry> {
  const { collection } = resource;
  for (let attempt = 0; ; attempt++) {
    const current = collection.get(namespace, name);
    if (!current) throw notFound(groupResource(resource), name);
    await prepareServed(resource, [current]);
    const next = await transform(served(resource, current));
    if (collection.get(namespace, name) !== current && attempt < retriesMax) continue;
    const written = await writeOver(registry, resource, current, next, context, options);
    if (written) return written;
    if (attempt >= retriesMax) throw conflict(groupResource(resource), name);
  }
}

/** PUT: `input` replaces what is stored. */
export function replaceObject(
  registry: Registry,
  resource: Resource,
  namespace: string | undefined,
  name: string,
  input: KubeObject,
  context: RequestContext,
  options: UpdateOptions = {},
): Promise<Entry> {
  if (resource.kind.verbs && !resource.kind.verbs.includes("update"))
    throw methodNotSupported(groupResource(resource), "update");
  checkKind(resource, input);
  checkName(input, name);
  checkedNamespace(resource, namespace, input.metadata.namespace);
  if (resource.stored.requiresVersionOnUpdate && !input.metadata.resourceVersion)
    throw invalid(resource.kind, name, [
      fieldInvalid("metadata.resourceVersion", 0, "must be specified for an update"),
    ]);
  return updateObject(registry, resource, namespace, name, () => input, context, options);
}

export function checkName({ metadata }: KubeObject, name: string): void {
  if (metadata.name !== name)
    throw badRequest(
      `the name of the object (${metadata.name ?? ""}) does not match the name on the URL (${name})`,
    );
}

/** Undefined: somebody else wrote in between and nobody asked for a certain version, so try again. */
async function writeOver(
  registry: Registry,
  resource: Resource,
  current: Entry,
  input: KubeObject,
  context: RequestContext,
  { subresource = "", restrict, validate: own, tracked, preconditions }: UpdateOptions,
): Promise<Entry | undefined> {
  const { collection } = resource;
  const stored = resource.stored;
  const old = current.object;
  const { name, namespace } = old.metadata;
  const gr = groupResource(resource);
  const next = await storedForm(resource, clone(input), registry, context);
  const wanted = next.metadata.resourceVersion || preconditions?.resourceVersion;
  checkUid(gr, name, next.metadata.uid || preconditions?.uid, old.metadata.uid);
  if (wanted && wanted !== old.metadata.resourceVersion) {
    if (!/^\d+$/.test(wanted))
      throw invalid(stored, name, [
        fieldInvalid("metadata.resourceVersion", wanted, "must be specified for an update"),
      ]);
    throw conflict(gr, name, modifiedText);
  }
  carryMeta(next, old);
  if (restrict) restrict(next, old);
  else if (subresource === "status") keepAllButStatus(next, old);
  else if (stored.subresources?.status) keepStatus(next, old);

  const strategy = registry.strategyContext(context.user);
  const attributes = {
    operation: "UPDATE" as const,
    resource,
    subresource,
    namespace,
    name,
    object: next,
    old,
    context,
  };
  if (!tracked) {
    const versions = [apiVersionOf(resource.kind), ...managerVersions(old)];
    const views = await versionViews(registry, resource, old, next, versions);
    trackUpdate(registry, resource, old, next, context, subresource, views);
  }
  await runAdmission("admit", registry, attributes);
  if (subresource === "") stored.prepareForUpdate?.(next, old, strategy);
  if (old.metadata.generation !== undefined)
    next.metadata.generation =
      old.metadata.generation + (subresource !== "binding" && specChanged(next, old) ? 1 : 0);
  if (deepEqual(next, old)) return current;

  const errors = validate(resource, next, old, subresource, strategy, own);
  if (errors.length > 0) throw invalid(stored, name, errors);
  await runAdmission("validate", registry, attributes);
  if (collection.get(namespace, name) !== current) {
    if (wanted) throw conflict(gr, name, modifiedText);
    return undefined;
  }
  const clashes = (subresource === "" && stored.allocate?.(next, old, strategy)) || [];
  if (clashes.length > 0) throw invalid(stored, name, clashes);
  confirmAdmission(registry, attributes);
  if (context.dryRun) return new Entry(next, current.rv);
  return commit(registry, resource, next, current);
}

/** The last finalizer gone from an object that waits for its end removes it. */
function commit(registry: Registry, resource: Resource, next: KubeObject, current: Entry): Entry {
  const { metadata } = next;
  const specFinalizers = (next.spec as { finalizers?: string[] } | undefined)?.finalizers;
  const held =
    (metadata.finalizers?.length ?? 0) > 0 ||
    (resource.stored.plural === "namespaces" &&
      resource.stored.group === "" &&
      (specFinalizers?.length ?? 0) > 0) ||
    (metadata.deletionGracePeriodSeconds ?? 0) > 0;
  if (!metadata.deletionTimestamp || held) return registry.store.put(resource.collection, next, current);
  return registry.store.remove(resource.collection, new Entry(next, current.rv));
}

function validate(
  { stored }: Resource,
  next: KubeObject,
  old: KubeObject,
  subresource: string,
  strategy: ReturnType<Registry["strategyContext"]>,
  own: UpdateOptions["validate"],
) {
  if (subresource === "status") return stored.validateStatusUpdate?.(next, old, strategy) ?? [];
  // Upstream's binding writes the node's name past the strategy: an ordinary update may not change it.
  if (subresource === "binding") return [];
  // Upstream's ValidateXUpdate includes ValidateX; kinds list the two apart.
  const errors = [
    ...(stored.validate?.(next, strategy) ?? []),
    ...((own ?? stored.validateUpdate)?.(next, old, strategy) ?? []),
  ];
  const seen = new Set<string>();
  return errors.filter(({ field, message }) => {
    const key = `${field}\0${message}`;
    return seen.has(key) ? false : seen.add(key);
  });
}

/** What no update changes (rest.BeforeUpdate). */
function carryMeta(next: KubeObject, old: KubeObject): void {
  const { metadata } = next;
  const kept = [
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "generateName",
  ] as const;
  for (const field of kept) {
    if (old.metadata[field] === undefined) delete metadata[field];
    else (metadata as unknown as Record<string, unknown>)[field] = old.metadata[field];
  }
  metadata.resourceVersion = old.metadata.resourceVersion;
  metadata.name = old.metadata.name;
  if (old.metadata.namespace) metadata.namespace = old.metadata.namespace;
  else delete metadata.namespace;
}

function keepStatus(next: KubeObject, old: KubeObject): void {
  if (old.status === undefined) delete next.status;
  else next.status = old.status;
}

function keepAllButStatus(next: KubeObject, old: KubeObject): void {
  for (const field of Object.keys(next))
    if (!["metadata", "status", "apiVersion", "kind"].includes(field)) delete next[field];
  for (const field of Object.keys(old))
    if (!["metadata", "status", "apiVersion", "kind"].includes(field)) next[field] = old[field];
  const { ownerReferences } = old.metadata;
  if (ownerReferences) next.metadata.ownerReferences = ownerReferences;
  else delete next.metadata.ownerReferences;
}

function specChanged(next: KubeObject, old: KubeObject): boolean {
  const parts = new Set([...Object.keys(next), ...Object.keys(old)]);
  for (const part of ["metadata", "status", "apiVersion", "kind"]) parts.delete(part);
  return [...parts].some((part) => !deepEqual(next[part], old[part]));
}

function checkUid(
  gr: { group: string; plural: string },
  name: string,
  wanted: string | undefined,
  own?: string,
): void {
  if (!wanted || wanted === own) return;
  throw conflict(gr, name, `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${own}`);
}
