import type { CustomResourceDefinition } from "@/lib/cluster/resources/types";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api } from "../api";
import { registerApiServices } from "../bootstrap/api-services";
import { deepEqual, rfc3339 } from "../json";
import { deleteObject } from "../registry/delete";
import { internalContext, type ServedKind } from "../registry/registry";
import { updateObject } from "../registry/update";
import { collectionId } from "../store/store";
import { Conversion } from "./conversion";
import { customKind } from "./custom-kind";

const finalizer = "customresourcecleanup.apiextensions.k8s.io";
const context = internalContext("kube-apiserver");

/**
 * Serves what the stored CustomResourceDefinitions define: a kind appears before the write of its definition is
 * acknowledged and goes when the definition is gone, after its objects. Returns the release.
 */
export function serveDefinitions(api: Api): () => void {
  const { registry } = api;
  const resource = registry.resource({
    group: "apiextensions.k8s.io",
    version: "v1",
    plural: "customresourcedefinitions",
  });
  const served = new Map<string, { spec: unknown; kinds: ServedKind[]; stop: () => void }>();

  let announced: Promise<void> = Promise.resolve();
  const announce = () => {
    announced = announced
      .then(() => registerApiServices(api))
      .catch((failure: unknown) =>
        api.logger.error({ err: failure }, "API services could not be registered"),
      );
  };

  const serve = (definition: CustomResourceDefinition) => {
    const { name } = definition.metadata;
    const known = served.get(name);
    if (known && deepEqual(known.spec, definition.spec)) return;
    if (known) forget(name);
    const { group, names, versions } = definition.spec;
    const conversion = versions.length > 1 ? new Conversion(api.backends, definition) : undefined;
    const all = versions.map((version) => customKind(definition, version, conversion));
    const kinds = all.filter((kind) => versions.find((version) => version.name === kind.version)!.served);
    for (const kind of kinds) registry.addKind(kind, all);
    const stop = registry.store.collection(collectionId(group, names.plural)).subscribe((event) => {
      if (event.type === "DELETED") settle(name);
    });
    served.set(name, { spec: definition.spec, kinds, stop });
    announce();
  };
  const forget = (name: string) => {
    const known = served.get(name);
    known?.stop();
    for (const kind of known?.kinds ?? []) registry.removeKind(kind);
    served.delete(name);
    announce();
  };
  const settle = (name: string) => {
    const definition = resource.collection.get(undefined, name)?.object;
    if (!definition) return;
    reconcile(api, definition as unknown as CustomResourceDefinition).catch((failure: unknown) => {
      api.logger.error({ err: failure, name }, "custom resource definition could not be reconciled");
    });
  };

  for (const { object } of resource.collection.list())
    try {
      serve(object as unknown as CustomResourceDefinition);
    } catch (failure) {
      // One definition that cannot be served must not keep the cluster from coming up.
      api.logger.error({ err: failure, name: object.metadata.name }, "custom resources cannot be served");
    }
  for (const { object } of resource.collection.list()) settle(object.metadata.name);
  const stop = resource.collection.subscribe(({ type, entry }) => {
    const { name } = entry.object.metadata;
    if (type === "DELETED") return forget(name);
    serve(entry.object as unknown as CustomResourceDefinition);
    settle(name);
  });
  return () => {
    stop();
    for (const { stop } of served.values()) stop();
  };
}

/** Brings status and finalizer to what they should be; of a definition that ends, removes the objects first. */
async function reconcile(api: Api, definition: CustomResourceDefinition): Promise<void> {
  const { registry } = api;
  const resource = registry.findKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")!;
  const { name, deletionTimestamp, finalizers = [] } = definition.metadata;
  if (deletionTimestamp) {
    if (!finalizers.includes(finalizer)) return;
    if (await removeObjects(api, definition)) return;
    await updateObject(
      registry,
      resource,
      undefined,
      name,
      (current) => withFinalizers(current, (list) => list.filter((one) => one !== finalizer)),
      context,
    ).catch(ignoreGone);
    return;
  }
  const nowText = rfc3339(registry.clock.now());
  const { names } = definition.spec;
  const established = definition.status?.conditions?.some(
    ({ type, status }) => type === "Established" && status === "True",
  );
  if (!established || !deepEqual(definition.status?.acceptedNames, names)) {
    await updateObject(
      registry,
      resource,
      undefined,
      name,
      (current) => ({
        ...unversioned(current),
        status: {
          ...(current.status as object),
          acceptedNames: names,
          conditions: [
            {
              type: "NamesAccepted",
              status: "True",
              lastTransitionTime: nowText,
              reason: "NoConflicts",
              message: "no conflicts found",
            },
            {
              type: "Established",
              status: "True",
              lastTransitionTime: nowText,
              reason: "InitialNamesAccepted",
              message: "the initial names have been accepted",
            },
          ],
        },
      }),
      context,
      { subresource: "status" },
    ).catch(ignoreGone);
  }
}

/** True while objects are left whose finalizers somebody else has to remove. */
async function removeObjects(api: Api, { spec }: CustomResourceDefinition): Promise<boolean> {
  const { registry } = api;
  const kind = spec.versions.find((version) => version.served);
  const resource =
    kind && registry.find({ group: spec.group, version: kind.name, plural: spec.names.plural });
  if (!resource) return false;
  for (const { object } of [...resource.collection.list()]) {
    const { namespace, name, deletionTimestamp } = object.metadata;
    if (!deletionTimestamp)
      await deleteObject(registry, resource, namespace, name, context).catch(ignoreGone);
  }
  return resource.collection.count > 0;
}

function withFinalizers(object: KubeObject, change: (finalizers: string[]) => string[]): KubeObject {
  const { metadata } = unversioned(object);
  return { ...object, metadata: { ...metadata, finalizers: change(metadata.finalizers ?? []) } };
}

function unversioned(object: KubeObject): KubeObject {
  const { resourceVersion: _version, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function ignoreGone(failure: unknown): void {
  if ((failure as { code?: number }).code !== 404) throw failure as Error;
}
