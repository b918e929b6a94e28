import type { KubeObject } from "@/lib/cluster/resources/kind";
import { wireUser } from "../authn/wire-user";
import type { Authorizer } from "../authz/authorizer";
import { CelAuthorizer } from "../cel/library-authorizer";
import { toCel } from "../cel/values";
import type { Json } from "../json";
import { apiVersionOf, type Registry, type Resource } from "../registry/registry";
import { inVersion, knownInVersion } from "../registry/versions";
import { namespaceOf } from "./match";
import type { AdmissionAttributes, RequestView } from "./plugin";

/**
 * To be awaited before `viewAs` is asked for a kind that a webhook converts, and again when the object has changed.
 * Undefined where nothing is to be converted.
 */
export function prepareViews(
  resources: Iterable<Resource>,
  attributes: AdmissionAttributes,
  registry: Registry,
): Promise<void> | undefined {
  const { resource, kind, object, old } = attributes;
  const others = [...new Set(resources)].filter(
    (as) => apiVersionOf(as.kind) !== apiVersionOf(resource.stored),
  );
  if (kind || !resource.kind.conversion?.isByWebhook || others.length === 0) return undefined;
  const views = (attributes.views ??= new Map<string, RequestView>());
  const prepare = async (as: Resource) => {
    views.set(apiVersionOf(as.kind), {
      object: object ? await inVersion(registry, resource, object, as) : null,
      oldObject: old ? await knownInVersion(registry, resource, old, as) : null,
    });
  };
  return Promise.all(others.map(prepare)).then(() => undefined);
}

export function viewAs(resource: Resource, { object, old, kind, views }: AdmissionAttributes): RequestView {
  const prepared = kind ? undefined : views?.get(apiVersionOf(resource.kind));
  if (prepared) return prepared;
  const view = (one: KubeObject | undefined): KubeObject | null => {
    if (!one) return null;
    // Options of a CONNECT or a subresource's own kind have one version.
    if (kind || !resource.kind.storage || resource.kind.conversion?.isByWebhook) return one;
    return resource.kind.storage.fromStored(one);
  };
  return { object: view(object), oldObject: view(old) };
}

/** admission.k8s.io/v1 AdmissionRequest without the objects. */
export function requestFacts(resource: Resource, attributes: AdmissionAttributes) {
  const { operation, subresource, name, context } = attributes;
  const facts = (of: Resource) => {
    const { group, version, kind, plural } = of.kind;
    return {
      kind: attributes.kind ?? { group, version, kind },
      resource: { group, version, resource: plural },
    };
  };
  const asked = facts(attributes.resource);
  return {
    ...facts(resource),
    ...(subresource ? { subResource: subresource } : {}),
    requestKind: asked.kind,
    requestResource: asked.resource,
    ...(subresource ? { requestSubResource: subresource } : {}),
    ...(name ? { name } : {}),
    ...(namespaceOf(attributes) ? { namespace: namespaceOf(attributes) } : {}),
    operation,
    userInfo: wireUser(context.user),
    dryRun: context.dryRun,
    options: optionsOf(attributes),
  };
}

const optionKinds: Record<string, string> = {
  CREATE: "CreateOptions",
  UPDATE: "UpdateOptions",
  DELETE: "DeleteOptions",
};

function optionsOf({ operation, context }: AdmissionAttributes): object | null {
  const kind = optionKinds[operation];
  if (!kind) return null;
  const { fieldManager, fieldValidation, dryRun } = context;
  return {
    kind,
    apiVersion: "meta.k8s.io/v1",
    ...(dryRun ? { dryRun: ["All"] } : {}),
    ...(kind === "DeleteOptions" ? {} : { fieldManager, fieldValidation }),
  };
}

/** The variables of CEL expressions about a request; the objects are made once, when they are first asked for. */
export function celVariables(
  resource: Resource,
  attributes: AdmissionAttributes,
  registry: Registry,
  authorizer: Authorizer,
  params: KubeObject | null = null,
): Record<string, unknown> {
  const cel = (value: object | undefined | null) => (value ? toCel(value as unknown as Json) : null);
  const { object, oldObject } = viewAs(resource, attributes);
  const namespace = namespaceOf(attributes);
  const facts = requestFacts(resource, attributes);
  return {
    object: cel(object),
    oldObject: cel(oldObject),
    params: cel(params),
    namespaceObject: namespace ? cel(registry.read("", "namespaces", undefined, namespace)) : null,
    request: cel({ subResource: "", name: "", namespace: "", ...facts }),
    authorizer: new CelAuthorizer(authorizer, attributes.context.user, {
      group: resource.kind.group,
      resource: resource.kind.plural,
      subresource: attributes.subresource,
      namespace: namespace ?? "",
      name: attributes.name,
    }),
  };
}
