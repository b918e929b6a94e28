import { parseFieldSelector, parseFieldTerms } from "@/lib/cluster/client/field-selector";
import { parseLabelSelector } from "@/lib/cluster/client/label-selector";
import {
  badRequest,
  expired,
  methodNotSupported,
  timeout,
  type ApiStatusError,
} from "@/lib/cluster/client/status";
import type { Entry } from "../store/collection";
import { byBytes, keyOf } from "../store/collection";
import { groupResource, served, type Registry, type Resource } from "./registry";

export interface ListRequest {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: string;
}

export interface ListResult {
  entries: readonly Entry[];
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

export type EntryPredicate = (entry: Entry) => boolean;

interface ContinueToken {
  v: "meta.k8s.io/v1";
  /** Not above 0: of the list as it is. */
  rv: number;
  start: string;
}

const expiredContinue =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/** A consistent page of a collection; the entries are shared with the store. */
export function listObjects(registry: Registry, resource: Resource, request: ListRequest): ListResult {
  if (resource.kind.verbs && !resource.kind.verbs.includes("list"))
    throw methodNotSupported(groupResource(resource), "list");
  const token = request.continue ? parseToken(request.continue) : undefined;
  const exact = request.resourceVersionMatch === "Exact";
  checkVersions(registry, request);
  const rv = token && token.rv > 0 ? token.rv : exact ? Number(request.resourceVersion) : registry.store.rv;
  let entries: readonly Entry[];
  try {
    entries = collect(registry, resource, request, rv);
  } catch (failure) {
    throw token ? expiredWith({ ...token, rv: -1 }) : failure;
  }
  const matches = entryPredicate(resource, request);
  if (matches) entries = entries.filter(matches);
  if (token) entries = entries.slice(firstAtOrAfter(entries, token.start));
  const version = { resourceVersion: String(rv) };
  const limit = request.limit ?? 0;
  if (limit <= 0 || entries.length <= limit) return { entries, ...version };
  const page = entries.slice(0, limit);
  const next: ContinueToken = { v: "meta.k8s.io/v1", rv, start: `${keyOf(page.at(-1)!.object)}\0` };
  return {
    entries: page,
    ...version,
    continue: encodeToken(next),
    ...(matches ? {} : { remainingItemCount: entries.length - limit }),
  };
}

const encodeToken = (token: ContinueToken) => Buffer.from(JSON.stringify(token)).toString("base64url");

/** 410 with the token of the rest of the list as it is now. */
function expiredWith(token: ContinueToken): ApiStatusError {
  const error = expired(expiredContinue);
  error.status.metadata = { continue: encodeToken(token) };
  return error;
}

function collect(registry: Registry, resource: Resource, request: ListRequest, rv: number): readonly Entry[] {
  const { collection } = resource;
  if (rv < registry.store.rv) return collection.listAt(rv, request.namespace);
  // One object asked for by name is a look-up.
  const name = exactName(request.fieldSelector);
  if (name !== undefined && (request.namespace !== undefined || !resource.kind.namespaced)) {
    const entry = collection.get(request.namespace, name);
    return entry ? [entry] : [];
  }
  return collection.list(request.namespace);
}

/** Undefined when everything matches. */
export function entryPredicate(
  resource: Resource,
  { labelSelector, fieldSelector }: Pick<ListRequest, "labelSelector" | "fieldSelector">,
): EntryPredicate | undefined {
  if (!labelSelector && !fieldSelector) return undefined;
  const labels = parseLabelSelector(labelSelector ?? "");
  const fields = parseFieldSelector(fieldSelector ?? "", resource.kind);
  return (entry) => labels(entry.object.metadata.labels) && fields(served(resource, entry));
}

/** The name that a field selector pins down, if it does. */
export function exactName(fieldSelector: string | undefined): string | undefined {
  if (!fieldSelector) return undefined;
  return parseFieldTerms(fieldSelector).find(({ field, equal }) => field === "metadata.name" && equal)?.value;
}

function checkVersions(registry: Registry, request: ListRequest): void {
  const { resourceVersion: version, resourceVersionMatch: match } = request;
  if (match && !version)
    throw badRequest(
      "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
    );
  if (match && match !== "Exact" && match !== "NotOlderThan")
    throw badRequest(
      `resourceVersionMatch: Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`,
    );
  if (!version) return;
  const asked = parseVersion(version);
  if (request.continue && asked > 0)
    throw badRequest("specifying resource version is not allowed when using continue");
  if (match === "Exact" && asked === 0)
    throw badRequest(
      'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    );
  if (asked > registry.store.rv)
    throw Object.assign(
      timeout(`Too large resource version: ${asked}, current: ${registry.store.rv}`, 1),
      {},
    );
}

export function parseVersion(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw badRequest(
      `Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

function parseToken(text: string): ContinueToken {
  try {
    const token = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as ContinueToken;
    if (token.v === "meta.k8s.io/v1" && Number.isSafeInteger(token.rv) && typeof token.start === "string")
      return token;
  } catch {
    // not ours: the same answer as for a token of the wrong shape
  }
  throw badRequest("continue key is not valid");
}

function firstAtOrAfter(entries: readonly Entry[], start: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byBytes(keyOf(entries[middle]!.object), start) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
