import type { Route, RouteFilter } from "@/lib/cluster/addons/gateway-api/types";
import { isFalse, type Finding } from "./conditions";
import type { Filters, Upstream } from "./configuration";
import type { Inputs } from "./graph";
import { resolveBackend } from "./resolve-backend";

export interface ReadFilters {
  filters: Filters;
  /** What mirrors need. */
  upstreams: Upstream[];
  findings: Finding[];
  /** A filter that is not applied makes the whole answer wrong: 500 instead (HTTPRouteFilter). */
  isBroken: boolean;
}

export function readFilters(
  list: RouteFilter[] | undefined,
  route: Route,
  inputs: Inputs,
  path: string,
): ReadFilters {
  const read: ReadFilters = { filters: { mirrors: [] }, upstreams: [], findings: [], isBroken: false };
  for (const [index, filter] of (list ?? []).entries()) {
    const at = `${path}.filters[${index}]`;
    switch (filter.type) {
      case "RequestHeaderModifier":
        if (filter.requestHeaderModifier) read.filters.requestHeaders = filter.requestHeaderModifier;
        break;
      case "ResponseHeaderModifier":
        if (filter.responseHeaderModifier) read.filters.responseHeaders = filter.responseHeaderModifier;
        break;
      case "RequestRedirect":
        read.filters.redirect = { statusCode: 302, ...filter.requestRedirect };
        break;
      case "URLRewrite":
        read.filters.rewrite = filter.urlRewrite ?? {};
        break;
      case "RequestMirror":
        addMirror(read, filter, route, inputs, at);
        break;
      default:
        read.isBroken = true;
        read.findings.push(
          isFalse(
            "ResolvedRefs",
            "InvalidFilter",
            `${at}: Not found: ${filter.type} ${filter.extensionRef?.kind ?? ""} ${filter.extensionRef?.name ?? ""}`.trimEnd(),
          ),
        );
    }
  }
  return read;
}

/** A mirror whose backend cannot be had is left out; the request itself goes its way. */
function addMirror(
  read: ReadFilters,
  { requestMirror }: RouteFilter,
  route: Route,
  inputs: Inputs,
  path: string,
): void {
  if (!requestMirror) return;
  const found = resolveBackend(requestMirror.backendRef, route, inputs, `${path}.requestMirror.backendRef`);
  if ("reason" in found) return void read.findings.push(found);
  const { percent, fraction } = requestMirror;
  const share = fraction ? (100 * fraction.numerator) / (fraction.denominator ?? 100) : (percent ?? 100);
  if (found.endpoints.length > 0 && share > 0) {
    read.upstreams.push(found);
    read.filters.mirrors.push({ upstream: found.name, percent: share });
  }
}
