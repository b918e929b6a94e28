import type { IncomingMessage, ServerResponse } from "node:http";
import { noSuchResource, notAcceptable } from "@/lib/cluster/client/status";
import type { Subresource } from "@/lib/cluster/resources/kind";
import type { RemoteService } from "../aggregation/remote-service";
import type { Api } from "../api";
import { apiVersionOf, type ServedKind } from "../registry/registry";
import { parseMediaTypes } from "./negotiate";
import { sendJson } from "./respond";

/** The verbs of a stored kind, as upstream sorts them. */
const storedVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const readWrite = ["get", "patch", "update"];

/** Documents are made once per set of kinds; kubectl asks for them with every command. */
const caches = new WeakMap<Api, { generation: number; documents: Map<string, string> }>();

export function answerDiscovery(
  api: Api,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): void {
  const clean = path.replace(/\/+$/, "");
  const aggregated = (clean === "/api" || clean === "/apis") && wantsAggregated(request.headers.accept);
  const json = cached(api, `${clean}${aggregated ? "?aggregated" : ""}`, () =>
    document(api, clean, aggregated),
  );
  if (json === undefined) throw noSuchResource();
  response.setHeader("Vary", "Accept");
  if (aggregated) {
    const body = Buffer.from(json);
    response.writeHead(200, {
      "Content-Type": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
      "Content-Length": body.length,
      "Cache-Control": "no-cache, private",
    });
    response.end(body);
    return;
  }
  sendJson(response, 200, json);
}

function wantsAggregated(accept: string | undefined): boolean {
  for (const { type, parameters } of parseMediaTypes(accept)) {
    if (parameters.as === "APIGroupDiscoveryList" && parameters.g === "apidiscovery.k8s.io") {
      if (parameters.v === "v2" && type === "application/json") return true;
      continue; // v2beta1 has other versions of the types; protobuf is not served
    }
    if (["application/json", "*/*", "application/*"].includes(type)) return false;
  }
  if (accept) throw notAcceptable(["application/json"]);
  return false;
}

function cached(api: Api, key: string, make: () => object | undefined): string | undefined {
  let cache = caches.get(api);
  if (!cache || cache.generation !== api.registry.generation) {
    cache = { generation: api.registry.generation, documents: new Map() };
    caches.set(api, cache);
  }
  let json = cache.documents.get(key);
  if (json === undefined) {
    const made = make();
    if (!made) return undefined;
    json = JSON.stringify(made);
    cache.documents.set(key, json);
  }
  return json;
}

function document(api: Api, path: string, aggregated: boolean): object | undefined {
  const remotes = api.aggregator.remotes();
  const taken = new Set(remotes.map(apiVersionOf));
  const kinds = api.registry.kinds().filter((kind) => !taken.has(apiVersionOf(kind)));
  if (aggregated) return aggregatedList(kinds, remotes, path === "/api");
  const [root, group, version, ...rest] = path.slice(1).split("/");
  if (rest.length > 0) return undefined;
  if (root === "api") {
    if (group === undefined) return apiVersions();
    return version === undefined ? resourceList(kinds, "", group) : undefined;
  }
  if (group === undefined)
    return {
      kind: "APIGroupList",
      apiVersion: "v1",
      groups: groupsOf(kinds, remotes).map((name) => apiGroup(kinds, remotes, name)),
    };
  if (!groupsOf(kinds, remotes).includes(group)) return undefined;
  if (version === undefined)
    return { kind: "APIGroup", apiVersion: "v1", ...apiGroup(kinds, remotes, group) };
  return resourceList(kinds, group, version);
}

const apiVersions = () => ({
  kind: "APIVersions",
  versions: ["v1"],
  serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: "kubernetes.default.svc:443" }],
});

/** What custom resources' groups have. */
const customPriority = 1000;

/** Built-in groups in upstream's order, then the others: by priority, then by name. */
function groupsOf(kinds: ServedKind[], remotes: RemoteService[]): string[] {
  const builtIn = new Set(kinds.filter((kind) => !kind.isCustom).map(({ group }) => group));
  const others = new Map<string, number>();
  for (const { group } of kinds) if (!builtIn.has(group)) others.set(group, customPriority);
  for (const { group, priority } of remotes)
    if (!builtIn.has(group)) others.set(group, Math.max(priority.group, others.get(group) ?? 0));
  const sorted = [...others].sort(([a, high], [b, low]) => low - high || (a < b ? -1 : 1));
  return [...builtIn, ...sorted.map(([group]) => group)].filter(Boolean);
}

