import { createHash } from "node:crypto";
import type { Upstream } from "../model/configuration";

/** One upstream an endpoint, for clients that come back with its key in a cookie; the others stand in when it fails. */
export function stickyUpstreams(
  upstream: Upstream | undefined,
): { key: string; name: string; servers: string[] }[] {
  if (!upstream?.affinity) return [];
  return upstream.endpoints.map((endpoint) => {
    const key = createHash("md5").update(endpoint).digest("hex");
    const others = upstream.endpoints.filter((other) => other !== endpoint).map((other) => `${other} backup`);
    return { key, name: `${upstream.name}-${key}`, servers: [endpoint, ...others] };
  });
}
