import type { KubeObject } from "@/lib/cluster/resources/kind";
import { apiVersionOf, type Registry, type Resource } from "./registry";

/** The resource that serves the same objects in a version; undefined when none does any more. */
export function servedAs(registry: Registry, resource: Resource, apiVersion: string): Resource | undefined {
  return [resource, ...registry.equivalents(resource)].find(({ kind }) => apiVersionOf(kind) === apiVersion);
}

/** An object of any version of the kind in another. Throws when its webhook fails. */
export async function inVersion(
  registry: Registry,
  resource: Resource,
  object: KubeObject,
  as: Resource,
): Promise<KubeObject> {
  const version = apiVersionOf(as.kind);
  if (object.apiVersion === version) return object;
  const { conversion } = resource.kind;
  if (conversion) return conversion.convert(object, version);
  const storage = servedAs(registry, resource, object.apiVersion)?.kind.storage;
  const stored = storage ? storage.toStored(object) : object;
  return as.kind.storage ? as.kind.storage.fromStored(stored) : stored;
}

/** The same of an object that does not change any more: a webhook is asked once. */
export async function knownInVersion(
  registry: Registry,
  resource: Resource,
  object: KubeObject,
  as: Resource,
): Promise<KubeObject> {
  const { conversion } = resource.kind;
  if (!conversion) return inVersion(registry, resource, object, as);
  const version = apiVersionOf(as.kind);
  await conversion.prepare([object], version);
  return conversion.known(object, version);
}
