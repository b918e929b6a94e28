import type { IncomingMessage, ServerResponse } from "node:http";
import { returnsDeletedObject } from "@/lib/cluster/resources/returns-deleted";
import { ApiStatusError, methodNotSupported, noSuchResource, notFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { authorize, type Api, type Target } from "../api";
import { checkAllowed } from "../authz/check";
import { checkKind, createObject } from "../registry/create";
import { deleteObject } from "../registry/delete";
import { exactName, listObjects } from "../registry/list";
import { patchObject } from "../registry/patch";
import { apiVersionOf, groupResource, prepareServed, served } from "../registry/registry";
import { checkName, replaceObject } from "../registry/update";
import type { Entry } from "../store/collection";
import { admitConnect } from "../subresources/connect";
import { createOnSubresource } from "../subresources/create";
import { findSubresource } from "../subresources/subresource";
import { isReview, review } from "../subresources/reviews";
import type { UserInfo } from "../types";
import { checkFields } from "./check-fields";
import { componentStatuses } from "./component-statuses";
import { arrayText, type JsonText } from "./json-text";
import { negotiate } from "./negotiate";
import {
  contextOf,
  decode,
  deleteOptions,
  listRequest,
  readPatch,
  type Call,
  type ResourceInfo,
} from "./read-request";
import type { RequestInfo } from "./request-info";
import { decodePatched } from "./patched-object";
import { sendJson, setWarnings } from "./respond";
import { columnsJson, partialJson, rowJson, tableJson } from "./table";
import { sendEntry, tableOptions } from "./send-entry";
import { streamWatch } from "./watch-stream";

/** Requests that may stay open: they do not count against the limit of requests in flight. */
export function isLongRunning(request: IncomingMessage, info: RequestInfo): boolean {
  if (!info.isResource) return false;
  if (isWatch(request.method, info)) return true;
  return ["log", "proxy", "exec", "attach", "portforward"].includes(info.subresource);
}

const isWatch = (method: string | undefined, { query, subresource }: ResourceInfo) =>
  method === "GET" && subresource === "" && /^(true|1)$/i.test(query.get("watch") ?? "");

export async function answerResource(
  api: Api,
  request: IncomingMessage,
  response: ServerResponse,
  info: ResourceInfo,
  user: UserInfo,
): Promise<void> {
  const { group, version, plural, name, subresource } = info;
  const verb = verbOf(request.method, info);
  const resource = api.registry.find({ group, version, plural });
  if (!resource) {
    checkAllowed(api.authorizer, {
      user,
      verb,
      group,
      version,
      resource: plural,
      subresource,
      namespace: info.namespace ?? "",
      name,
    });
    throw noSuchResource();
  }
  if (resource.kind.namespaced ? info.namespace === undefined && name !== "" : info.namespace !== undefined)
    throw noSuchResource();
  const target: Target = { resource, namespace: info.namespace, name, subresource };
  // Asking a list or watch for one name is asking for that object.
  const selected = name === "" ? exactName(info.query.get("fieldSelector") ?? "") : undefined;
  authorize(api, user, verb, selected === undefined ? target : { ...target, name: selected });
  const context = contextOf(request, info, user, verb);
  if (resource.kind.deprecationWarning) context.warnings.push(resource.kind.deprecationWarning);
  const call: Call = { api, request, response, info, target, context };
  if (subresource) return answerSubresource(call, verb);
  switch (verb) {
    case "get":
      return get(call);
    case "list":
      return list(call);
    case "watch":
      return streamWatch(api, request, response, target, listRequest(call), info.query);
    case "create":
      return create(call);
    case "update":
      return update(call);
    case "patch":
      return patch(call);
    case "delete":
      return remove(call);
    case "deletecollection":
      return removeAll(call);
    default:
      throw methodNotSupported(groupResource(resource), request.method?.toLowerCase() ?? "");
  }
}

/** The verb that authorization asks for. */
export function verbOf(method: string | undefined, info: ResourceInfo): string {
  switch (method) {
    case "GET":
    case "HEAD":
      if (isWatch(method, info)) return "watch";
      return info.name ? "get" : "list";
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return info.name ? "delete" : "deletecollection";
    default:
      return (method ?? "").toLowerCase();
  }
}

async function get({ api, request, response, target, context }: Call): Promise<void> {
  const { resource, namespace, name } = target;
  const shape = negotiate(request.headers.accept, resource.kind);
  await api.registry.store.settled();
  const entry = isComputed(resource)
    ? (await componentStatuses(api, name))[0]
    : resource.collection.get(namespace, name);
  if (!entry) throw notFound(groupResource(resource), name);
  await sendEntry(api, response, target, entry, shape, 200, context);
}

/** Objects that exist only while they are looked at. */
const isComputed = ({ collection }: Target["resource"]) => collection.id === "core/componentstatuses";

async function list(call: Call): Promise<void> {
  const { api, request, response, target, context } = call;
  const { kind } = target.resource;
  const shape = negotiate(request.headers.accept, kind);
  if (call.info.query.get("fieldSelector"))
    await prepareServed(target.resource, target.resource.collection.list(target.namespace));
  await api.registry.store.settled();
  const { entries: stored, ...metadata } = listObjects(api.registry, target.resource, listRequest(call));
  await prepareServed(target.resource, stored);
  const entries = isComputed(target.resource) ? await componentStatuses(api) : stored;
  setWarnings(response, context.warnings);
  if (shape.as === "Table") {
    const options = tableOptions(api, call.info.query);
    const rows = entries.map((entry) =>
      rowJson(kind, served(target.resource, entry), options, entry.metadataJson),
    );
    return sendJson(response, 200, tableJson(metadata, columnsJson(kind), rows), shape.encoding);
  }
  if (shape.as !== "object") {
    const items = entries.map((entry) => partialJson(entry.metadataJson));
    const head = `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(metadata)}`;
    return sendJson(response, 200, arrayText(`${head},"items":`, items, "}"), shape.encoding);
  }
  sendJson(response, 200, listJson(target.resource, entries, metadata), shape.encoding);
}

function listJson(resource: Target["resource"], entries: readonly Entry[], metadata: object): JsonText {
  const { kind } = resource;
  const items = entries.map((entry) => {
    if (!kind.storage && !kind.conversion) return kind.isCustom ? entry.json : `{${entry.body}`;
    const { kind: name, apiVersion, ...rest } = served(resource, entry);
    return JSON.stringify(kind.isCustom ? { apiVersion, kind: name, ...rest } : rest);
  });
  const head = `{"kind":"${kind.listKind ?? `${kind.kind}List`}","apiVersion":"${apiVersionOf(kind)}","metadata":${JSON.stringify(metadata)}`;
  return arrayText(`${head},"items":`, items, "}");
}

async function create(call: Call): Promise<void> {
  const { api, request, response, target, context } = call;
  const { resource } = target;
  if (target.name) throw methodNotSupported(groupResource(resource), "create");
  const shape = negotiate(request.headers.accept, resource.kind);
  const object = await decode(call, resource.kind.kind);
  if (isReview(resource)) {
    const answer = await review(api, target, object, context);
    setWarnings(response, context.warnings);
    return sendJson(response, 201, JSON.stringify(answer), shape.encoding);
  }
  if (resource.kind.plural === "bindings" && resource.kind.group === "") {
    const pods = api.registry.resource({ group: "", version: "v1", plural: "pods" });
    const bound = {
      resource: pods,
      namespace: target.namespace,
      name: object.metadata?.name ?? "",
      subresource: "binding",
    };
    const answer = await createOnSubresource(api, bound, object, context);
    await api.registry.store.durable();
    return sendJson(response, 201, JSON.stringify(answer), shape.encoding);
  }
  const entry = await createObject(api.registry, resource, target.namespace, object, context);
  await api.registry.store.durable();
  await sendEntry(api, response, target, entry, shape, 201, context);
}

/** Kinds whose strategies say AllowCreateOnUpdate: a PUT makes what is not there. */
const createdByPut = new Set([
  "core/endpoints",
  "core/events",
  "core/limitranges",
  "core/services",
  "coordination.k8s.io/leases",
  "rbac.authorization.k8s.io/clusterrolebindings",
  "rbac.authorization.k8s.io/clusterroles",
  "rbac.authorization.k8s.io/rolebindings",
  "rbac.authorization.k8s.io/roles",
]);

async function update(call: Call): Promise<void> {
  const { api, request, response, target, context } = call;
  const { resource, namespace, name, subresource } = target;
  if (!name) throw methodNotSupported(groupResource(resource), "update");
  const shape = negotiate(request.headers.accept, resource.kind);
  const object = await decode(call, resource.kind.kind);
  if (!subresource && createdByPut.has(resource.collection.id) && !resource.collection.get(namespace, name)) {
    authorize(api, context.user, "create", target);
    checkKind(resource, object);
    checkName(object, name);
    const entry = await createObject(api.registry, resource, namespace, object, context);
    await api.registry.store.durable();
    return sendEntry(api, response, target, entry, shape, 201, context);
  }
  const entry = await replaceObject(api.registry, resource, namespace, name, object, context, {
    subresource,
  });
  await api.registry.store.durable();
  await sendEntry(api, response, target, entry, shape, 200, context);
}

async function patch(call: Call): Promise<void> {
  const { api, request, response, target, context, info } = call;
  const { resource } = target;
  if (!target.name) throw methodNotSupported(groupResource(resource), "patch");
  const shape = negotiate(request.headers.accept, resource.kind);
  const { type, value } = await readPatch(call);
  const existed = resource.collection.get(target.namespace, target.name) !== undefined;
  const entry = await patchObject(api.registry, target, type, value, context, {
    force: info.query.get("force") === "true",
    authorizeCreate: () => authorize(api, context.user, "create", target),
    decode: (object) => decodePatched(type, value, object, () => checkFields(resource, object, context)),
  });
  await api.registry.store.durable();
  await sendEntry(api, response, target, entry, shape, existed ? 200 : 201, context);
}

async function remove(call: Call): Promise<void> {
  const { api, request, response, target, context } = call;
  const { resource, namespace, name } = target;
  const shape = negotiate(request.headers.accept, resource.kind);
  const options = await deleteOptions(call);
  if ((options as { dryRun?: string[] }).dryRun?.length) context.dryRun = true;
  const { entry, gone } = await deleteObject(api.registry, resource, namespace, name, context, options);
  await api.registry.store.durable();
  if (!gone || returnsDeletedObject(resource.kind))
    return sendEntry(api, response, target, entry, shape, 200, context);
  const { group, plural } = resource.kind;
  setWarnings(response, context.warnings);
  const details = { name, ...(group ? { group } : {}), kind: plural, uid: entry.object.metadata.uid };
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
  sendJson(response, 200, JSON.stringify(status), shape.encoding);
}

async function removeAll(call: Call): Promise<void> {
  const { api, request, response, target, context } = call;
  const { resource } = target;
  const { encoding } = negotiate(request.headers.accept, resource.kind);
  if (resource.kind.verbs && !resource.kind.verbs.includes("deletecollection"))
    throw methodNotSupported(groupResource(resource), "deletecollection");
  const options = await deleteOptions(call);
  if ((options as { dryRun?: string[] }).dryRun?.length) context.dryRun = true;
  const { entries, ...metadata } = listObjects(api.registry, resource, listRequest(call));
  const { store } = api.registry;
  // Deletions that wait for a webhook are of many transactions: each must be safe.
  const written = new Set<Promise<void>>();
  for (const { object } of entries) {
    const { namespace, name } = object.metadata;
    await deleteObject(api.registry, resource, namespace, name, context, options).catch(
      (failure: unknown) => {
        if (!(failure instanceof ApiStatusError && failure.code === 404)) throw failure;
      },
    );
    written.add(store.durable());
  }
  await Promise.all(written);
  await prepareServed(resource, entries);
  sendJson(response, 200, listJson(resource, entries, metadata), encoding);
}

async function answerSubresource(call: Call, verb: string): Promise<void> {
  const { api, request, response, target, context, info } = call;
  const { resource, subresource } = target;
  if (subresource === "status" && resource.kind.subresources?.status) {
    if (verb === "get") return get(call);
    if (verb === "update") return update(call);
    if (verb === "patch") return patch(call);
    throw methodNotSupported(groupResource(resource), verb);
  }
  const handler = findSubresource(target);
  if (!handler) throw noSuchResource();
  await api.registry.store.settled();
  const current = resource.collection.get(target.namespace, target.name);
  if (current) await prepareServed(resource, [current]);
  if (handler.serve) {
    await admitConnect(api, target, info, context);
    return handler.serve({ api, request, response, target, context, info });
  }
  const shape = negotiate(request.headers.accept, {});
  let result: KubeObject;
  switch (verb) {
    case "create":
      result = await createOnSubresource(api, target, await decode(call, subresource), context);
      break;
    case "get":
      if (!handler.get) throw methodNotSupported(groupResource(resource), verb);
      result = handler.get(api, target);
      break;
    case "update":
      if (!handler.update) throw methodNotSupported(groupResource(resource), verb);
      result = await handler.update(api, target, await decode(call, subresource), context);
      break;
    case "patch": {
      if (!handler.patch) throw methodNotSupported(groupResource(resource), verb);
      const { type, value } = await readPatch(call);
      result = await handler.patch(
        api,
        target,
        { type, value, force: info.query.get("force") === "true" },
        context,
      );
      break;
    }
    default:
      throw methodNotSupported(groupResource(resource), verb);
  }
  await api.registry.store.durable();
  setWarnings(response, context.warnings);
  sendJson(response, verb === "create" ? 201 : 200, JSON.stringify(result), shape.encoding);
}
