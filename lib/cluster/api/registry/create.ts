import { randomInt, randomUUID } from "node:crypto";
import { schemaOf } from "@/lib/cluster/resources/schema";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import {
  alreadyExists,
  ApiStatusError,
  badRequest,
  conflict,
  invalid,
  methodNotSupported,
} from "@/lib/cluster/client/status";
import { confirmAdmission, runAdmission, type AdmissionAttributes } from "../admission/plugin";
import { trackUpdate } from "../apply/managed-fields";
import type { VersionView } from "../apply/version-views";
import { clone, rfc3339 } from "../json";
import { Entry } from "../store/collection";
import { apiVersionOf, groupResource, type Registry, type RequestContext, type Resource } from "./registry";

const maxNameLength = 63;
const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/**
 * Creates an object; what comes back is stored and shared, never change it. Follows apiserver 1.34
 * pkg/registry/rest/create.go and pkg/registry/generic/registry/store.go. Resolves before the journal has it: callers
 * await `registry.store.durable()` before they acknowledge.
 */
export async function createObject(
  registry: Registry,
  resource: Resource,
  namespace: string | undefined,
  input: KubeObject,
  context: RequestContext,
  options: { tracked?: boolean } = {},
): Promise<Entry> {
  if (resource.kind.verbs && !resource.kind.verbs.includes("create"))
    throw methodNotSupported(groupResource(resource), "create");
  if (resource.kind.isEnding?.())
    throw new ApiStatusError(
      405,
      "MethodNotAllowed",
      "create not allowed while custom resource definition is terminating",
      { group: resource.kind.group, kind: resource.kind.plural },
    );
  checkKind(resource, input);
  const object = await storedForm(resource, clone(input), registry, context);
  let { metadata } = object;
  metadata.namespace = checkedNamespace(resource, namespace, metadata.namespace);
  if (metadata.namespace === undefined) delete metadata.namespace;
  if (metadata.resourceVersion)
    throw badRequest("resourceVersion should not be set on objects to be created");

  const attributes: AdmissionAttributes = {
    operation: "CREATE",
    resource,
    subresource: "",
    namespace: metadata.namespace,
    name: metadata.name ?? "",
    object,
    old: undefined,
    context,
  };
  if (!options.tracked) trackCreate(registry, resource, object, input, context);
  await runAdmission("admit", registry, attributes);
  // Admission may have changed all of it.
  metadata = object.metadata;
  const strategy = registry.strategyContext(context.user);
  prepareMeta(registry, resource, object);
  if (resource.stored.subresources?.status && resource.stored.plural !== "nodes") delete object.status;
  resource.stored.prepareForCreate?.(object, strategy);
  const errors = [
    ...(resource.stored.validate?.(object, strategy) ?? []),
    ...(resource.stored.validateCreate?.(object, strategy) ?? []),
  ];
  if (errors.length > 0) throw invalid(resource.stored, metadata.name, errors);
  attributes.name = metadata.name;
  await runAdmission("validate", registry, attributes);
  if (resource.collection.get(metadata.namespace, metadata.name))
    throw alreadyExists(groupResource(resource), metadata.name);
  const clashes = resource.stored.allocate?.(object, undefined, strategy) ?? [];
  if (clashes.length > 0) throw invalid(resource.stored, metadata.name, clashes);
  confirmAdmission(registry, attributes);
  if (context.dryRun) return new Entry(object, 0);
  return registry.store.put(resource.collection, object, undefined);
}

/** The author owns what he wrote and its defaults; not a status, nor what admission and allocation add. */
function trackCreate(
  registry: Registry,
  resource: Resource,
  object: KubeObject,
  input: KubeObject,
  context: RequestContext,
): void {
  const ownOf = (one: KubeObject): KubeObject => {
    const { status: _, ...rest } = one;
    const own = resource.stored.subresources?.status ? (rest as KubeObject) : one;
    return { ...own, metadata: { ...own.metadata } };
  };
  const views = new Map<string, VersionView>();
  const { kind } = resource;
  if (kind.conversion?.isByWebhook && kind.storage) {
    const asked = clone(input);
    kind.defaults?.(asked, registry.strategyContext(context.user));
    views.set(apiVersionOf(kind), { old: undefined, next: ownOf(asked), type: kind.mergeType });
  }
  const owned = ownOf(object);
  trackUpdate(registry, resource, undefined, owned, context, "", views);
  const { managedFields } = owned.metadata;
  if (managedFields) object.metadata.managedFields = managedFields;
  else delete object.metadata.managedFields;
}

