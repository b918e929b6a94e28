import { notFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { runAdmission, type AdmissionAttributes } from "../admission/plugin";
import { unknownSubresource, type Api, type SubresourceCreator, type Target } from "../api";
import { groupResource, type RequestContext } from "../registry/registry";
import { bindPod } from "./binding";
import { evictPod } from "./eviction";
import { requestToken } from "./token";

export const creators: Record<string, SubresourceCreator> = {
  "core/pods/binding": bindPod,
  "core/pods/eviction": evictPod,
  "core/serviceaccounts/token": requestToken,
};

/** Subresources that take another kind than their resource's. */
export const bodyKinds: Record<string, { group: string; version: string; kind: string }> = {
  binding: { group: "", version: "v1", kind: "Binding" },
  eviction: { group: "policy", version: "v1", kind: "Eviction" },
  token: { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" },
};

/** POST to a subresource of an object. Throws 404 for a subresource that takes no objects. */
export async function createOnSubresource(
  api: Api,
  target: Target,
  object: KubeObject,
  context: RequestContext,
): Promise<KubeObject> {
  const creator = creators[`${target.resource.collection.id}/${target.subresource}`];
  if (!creator) throw unknownSubresource();
  const { resource, subresource, namespace, name } = target;
  if (!resource.collection.get(namespace, name)) throw notFound(groupResource(resource), name);
  const attributes: AdmissionAttributes = {
    operation: "CREATE",
    resource,
    subresource,
    namespace,
    name,
    object,
    old: undefined,
    context,
    kind: bodyKinds[subresource],
  };
  await runAdmission("admit", api.registry, attributes);
  await runAdmission("validate", api.registry, attributes);
  return creator(api, target, object, context);
}