function versionsOf(kinds: ServedKind[], remotes: RemoteService[], group: string): string[] {
  const own = kinds.filter((kind) => kind.group === group);
  const elsewhere = remotes.filter((remote) => remote.group === group).map(({ version }) => version);
  const versions = [...new Set([...own.map(({ version }) => version), ...elsewhere])];
  return own.some((kind) => !kind.isCustom) ? versions : versions.sort(byPriority);
}

/** GA before beta before alpha, newer first, anything else last. */
function byPriority(a: string, b: string): number {
  const rank = (version: string): [number, number, number] => {
    const [, major, stage, minor] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
    if (major === undefined) return [3, 0, 0];
    return [stage === undefined ? 0 : stage === "beta" ? 1 : 2, -Number(major), -Number(minor ?? 0)];
  };
  const [left, right] = [rank(a), rank(b)];
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2] || (a < b ? -1 : 1);
}

function apiGroup(kinds: ServedKind[], remotes: RemoteService[], name: string) {
  const versions = versionsOf(kinds, remotes, name).map((version) => ({
    groupVersion: `${name}/${version}`,
    version,
  }));
  return { name, versions, preferredVersion: versions[0] };
}

interface ListedSubresource extends Omit<Subresource, "name"> {
  name: string;
}

/** All subresources of a kind, by name. */
export function subresourcesOf(kind: ServedKind): ListedSubresource[] {
  const list: ListedSubresource[] = [...(kind.otherSubresources ?? [])];
  if (kind.subresources?.status) list.push({ name: "status", kind: kind.kind, verbs: readWrite });
  if (kind.subresources?.scale)
    list.push({ name: "scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: readWrite });
  return list.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function resourceList(kinds: ServedKind[], group: string, version: string): object | undefined {
  const own = kinds.filter((kind) => kind.group === group && kind.version === version);
  if (own.length === 0) return undefined;
  const resources = own.flatMap((kind) => [
    {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: kind.verbs ?? storedVerbs,
      ...(kind.shortNames?.length ? { shortNames: kind.shortNames } : {}),
      ...(kind.categories?.length ? { categories: kind.categories } : {}),
    },
    ...subresourcesOf(kind).map(({ name, kind: subKind, group: subGroup, version: subVersion, verbs }) => ({
      name: `${kind.plural}/${name}`,
      singularName: "",
      namespaced: kind.namespaced,
      ...(subGroup ? { group: subGroup, version: subVersion } : {}),
      kind: subKind,
      verbs,
    })),
  ]);
  resources.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionOf({ group, version }),
    resources,
  };
}

function aggregatedList(kinds: ServedKind[], remotes: RemoteService[], core: boolean): object {
  const groups = core ? [""] : groupsOf(kinds, remotes);
  const versionOf = (group: string, version: string) => {
    const remote = remotes.find((one) => one.group === group && one.version === version);
    if (remote)
      return {
        version,
        ...(remote.resources.length > 0 ? { resources: remote.resources } : {}),
        freshness: remote.isAvailable ? "Current" : "Stale",
      };
    const resources = kinds
      .filter((kind) => kind.group === group && kind.version === version)
      .sort((a, b) => (a.plural < b.plural ? -1 : 1))
      .map(discoveredResource);
    return { version, resources, freshness: "Current" };
  };
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map((group) => ({
      metadata: group ? { name: group, creationTimestamp: null } : { creationTimestamp: null },
      versions: versionsOf(kinds, remotes, group).map((version) => versionOf(group, version)),
    })),
  };
}

/** Upstream leaves out the group of built-in kinds. */
const responseKind = ({ group, version, kind, isCustom }: ServedKind) =>
  isCustom ? { group, version, kind } : { group: "", version: "", kind };

function discoveredResource(kind: ServedKind) {
  const subresources = subresourcesOf(kind).map(
    ({ name, kind: subKind, group = "", version = "", verbs }) => ({
      subresource: name,
      responseKind: { group, version, kind: subKind },
      verbs,
    }),
  );
  return {
    resource: kind.plural,
    responseKind: responseKind(kind),
    scope: kind.namespaced ? "Namespaced" : "Cluster",
    singularResource: kind.singular,
    verbs: kind.verbs ?? storedVerbs,
    ...(kind.shortNames?.length ? { shortNames: kind.shortNames } : {}),
    ...(kind.categories?.length ? { categories: kind.categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}
