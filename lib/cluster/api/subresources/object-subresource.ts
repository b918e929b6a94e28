import { notFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api, Target } from "../api";
import { patchObject } from "../registry/patch";
import { groupResource, served, type RequestContext } from "../registry/registry";
import { replaceObject, type UpdateOptions } from "../registry/update";
import type { PatchBody, SubresourceHandler } from "./subresource";

type Restrict = NonNullable<UpdateOptions["restrict"]>;
type Spec = Record<string, unknown>;

/** What each of these may change; everything else stays as it is stored. */
const rules: Record<string, Restrict> = {
  ephemeralContainers(next, old) {
    const { ephemeralContainers } = (next.spec ?? {}) as Spec;
    keepOnly(next, old);
    next.spec = { ...(old.spec as Spec), ...(ephemeralContainers ? { ephemeralContainers } : {}) };
  },
  resize(next, old) {
    const wanted = ((next.spec as Spec | undefined)?.containers ?? []) as {
      name: string;
      resources?: unknown;
    }[];
    keepOnly(next, old);
    const containers = ((old.spec as Spec).containers as { name: string }[]).map((container) => {
      const resources = wanted.find(({ name }) => name === container.name)?.resources;
      return resources ? { ...container, resources } : container;
    });
    next.spec = { ...(old.spec as Spec), containers };
  },
  finalize(next, old) {
    const finalizers = (next.spec as Spec | undefined)?.finalizers;
    const { finalizers: metaFinalizers } = next.metadata;
    keepOnly(next, old);
    next.spec = { ...(old.spec as Spec) };
    if (Array.isArray(finalizers) && finalizers.length > 0) (next.spec as Spec).finalizers = finalizers;
    else delete (next.spec as Spec).finalizers;
    if (metaFinalizers?.length) next.metadata.finalizers = metaFinalizers;
    else delete next.metadata.finalizers;
  },
  approval(next, old) {
    const { conditions } = (next.status ?? {}) as Spec;
    keepOnly(next, old);
    next.status = { ...(old.status as Spec), ...(conditions ? { conditions } : {}) };
  },
};

function keepOnly(next: KubeObject, old: KubeObject): void {
  for (const field of Object.keys(next)) if (field !== "metadata") delete next[field];
  for (const field of Object.keys(old)) if (field !== "metadata") next[field] = old[field];
}

/** GET, PUT and PATCH of a subresource that is the object itself seen through a slit. */
export function objectSubresource(rule: keyof typeof rules): SubresourceHandler {
  const options = (subresource: string): UpdateOptions => ({ subresource, restrict: rules[rule] });
  return {
    get(_api: Api, { resource, namespace, name }: Target): KubeObject {
      const entry = resource.collection.get(namespace, name);
      if (!entry) throw notFound(groupResource(resource), name);
      return served(resource, entry);
    },
    async update({ registry }: Api, target: Target, object: KubeObject, context: RequestContext) {
      const { resource, namespace, name, subresource } = target;
      const entry = await replaceObject(
        registry,
        resource,
        namespace,
        name,
        object,
        context,
        options(subresource),
      );
      return served(resource, entry);
    },
    async patch({ registry }: Api, target: Target, patch: PatchBody, context: RequestContext) {
      const entry = await patchObject(registry, target, patch.type, patch.value, context, {
        force: patch.force,
        authorizeCreate: () => undefined, // an apply through a subresource makes nothing
        update: options(target.subresource),
      });
      return served(target.resource, entry);
    },
  };
}
