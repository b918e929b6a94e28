import type { PreviewPlace } from "@/lib/auth/preview-tickets";

/** The authority that a lab's server is asked as. */
export function authorityOf({ scheme, port, host }: PreviewPlace, address: string): string {
  if (host !== undefined) return host;
  return port === (scheme === "https" ? 443 : 80) ? address : `${address}:${port}`;
}

/**
 * Where a redirect leads: to a path of the same server, or to another address, which is told and not followed. `names` are
 * the authorities that mean this server, the one that it was asked as first.
 */
export function redirectTarget(
  location: string,
  { scheme, names, path }: { scheme: string; names: readonly string[]; path: string },
): { path: string } | { elsewhere: string } {
  const base = `${scheme}://${names[0]}`;
  if (!URL.canParse(location, `${base}${path}`)) return { elsewhere: location };
  const target = new URL(location, `${base}${path}`);
  const isOwn = names.some((name) => new URL(`${scheme}://${name}`).origin === target.origin);
  return isOwn ? { path: `${target.pathname}${target.search}${target.hash}` } : { elsewhere: target.href };
}
