import type { Location, Upstream } from "../model/configuration";
import { addAffinity } from "./affinity";
import { addCanary } from "./canary";
import { addCors } from "./cors";
import { addLimits } from "./limits";
import type { Lines } from "./text";

/** What a location needs outside of its server: maps that choose, zones that count. `id` is unique to the location. */
export interface LocationVariables {
  /** Lines of the http block. */
  http: Lines;
  /** Upstream to pass to: a name or a variable. */
  target: string;
  /** Header lines, sent whatever the status. */
  headers: string[];
  limits: string[];
  cors?: { origin: string; headers: string[]; isPreflight: string };
}

export function locationVariables(
  id: string,
  location: Location,
  upstreams: ReadonlyMap<string, Upstream>,
): LocationVariables {
  const result: LocationVariables = { http: [], target: location.upstream, headers: [], limits: [] };
  addAffinity(id, location, upstreams, result);
  addCanary(id, location, upstreams, result);
  addLimits(id, location, result);
  addCors(id, location, result);
  return result;
}
