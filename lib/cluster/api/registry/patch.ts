import type { PatchType } from "@/lib/cluster/client/client";
import { badRequest, methodNotSupported, notFound, ApiStatusError } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Target } from "../api";
import { applyObject } from "../apply/apply";
import { deeperThan, isObject, type Json, type JsonObject } from "../json";
import { applyJsonPatch } from "../patch/json-patch";
import { applyMergePatch } from "../patch/merge-patch";
import { builtInType } from "../patch/merge-types";
import { applyStrategicMerge } from "../patch/strategic-merge";
import type { Entry } from "../store/collection";
import { checkKind } from "./create";
import { groupResource, type Registry, type RequestContext, type Resource } from "./registry";
import { updateObject, type UpdateOptions } from "./update";

export interface PatchOptions {
  /** Server-side apply: take over fields that others own. */
  force: boolean;
  /** Throws 403 when the user may not create: asked before an apply makes what is not there. */
  authorizeCreate(): void;
  /** Checks and prunes what the patch made, as bodies of creates and updates are; throws 400. */
  decode?(object: KubeObject): KubeObject;
  update?: UpdateOptions;
  /** What conflicts are told of, where the author sees the object as another one: a Scale. */
  seenAs?: { apiVersion: string; path: string };
}

const depthMax = 1000;

/** PATCH: of four kinds; only an apply creates what is not there. */
export async function patchObject(
  registry: Registry,
  target: Target,
  type: PatchType,
  patch: unknown,
  context: RequestContext,
  options: PatchOptions,
): Promise<Entry> {
  const { resource, namespace, name, subresource } = target;
  if (resource.kind.verbs && !resource.kind.verbs.includes("patch"))
    throw methodNotSupported(groupResource(resource), "patch");
  if (deeperThan(patch, depthMax)) throw badRequest("error decoding patch: exceeded max depth");
  if (type === "application/apply-patch+yaml")
    return applyObject(registry, target, patch as KubeObject, context, options);
  if (!resource.collection.get(namespace, name)) throw notFound(groupResource(resource), name);
  return updateObject(
    registry,
    resource,
    namespace,
    name,
    (current) => {
      const patched = changed(resource, current, type, patch);
      checkKind(resource, patched);
      if (patched.metadata.name !== name)
        throw badRequest(
          `the name of the object (${patched.metadata.name ?? ""}) does not match the name on the URL (${name})`,
        );
      return options.decode ? options.decode(patched) : patched;
    },
    context,
    { subresource, ...options.update },
  );
}

function changed(resource: Resource, current: KubeObject, type: PatchType, patch: unknown): KubeObject {
  const document = current as unknown as JsonObject;
  const result = run(resource, document, type, patch as Json);
  if (!isObject(result)) throw badRequest("the patch does not give an object");
  const object = result as unknown as KubeObject;
  // A version that the patch names is a precondition; without one the patch applies to whatever is there.
  const asked = object.metadata?.resourceVersion;
  if (asked === current.metadata.resourceVersion) {
    object.metadata = { ...object.metadata };
    if (!namesVersion(patch)) delete object.metadata.resourceVersion;
  }
  return object;
}

function run(resource: Resource, document: JsonObject, type: PatchType, patch: Json): Json {
  const { group, version, kind } = resource.kind;
  switch (type) {
    case "application/json-patch+json":
      return applyJsonPatch(document, patch);
    case "application/merge-patch+json":
      requireObject(patch);
      return applyMergePatch(document, patch);
    case "application/strategic-merge-patch+json": {
      requireObject(patch);
      const facts = builtInType(group, version, kind);
      if (!facts)
        throw new ApiStatusError(
          415,
          "UnsupportedMediaType",
          "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
        );
      return applyStrategicMerge(document, patch as JsonObject, facts);
    }
    default:
      throw badRequest(`unknown Content-Type header for patch: ${type}`);
  }
}

function requireObject(patch: Json): void {
  if (!isObject(patch))
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${Array.isArray(patch) ? "array" : typeof patch} into Go value of type map[string]interface {}`,
    );
}

function namesVersion(patch: unknown): boolean {
  const metadata = (patch as { metadata?: { resourceVersion?: string } } | undefined)?.metadata;
  return metadata?.resourceVersion !== undefined;
}
