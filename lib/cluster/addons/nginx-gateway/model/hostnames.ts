/** Host names as listeners and routes have them: precise, "*.example.com" for all below, "" for every host. */

/** Whether every host that `narrow` stands for is one of `wide`'s. */
export function covers(wide: string, narrow: string): boolean {
  if (wide === "" || wide === narrow) return true;
  return wide.startsWith("*.") && narrow.length > wide.length - 1 && narrow.endsWith(wide.slice(1));
}

/** The hosts that both stand for: the narrower name, undefined when there are none. */
export function intersection(one: string, other: string): string | undefined {
  if (covers(one, other)) return other;
  return covers(other, one) ? one : undefined;
}

/** What of a route's hosts a listener serves; undefined when nothing. */
export function servedHosts(listener: string, route: string[] | undefined): string[] | undefined {
  if (!route || route.length === 0) return [listener];
  const hosts = route.flatMap((host) => intersection(listener, host) ?? []);
  return hosts.length > 0 ? [...new Set(hosts)] : undefined;
}

/** Below zero when `one` is the narrower. */
export function bySpecificity(one: string, other: string): number {
  const rank = (host: string) => (host === "" ? 0 : host.startsWith("*.") ? 1 : 2);
  return rank(other) - rank(one) || other.length - one.length || (one < other ? -1 : one > other ? 1 : 0);
}
