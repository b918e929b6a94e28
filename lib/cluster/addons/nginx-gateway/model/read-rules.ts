import type {
  GrpcMatch,
  HeaderMatch,
  HttpMatch,
  Route,
  RouteRule,
} from "@/lib/cluster/addons/gateway-api/types";
import { isFalse, type Finding } from "./conditions";
import type { Action, Backend, Match, Upstream } from "./configuration";
import type { Inputs } from "./graph";
import { readFilters } from "./read-filters";
import { resolveBackend } from "./resolve-backend";

export interface ReadRule {
  matches: Match[];
  action: Action;
}

export interface ReadRoute {
  rules: ReadRule[];
  upstreams: Upstream[];
  findings: Finding[];
}

/** What an HTTPRoute or GRPCRoute wants done, wherever it is attached. */
export function readRules(route: Route, inputs: Inputs): ReadRoute {
  const read: ReadRoute = { rules: [], upstreams: [], findings: [] };
  const dropped: string[] = [];
  for (const [index, rule] of (route.spec.rules ?? []).entries()) {
    const path = `spec.rules[${index}]`;
    const matches = matchesOf(route, rule);
    const problem = matches.flatMap((match) => patternProblem(match) ?? [])[0];
    if (problem) {
      dropped.push(`${path}.matches: Invalid value: ${problem}`);
      continue;
    }
    read.rules.push({ matches, action: readAction(route, rule, index, inputs, read) });
  }
  if (dropped.length > 0)
    read.findings.push(
      read.rules.length === 0
        ? isFalse("Accepted", "UnsupportedValue", `All rules are invalid: ${dropped.join("; ")}`)
        : {
            type: "PartiallyInvalid",
            status: "True",
            reason: "UnsupportedValue",
            message: `Dropped Rule(s): ${dropped.join("; ")}`,
          },
    );
  return read;
}

function readAction(route: Route, rule: RouteRule, index: number, inputs: Inputs, read: ReadRoute): Action {
  const path = `spec.rules[${index}]`;
  const own = readFilters(rule.filters, route, inputs, path);
  read.upstreams.push(...own.upstreams);
  read.findings.push(...own.findings);
  const { namespace, name } = route.metadata;
  return {
    name: `${route.kind} ${namespace}/${name} rule ${index}`,
    isGrpc: route.kind === "GRPCRoute",
    filters: own.filters,
    backends: (rule.backendRefs ?? []).map((reference, at): Backend => {
      const where = `${path}.backendRefs[${at}]`;
      const filters = readFilters(reference.filters, route, inputs, where);
      const found = resolveBackend(reference, route, inputs, where);
      read.upstreams.push(...filters.upstreams);
      read.findings.push(...filters.findings);
      if ("reason" in found) read.findings.push(found);
      else read.upstreams.push(found);
      const isUsable = !("reason" in found) && !own.isBroken && !filters.isBroken;
      return {
        upstream: isUsable ? found.name : undefined,
        weight: reference.weight ?? 1,
        filters: filters.filters,
        ...(isUsable && found.tls ? { tls: found.tls } : {}),
      };
    }),
    timeouts: rule.timeouts ?? {},
  };
}

function matchesOf(route: Route, rule: RouteRule): Match[] {
  if (route.kind === "GRPCRoute") return (rule.matches?.length ? rule.matches : [{}]).map(grpcMatch);
  return (rule.matches?.length ? rule.matches : [{}]).map((match) => httpMatch(match as HttpMatch));
}

function httpMatch({ path, headers, queryParams, method }: HttpMatch): Match {
  return {
    path: { type: path?.type ?? "PathPrefix", value: path?.value ?? "/" },
    ...(method ? { method } : {}),
    headers: distinct(headers, (name) => name.toLowerCase()),
    params: distinct(queryParams, (name) => name),
  };
}

/** Methods of gRPC are paths: "/package.Service/Method". */
function grpcMatch(match: HttpMatch | GrpcMatch): Match {
  const { method, headers } = match as GrpcMatch;
  const { type = "Exact", service, method: name } = method ?? {};
  const path: Match["path"] =
    type === "RegularExpression"
      ? { type, value: `^/${service ?? "[^/]+"}/${name ?? "[^/]+"}$` }
      : service && name
        ? { type: "Exact", value: `/${service}/${name}` }
        : service
          ? { type: "PathPrefix", value: `/${service}` }
          : name
            ? { type: "RegularExpression", value: `^/[^/]+/${name.replaceAll(".", "\\.")}$` }
            : { type: "PathPrefix", value: "/" };
  return { path, headers: distinct(headers, (one) => one.toLowerCase()), params: [] };
}

/** Of entries with the same name the first counts (HTTPRouteMatch). */
function distinct(
  matches: HeaderMatch[] | undefined,
  keyOf: (name: string) => string,
): Required<HeaderMatch>[] {
  const found = new Map<string, Required<HeaderMatch>>();
  for (const { type = "Exact", name, value } of matches ?? [])
    if (!found.has(keyOf(name))) found.set(keyOf(name), { type, name: keyOf(name), value });
  return [...found.values()];
}

function patternProblem({ path, headers, params }: Match): string | undefined {
  const patterns = [
    ...(path.type === "RegularExpression" ? [path.value] : []),
    ...[...headers, ...params].filter(({ type }) => type === "RegularExpression").map(({ value }) => value),
  ];
  return patterns.find((pattern) => {
    try {
      return !new RegExp(pattern);
    } catch {
      return true;
    }
  });
}
