import { badRequest, conflict, fieldInvalid, invalid, notFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api, Target } from "../api";
import { applyObject } from "../apply/apply";
import { checkFieldsOf } from "../http/check-fields";
import { decodePatched } from "../http/patched-object";
import { clone, isObject, type Json } from "../json";
import { applyJsonPatch } from "../patch/json-patch";
import { applyMergePatch } from "../patch/merge-patch";
import {
  apiVersionOf,
  groupResource,
  prepareServed,
  served,
  type RequestContext,
  type Resource,
} from "../registry/registry";
import { updateObject } from "../registry/update";
import type { PatchBody, SubresourceHandler } from "./subresource";

interface Scalable extends KubeObject {
  spec?: {
    replicas?: number;
    selector?: { matchLabels?: Record<string, string>; matchExpressions?: Expression[] };
  };
  status?: { replicas?: number };
}

interface Expression {
  key: string;
  operator: string;
  values?: string[];
}

interface Scale extends KubeObject {
  spec?: { replicas?: number };
}

export const scaleKind = { group: "autoscaling", version: "v1", kind: "Scale" };

/** autoscaling/v1 Scale of workloads. */
export const scale: SubresourceHandler = {
  get: (_api, target) => scaleOf(target.resource, read(target)),

  async update({ registry }, target, object, context) {
    return write(registry, target, () => object as Scale, context);
  },

  async patch({ registry }, target, patch: PatchBody, context) {
    if (patch.type === "application/apply-patch+yaml") return apply(registry, target, patch, context);
    const change = (current: KubeObject) => {
      const wanted = patched(scaleOf(target.resource, current as Scalable), patch);
      const decode = () => checkFieldsOf(scaleKind, wanted, context);
      return decodePatched(patch.type, patch.value, wanted, decode) as Scale;
    };
    return write(registry, target, change, context);
  },
};

/** The same as an apply of the object that names its replicas and nothing else: owners and conflicts are the object's. */
async function apply(
  registry: Api["registry"],
  target: Target,
  { value, force }: PatchBody,
  context: RequestContext,
): Promise<KubeObject> {
  const { resource, name } = target;
  if (!isObject(value)) throw badRequest("error decoding YAML: the applied object must be a map");
  const wanted = value as unknown as Scale;
  checkFieldsOf(scaleKind, wanted, context);
  if (wanted.apiVersion !== "autoscaling/v1" || wanted.kind !== "Scale")
    throw badRequest(
      `failed to convert applied config: the object's kind is ${wanted.apiVersion}, Kind=${wanted.kind}, not autoscaling/v1, Kind=Scale`,
    );
  const { resourceVersion } = wanted.metadata ?? {};
  const config = {
    apiVersion: apiVersionOf(resource.kind),
    kind: resource.kind.kind,
    metadata: { name: wanted.metadata?.name ?? name, ...(resourceVersion ? { resourceVersion } : {}) },
  } as Scalable;
  const replicas = wanted.spec?.replicas;
  if (replicas !== undefined) {
    checkReplicas(name, replicas);
    setReplicas(resource, config, replicas);
  }
  const entry = await applyObject(registry, target, config, context, {
    force,
    authorizeCreate: () => undefined, // a scale makes nothing
    update: { restrict: () => undefined },
    seenAs: { apiVersion: "autoscaling/v1", path: ".spec.replicas" },
  });
  await registry.store.durable();
  await prepareServed(resource, [entry]);
  return scaleOf(resource, served(resource, entry) as Scalable);
}

function checkReplicas(name: string, replicas: number): void {
  if (replicas < 0)
    throw invalid({ group: "autoscaling", kind: "Scale" }, name, [
      fieldInvalid("spec.replicas", replicas, "must be greater than or equal to 0"),
    ]);
}

function read({ resource, namespace, name }: Target): Scalable {
  const entry = resource.collection.get(namespace, name);
  if (!entry) throw notFound(groupResource(resource), name);
  return served(resource, entry) as Scalable;
}

async function write(
  registry: Api["registry"],
  target: Target,
  change: (current: KubeObject) => Scale,
  context: RequestContext,
): Promise<KubeObject> {
  const { resource, namespace, name } = target;
  const entry = await updateObject(
    registry,
    resource,
    namespace,
    name,
    (current) => {
      const wanted = change(current);
      const replicas = wanted.spec?.replicas ?? 0;
      checkReplicas(name, replicas);
      const version = wanted.metadata?.resourceVersion;
      if (version && version !== current.metadata.resourceVersion)
        throw conflict(groupResource(resource), name);
      const next = clone(current) as Scalable;
      delete next.metadata.resourceVersion;
      setReplicas(resource, next, replicas);
      return next;
    },
    context,
    { subresource: "scale", restrict: () => undefined },
  );
  await registry.store.durable();
  await prepareServed(resource, [entry]);
  return scaleOf(resource, served(resource, entry) as Scalable);
}

function patched(current: KubeObject, { type, value }: PatchBody): Scale {
  const before = current as unknown as Json;
  const after =
    type === "application/json-patch+json"
      ? applyJsonPatch(before, value)
      : applyMergePatch(before, value as Json);
  if (!isObject(after)) throw badRequest("the patch does not give an object");
  return after as unknown as Scale;
}

function setReplicas({ kind }: Resource, object: Scalable, replicas: number): void {
  if (kind.scalePaths) return void kind.scalePaths.write(object, replicas);
  object.spec = { ...object.spec, replicas };
}

function scaleOf({ kind }: Resource, object: Scalable): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const read = kind.scalePaths?.read(object);
  const replicas = read ? read.replicas : (object.spec?.replicas ?? 0);
  const selector = read ? read.selector : selectorText(object);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: read ? read.statusReplicas : (object.status?.replicas ?? 0),
      ...(selector ? { selector } : {}),
    },
  };
}

/** The selector as `kubectl -l` writes it; of a ReplicationController it is the map alone. */
function selectorText({ kind, spec }: Scalable): string {
  const selector = spec?.selector ?? {};
  const labels =
    (kind === "ReplicationController" ? (selector as Record<string, string>) : selector.matchLabels) ?? {};
  const expressions = kind === "ReplicationController" ? [] : (selector.matchExpressions ?? []);
  return [
    ...Object.entries(labels).map(([key, value]) => `${key}=${value}`),
    ...expressions.map(({ key, operator, values = [] }) => {
      if (operator === "Exists") return key;
      if (operator === "DoesNotExist") return `!${key}`;
      return `${key} ${operator.toLowerCase()} (${values.join(",")})`;
    }),
  ]
    .sort()
    .join(",");
}
