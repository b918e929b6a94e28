import type { IngressBackend } from "@/lib/cluster/resources/types";
import type { Settings } from "../settings/annotations";
import type { ParsedIngress } from "./build-configuration";
import { defaultServer, type Server } from "./configuration";
import { upstreamName } from "./endpoints";

/** A canary Ingress adds a second upstream to the location that another Ingress has for the same host, path and type; alone it does nothing. */
export function addCanaries(
  ingresses: ParsedIngress[],
  servers: Map<string, Server>,
  use: (namespace: string, backend: IngressBackend, settings: Settings) => string,
): void {
  for (const { ingress, settings } of ingresses) {
    if (!settings.canary) continue;
    const namespace = ingress.metadata.namespace!;
    for (const { host, http } of ingress.spec?.rules ?? [])
      for (const { path, pathType, backend } of http?.paths ?? []) {
        if (!backend.service) continue;
        const name = upstreamName(namespace, backend.service);
        const primary = servers
          .get(host || defaultServer)
          ?.locations.find(
            (location) =>
              !location.isDefaultBackend &&
              location.path === (path || "/") &&
              (location.pathType === "Exact") === (pathType === "Exact") &&
              location.upstream !== name,
          );
        if (primary && !primary.alternative)
          primary.alternative = { upstream: use(namespace, backend, settings), settings };
      }
  }
}
