import type { KubeObject } from "@/lib/cluster/resources/kind";
import { conflict, methodNotSupported, notFound } from "@/lib/cluster/client/status";
import { runAdmission } from "../admission/plugin";
import { rfc3339 } from "../json";
import { Entry } from "../store/collection";
import { groupResource, type Registry, type RequestContext, type Resource } from "./registry";

export type PropagationPolicy = "Foreground" | "Background" | "Orphan";

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: PropagationPolicy;
  preconditions?: { uid?: string; resourceVersion?: string };
  /** Deprecated form of propagationPolicy. */
  orphanDependents?: boolean;
}

export interface DeleteResult {
  entry: Entry;
  /** False: finalizers or a grace period hold the object; it carries a deletionTimestamp. */
  gone: boolean;
}

/**
 * Follows apiserver 1.34 pkg/registry/rest/delete.go and generic/registry/store.go: graceful deletion where the kind
 * has a grace period, finalizers for the propagation policy, removal when nothing holds the object.
 */
export async function deleteObject(
  registry: Registry,
  resource: Resource,
  namespace: string | undefined,
  name: string,
  context: RequestContext,
  options: DeleteOptions = {},
): Promise<DeleteResult> {
  const { collection } = resource;
  const gr = groupResource(resource);
  if (resource.kind.verbs && !resource.kind.verbs.includes("delete")) throw methodNotSupported(gr, "delete");
  let current = collection.get(namespace, name);
  if (!current) throw notFound(gr, name);
  const attributes = {
    operation: "DELETE" as const,
    resource,
    subresource: "",
    namespace,
    name,
    object: undefined,
    old: current.object,
    context,
  };
  await runAdmission("admit", registry, attributes);
  await runAdmission("validate", registry, attributes);
  current = collection.get(namespace, name);
  if (!current) throw notFound(gr, name);
  checkPreconditions(gr, current.object, options.preconditions);

  const next = marked(registry, resource, current.object, options);
  if (next === "gone") {
    const entry = context.dryRun ? current : registry.store.remove(collection, current);
    return { entry, gone: true };
  }
  if (next === current.object || context.dryRun) return { entry: new Entry(next, current.rv), gone: false };
  return { entry: registry.store.put(collection, next, current), gone: false };
}

/** The object with what its deletion leaves on it, or "gone" when nothing holds it. */
function marked(
  registry: Registry,
  resource: Resource,
  object: KubeObject,
  options: DeleteOptions,
): KubeObject | "gone" {
  const nowMs = registry.clock.now();
  const finalizers = finalizersAfter(resource, object, options);
  const isNamespace = resource.stored.plural === "namespaces" && resource.stored.group === "";
  const held = finalizers.length > 0 || (isNamespace && hasSpecFinalizers(object));
  const own = resource.stored.gracePeriodSeconds?.(object);
  // A grace of 0 by the kind's own rule (a pod that never ran or has ended) cannot be made longer.
  const grace = own === undefined || own === 0 ? 0 : Math.max(0, options.gracePeriodSeconds ?? own);
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
  const pending = deletionTimestamp !== undefined;
  const graceLeft = pending ? Math.min(grace, deletionGracePeriodSeconds ?? 0) : grace;

  if (!held && graceLeft === 0) return "gone";
  const sameFinalizers = finalizers.join() === (object.metadata.finalizers ?? []).join();
  const sameGrace = pending && graceLeft === (deletionGracePeriodSeconds ?? 0);
  if (sameGrace && sameFinalizers) return object;

  const metadata = { ...object.metadata, finalizers };
  if (finalizers.length === 0) delete (metadata as { finalizers?: string[] }).finalizers;
  if (!sameGrace) {
    metadata.deletionTimestamp = rfc3339(nowMs + graceLeft * 1000);
    metadata.deletionGracePeriodSeconds = graceLeft;
    if (!pending && metadata.generation) metadata.generation++;
  }
  const next: KubeObject = { ...object, metadata };
  if (isNamespace) next.status = { ...(object.status as object), phase: "Terminating" };
  return next;
}

/** Legacy kinds orphan their dependents unless told otherwise. */
const orphaning = new Set(["core/replicationcontrollers", "batch/jobs"]);

/** Kinds whose deletion has work of its own to wait for. */
const cleanups: Record<string, string> = {
  "apiextensions.k8s.io/customresourcedefinitions": "customresourcecleanup.apiextensions.k8s.io",
};

function finalizersAfter(resource: Resource, object: KubeObject, options: DeleteOptions): string[] {
  const cleanup = object.metadata.deletionTimestamp ? undefined : cleanups[resource.collection.id];
  const own = object.metadata.finalizers ?? [];
  const present = cleanup && !own.includes(cleanup) ? [...own, cleanup] : own;
  const asked =
    options.propagationPolicy ??
    (options.orphanDependents === undefined ? undefined : options.orphanDependents ? "Orphan" : "Background");
  const policy =
    asked ?? (orphaning.has(resource.collection.id) && present.length === 0 ? "Orphan" : undefined);
  if (!policy) return present;
  const others = present.filter((one) => one !== "orphan" && one !== "foregroundDeletion");
  if (policy === "Orphan") return [...others, "orphan"];
  return policy === "Foreground" ? [...others, "foregroundDeletion"] : others;
}

const hasSpecFinalizers = (object: KubeObject) =>
  ((object.spec as { finalizers?: string[] } | undefined)?.finalizers?.length ?? 0) > 0;

function checkPreconditions(
  gr: { group: string; plural: string },
  { metadata }: KubeObject,
  wanted: DeleteOptions["preconditions"],
): void {
  if (wanted?.uid && wanted.uid !== metadata.uid)
    throw conflict(
      gr,
      metadata.name,
      `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${metadata.uid}`,
    );
  if (wanted?.resourceVersion && wanted.resourceVersion !== metadata.resourceVersion)
    throw conflict(
      gr,
      metadata.name,
      `Precondition failed: ResourceVersion in precondition: ${wanted.resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`,
    );
}
