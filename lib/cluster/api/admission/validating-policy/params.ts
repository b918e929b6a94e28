import { selectorOf } from "@/lib/cluster/client/label-selector";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { served, type Registry } from "@/lib/cluster/api/registry/registry";
import type { AdmissionAttributes } from "../plugin";
import type { Binding, Policy } from "./types";

/** A policy or binding that cannot be used as it stands. */
interface ConfigurationError {
  error: string;
  isOfPolicy?: boolean;
}

/** The objects that the binding names as parameters; one null where none are wanted. */
export function collectParams(
  policy: Policy,
  binding: Binding,
  { namespace }: AdmissionAttributes,
  registry: Registry,
): (KubeObject | null)[] | ConfigurationError {
  const { paramKind } = policy.spec;
  const { paramRef } = binding.spec;
  if (!paramKind) return [null];
  const [group, version] = paramKind.apiVersion.includes("/")
    ? (paramKind.apiVersion.split("/") as [string, string])
    : (["", paramKind.apiVersion] as const);
  const resource = registry.findKind(group, version, paramKind.kind);
  if (!resource)
    return {
      error: `failed to configure policy: failed to find resource referenced by paramKind: '${paramKind.apiVersion}, Kind=${paramKind.kind}'`,
      isOfPolicy: true,
    };
  if (!paramRef) return [null];
  const where = paramRef.namespace || namespace;
  const broken = (why: string) => ({ error: `failed to configure binding: ${why}` });
  if (!resource.kind.namespaced && paramRef.namespace)
    return broken("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
  if (resource.kind.namespaced && !where)
    return broken("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources");
  const selects = selectorOf(paramRef.selector ?? {});
  const found = resource.collection
    .list(resource.kind.namespaced ? where : undefined)
    .map((entry) => served(resource, entry))
    .filter(({ metadata }) => (paramRef.name ? metadata.name === paramRef.name : selects(metadata.labels)));
  if (found.length === 0 && paramRef.parameterNotFoundAction === "Deny")
    return broken("no params found for policy binding with `Deny` parameterNotFoundAction");
  return found;
}
