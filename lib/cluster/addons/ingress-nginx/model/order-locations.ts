import type { Location } from "./configuration";

/**
 * Longer paths first, and a Prefix "/shop" as what nginx needs for it: "/shop/" with all below, and "/shop" alone
 * (ingress-nginx, updateServerLocations). Paths with a rewrite or regular expressions stay as written.
 */
export function orderLocations(locations: Location[]): Location[] {
  const sorted = [...locations].sort(
    (a, b) => b.path.length - a.path.length || (a.path < b.path ? 1 : a.path > b.path ? -1 : 0),
  );
  const exact = new Set(sorted.filter(({ pathType }) => pathType === "Exact").map(({ path }) => path));
  return sorted.flatMap((location) => {
    const { path, pathType } = location;
    if (path === "/" || pathType !== "Prefix" || isRegex(location)) return [location];
    const below = { ...location, path: path.endsWith("/") ? path : `${path}/` };
    const itself = { ...location, path: path.endsWith("/") ? path.replace(/\/+$/, "") || "/" : path };
    return exact.has(path) ? [below] : [below, { ...itself, pathType: "Exact" as const }];
  });
}

/** Whether the path is a regular expression; one such location makes all of its server's so. */
export function isRegex({ path, settings }: Location): boolean {
  return (settings["use-regex"] ?? false) || rewrites({ path, settings });
}

export function rewrites({ path, settings }: Pick<Location, "path" | "settings">): boolean {
  const target = settings["rewrite-target"];
  return target !== undefined && target !== "" && target !== path;
}