/** Decoded objects say what they are; JSON without apiVersion and kind is taken as the route's own. */
export function checkKind(resource: Resource, object: KubeObject): void {
  const { kind } = resource;
  object.apiVersion ||= apiVersionOf(kind);
  object.kind ||= kind.kind;
  if (object.apiVersion !== apiVersionOf(kind))
    throw badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${apiVersionOf(kind)})`,
    );
  if (object.kind !== kind.kind)
    throw badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: no kind "${object.kind}" is registered for version "${object.apiVersion}"`,
    );
  if (typeof object.metadata !== "object" || object.metadata === null)
    object.metadata = {} as KubeObject["metadata"];
  // Upstream's spec is a struct: there even when it is empty.
  if (!object.spec && !kind.isCustom && schemaOf(kind)?.properties?.spec?.properties) object.spec = {};
}

/** `toStored`, by the kind's webhook where it has one. */
export async function storedForm(
  resource: Resource,
  object: KubeObject,
  registry: Registry,
  context: RequestContext,
): Promise<KubeObject> {
  const { kind, stored } = resource;
  if (!kind.conversion || !kind.storage) return toStored(resource, object, registry, context);
  const strategy = registry.strategyContext(context.user);
  kind.defaults?.(object, strategy);
  const converted = await kind.conversion.convert(object, apiVersionOf(stored));
  stored.defaults?.(converted, strategy);
  return converted;
}

/** Defaults belong to the version that the author wrote, everything after it to the stored one. */
export function toStored(
  resource: Resource,
  object: KubeObject,
  registry: Registry,
  context: RequestContext,
): KubeObject {
  const strategy = registry.strategyContext(context.user);
  resource.kind.defaults?.(object, strategy);
  if (!resource.kind.storage) return object;
  const stored = resource.kind.storage.toStored(object);
  resource.stored.defaults?.(stored, strategy);
  return stored;
}

/** The namespace of the request and of the object must agree; cluster-scoped kinds have none. */
export function checkedNamespace(
  resource: Resource,
  requested: string | undefined,
  own: string | undefined,
): string | undefined {
  if (!resource.kind.namespaced) return undefined;
  if (own && requested && own !== requested)
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  const namespace = requested || own;
  if (!namespace) throw badRequest("an empty namespace may not be set during creation");
  return namespace;
}

function prepareMeta(registry: Registry, resource: Resource, object: KubeObject): void {
  const { metadata } = object;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.generation;
  delete (metadata as { selfLink?: unknown }).selfLink;
  metadata.uid = randomUUID();
  metadata.creationTimestamp = rfc3339(registry.clock.now());
  if (!metadata.name && metadata.generateName)
    metadata.name = freeName(resource, metadata.generateName, metadata.namespace);
  if (!metadata.name)
    throw invalid(resource.stored, "", [
      {
        type: "FieldValueRequired",
        field: "metadata.name",
        message: "Required value: name or generateName is required",
      },
    ]);
}

/** Upstream answers a clash with 409 after eight tries; so do we, after looking for a free name as often. */
function freeName(resource: Resource, base: string, namespace: string | undefined): string {
  for (let attempt = 0; attempt < 8; attempt++) {
    let suffix = "";
    for (let at = 0; at < 5; at++) suffix += suffixAlphabet[randomInt(suffixAlphabet.length)];
    const name = base.slice(0, maxNameLength - 5) + suffix;
    if (!resource.collection.get(namespace, name)) return name;
  }
  throw conflict(
    groupResource(resource),
    base,
    "the server was not able to generate a unique name for the object",
  );
}
