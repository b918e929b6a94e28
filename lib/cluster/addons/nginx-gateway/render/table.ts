import type { PathModifier } from "@/lib/cluster/addons/gateway-api/types";
import type { Action, Backend, Configuration, Entry, Filters, Match, Mirror } from "../model/configuration";

/** One location of nginx: an entry's action with one of its backends. */
export interface Location {
  /** "/_gw/0_1_0" without what stands before the numbers. */
  key: string;
  action: Action;
  /** Undefined where a redirect answers by itself. */
  backend: Backend | undefined;
  /** The rule's filters and then the backend's own. */
  filters: Filters;
  mirrors: (Mirror & { key: string })[];
}

type Modifier = PathModifier & { prefix: string };

/** What njs (httpmatches.js) decides by: matches.json. */
export interface Table {
  servers: { match: Match; targets: { location: string; until: number }[] }[][];
  locations: Record<
    string,
    { path?: Modifier; redirect?: Omit<NonNullable<Filters["redirect"]>, "path"> & { path?: Modifier } }
  >;
}

export const locationPath = (key: string) => `/_gw/${key}`;
/** Of requests that go to their backend as they are: its name follows. */
export const plainPath = locationPath("plain/");

/**
 * Every server's locations in the order of `configuration.servers`, and the table that leads to them. Its last server is that
 * of hosts that nobody has claimed.
 */
export function planLocations(configuration: Configuration): { table: Table; locations: Location[][] } {
  const table: Table = { servers: [], locations: {} };
  const withEndpoints = new Set(
    configuration.upstreams.filter(({ endpoints }) => endpoints.length > 0).map(({ name }) => name),
  );
  const locations = configuration.servers.map(({ entries }, server) => {
    const own: Location[] = [];
    table.servers.push(
      entries.map((entry, index) => ({
        match: entry.match,
        targets: targetsOf(entry, `${server}_${index}`, withEndpoints, own),
      })),
    );
    for (const location of own) table.locations[location.key] = detailsOf(location, entries);
    return own;
  });
  table.servers.push([]);
  return { table, locations };
}

function targetsOf({ action }: Entry, key: string, withEndpoints: ReadonlySet<string>, own: Location[]) {
  const add = (location: Pick<Location, "key" | "backend" | "filters">) => {
    const mirrors = location.filters.mirrors.map((mirror, at) => ({
      ...mirror,
      key: `${location.key}_m${at}`,
    }));
    own.push({ ...location, action, mirrors });
    return locationPath(location.key);
  };
  if (action.filters.redirect)
    return [{ location: add({ key, backend: undefined, filters: action.filters }), until: 1 }];
  const backends = action.backends.filter(({ weight }) => weight > 0);
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return [{ location: locationPath("500"), until: 1 }];
  let sum = 0;
  return backends.map((backend, at) => {
    sum += backend.weight;
    const filters = {
      ...action.filters,
      ...backend.filters,
      mirrors: [...action.filters.mirrors, ...backend.filters.mirrors],
    };
    const until = sum / total;
    const { upstream } = backend;
    if (upstream === undefined) return { location: locationPath("500"), until };
    if (!filters.redirect && !withEndpoints.has(upstream)) return { location: locationPath("503"), until };
    if (isPlain(action, backend, filters)) return { location: plainPath + upstream, until };
    return { location: add({ key: `${key}_${at}`, backend, filters }), until };
  });
}

/** Whether nothing but the backend tells its requests from others. */
function isPlain({ isGrpc, timeouts }: Action, { tls }: Backend, { mirrors, ...filters }: Filters): boolean {
  const isLeftAlone = [timeouts, filters].every((of) =>
    Object.values(of).every((value) => value === undefined),
  );
  return !isGrpc && !tls && mirrors.length === 0 && isLeftAlone;
}

function detailsOf({ key, filters }: Location, entries: Entry[]): Table["locations"][string] {
  const path = entries[Number(key.split("_")[1])]!.match.path;
  const prefix = path.type === "PathPrefix" ? path.value : "";
  const { redirect, rewrite } = filters;
  return {
    ...(rewrite?.path ? { path: { ...rewrite.path, prefix } } : {}),
    ...(redirect ? { redirect: withPrefix(redirect, prefix) } : {}),
  };
}

function withPrefix({ path, ...redirect }: NonNullable<Filters["redirect"]>, prefix: string) {
  return { ...redirect, ...(path ? { path: { ...path, prefix } } : {}) };
}
