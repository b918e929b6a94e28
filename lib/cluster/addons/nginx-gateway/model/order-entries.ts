import type { Route } from "@/lib/cluster/addons/gateway-api/types";
import type { Entry, Match } from "./configuration";

export interface PlacedEntry extends Entry {
  route: Route;
}

/**
 * The order in which a server's entries are tried (HTTPRouteRule.matches): exact paths, then expressions, then prefixes from the longest;
 * a method, more headers, more query parameters; the older route, the first by namespace and name; the route's own order.
 */
export function orderEntries(entries: PlacedEntry[]): Entry[] {
  return entries
    .map((entry, index) => ({ entry, index }))
    .sort(
      (a, b) =>
        byMatch(a.entry.match, b.entry.match) || byRoute(a.entry.route, b.entry.route) || a.index - b.index,
    )
    .map(({ entry: { match, action } }) => ({ match, action }));
}

const pathRank = { Exact: 0, RegularExpression: 1, PathPrefix: 2 };

function byMatch(a: Match, b: Match): number {
  return (
    pathRank[a.path.type] - pathRank[b.path.type] ||
    b.path.value.length - a.path.value.length ||
    Number(b.method !== undefined) - Number(a.method !== undefined) ||
    b.headers.length - a.headers.length ||
    b.params.length - a.params.length
  );
}

/** Below zero when `a` has precedence over `b`. */
export function byRoute(a: Route, b: Route): number {
  const key = ({ metadata }: Route) => [
    metadata.creationTimestamp ?? "",
    metadata.namespace ?? "",
    metadata.name,
  ];
  const [one, other] = [key(a), key(b)];
  for (const [index, text] of one.entries()) if (text !== other[index]) return text < other[index]! ? -1 : 1;
  return 0;
}
