import { notFound } from "@/lib/cluster/client/status";
import type { FieldError, KubeObject } from "@/lib/cluster/resources/kind";
import {
  validateEphemeralContainersUpdate,
  validatePodResize,
} from "@/lib/cluster/resources/pod/validate-subresources";
import type { Pod } from "@/lib/cluster/resources/types";
import type { Api, Target } from "../api";
import { checkFields } from "../http/check-fields";
import { decodePatched } from "../http/patched-object";
import { patchObject } from "../registry/patch";
import { groupResource, served, type RequestContext } from "../registry/registry";
import { replaceObject, type UpdateOptions } from "../registry/update";
import type { PatchBody, SubresourceHandler } from "./subresource";

type Restrict = NonNullable<UpdateOptions["restrict"]>;
type Spec = Record<string, unknown>;

interface ContainerFields {
  name: string;
  resources?: unknown;
  resizePolicy?: unknown;
}

interface ContainerLists {
  containers?: ContainerFields[];
  initContainers?: ContainerFields[];
}

/** What each of these may change; everything else stays as it is stored. */
const rules: Record<string, Restrict> = {
  ephemeralContainers(next, old) {
    const { ephemeralContainers } = (next.spec ?? {}) as Spec;
    keepOnly(next, old);
    next.spec = { ...(old.spec as Spec) };
    if (ephemeralContainers) (next.spec as Spec).ephemeralContainers = ephemeralContainers;
    else delete (next.spec as Spec).ephemeralContainers;
  },
  resize(next, old) {
    const wanted = (next.spec ?? {}) as ContainerLists;
    keepOnly(next, old);
    next.spec = { ...(old.spec as Spec) };
    const stored = old.spec as ContainerLists;
    for (const list of ["containers", "initContainers"] as const)
      if (wanted[list] ?? stored[list])
        (next.spec as ContainerLists)[list] = resized(wanted[list] ?? [], stored[list] ?? []);
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

/** Resources alone; other containers than before are left for validation to refuse. */
function resized(wanted: ContainerFields[], stored: ContainerFields[]): ContainerFields[] {
  if (wanted.length !== stored.length || wanted.some(({ name }, index) => name !== stored[index]!.name))
    return wanted;
  return stored.map(({ resources: _resources, resizePolicy: _policy, ...container }, index) => {
    const { resources, resizePolicy } = wanted[index]!;
    return {
      ...container,
      ...(resources === undefined ? {} : { resources }),
      ...(resizePolicy === undefined ? {} : { resizePolicy }),
    };
  });
}

/** What they may change it to, where that is not the kind's own rule. */
const validations: Partial<Record<keyof typeof rules, (next: Pod, old: Pod) => FieldError[]>> = {
  ephemeralContainers: validateEphemeralContainersUpdate,
  resize: validatePodResize,
};

function keepOnly(next: KubeObject, old: KubeObject): void {
  for (const field of Object.keys(next)) if (field !== "metadata") delete next[field];
  for (const field of Object.keys(old)) if (field !== "metadata") next[field] = old[field];
}

/** GET, PUT and PATCH of a subresource that is the object itself seen through a slit. */
export function objectSubresource(rule: keyof typeof rules): SubresourceHandler {
  const options = (subresource: string): UpdateOptions => ({
    subresource,
    restrict: rules[rule],
    validate: validations[rule] as UpdateOptions["validate"],
  });
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
        decode: (changed) =>
          decodePatched(patch.type, patch.value, changed, () =>
            checkFields(target.resource, changed, context),
          ),
        update: options(target.subresource),
      });
      return served(target.resource, entry);
    },
  };
}
