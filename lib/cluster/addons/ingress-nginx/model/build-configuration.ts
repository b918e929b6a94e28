import type { Ingress, IngressBackend } from "@/lib/cluster/resources/types";
import type { Settings } from "../settings/annotations";
import { addCanaries } from "./add-canaries";
import { certificateFor } from "./certificate-for";
import {
  defaultServer,
  defaultUpstream,
  type Configuration,
  type Location,
  type Server,
  type Upstream,
} from "./configuration";
import { endpointsOf, upstreamName } from "./endpoints";
import type { Lookup } from "./lookup";
import { orderLocations } from "./order-locations";

/** An Ingress whose annotations could be read. */
export interface ParsedIngress {
  ingress: Ingress;
  settings: Settings;
}

/** The endpoint of the server in nginx itself that answers 404. */
const notFoundEndpoint = "127.0.0.1:8181";

/**
 * What all Ingresses together ask of nginx, as ingress-nginx's getBackendServers decides it: the oldest wins where two
 * want the same host, path and path type.
 */
export function buildConfiguration(
  ingresses: ParsedIngress[],
  lookup: Lookup,
  options: { defaultBackend?: { namespace: string; service: string } | undefined } = {},
): Configuration {
  const ordered = [...ingresses].sort(byAge);
  const primary = ordered.filter(({ settings }) => !settings.canary);
  const upstreams = new Map<string, Upstream>();
  upstreams.set(defaultUpstream, {
    name: defaultUpstream,
    endpoints: defaultEndpoints(lookup, options.defaultBackend),
  });
  const use = (namespace: string, backend: IngressBackend, settings: Settings): string => {
    const name = upstreamName(namespace, backend.service!);
    if (!upstreams.has(name)) {
      const byService = settings["service-upstream"] ?? false;
      upstreams.set(name, {
        name,
        endpoints: endpointsOf(namespace, backend.service!, lookup, { byService }),
      });
    }
    return name;
  };

  const servers = new Map<string, Server>();
  const root = (upstream: string, ingress?: Ingress, settings: Settings = {}): Location => ({
    path: "/",
    pathType: "Prefix",
    upstream,
    isDefaultBackend: true,
    settings,
    ...(ingress ? { ingress } : {}),
  });
  servers.set(defaultServer, {
    hostname: defaultServer,
    aliases: [],
    locations: [root(defaultUpstream)],
    certificate: "default",
    redirectFromToWww: false,
  });
  for (const { ingress, settings } of primary) {
    const { defaultBackend, rules = [] } = ingress.spec ?? {};
    const fallback = defaultBackend?.service
      ? use(ingress.metadata.namespace!, defaultBackend, settings)
      : defaultUpstream;
    const catchAll = servers.get(defaultServer)!.locations[0]!;
    if (defaultBackend?.service && rules.length === 0 && catchAll.isDefaultBackend)
      Object.assign(catchAll, {
        upstream: fallback,
        isDefaultBackend: false,
        ingress,
        service: serviceOf(defaultBackend),
        settings: withoutRedirects(settings),
      });
    for (const { host } of rules)
      if (host && !servers.has(host))
        servers.set(host, {
          hostname: host,
          aliases: [],
          locations: [root(fallback, ingress, settings)],
          redirectFromToWww: false,
        });
  }
  for (const { ingress, settings } of primary) addToServers(ingress, settings, servers, lookup);

  for (const { ingress, settings } of primary)
    for (const { host, http } of ingress.spec?.rules ?? []) {
      const server = servers.get(host || defaultServer)!;
      for (const { path, pathType, backend } of http?.paths ?? []) {
        if (!backend.service) continue;
        const upstream = use(ingress.metadata.namespace!, backend, settings);
        const wanted: Location = {
          path: path || "/",
          // Upstream takes the type that is the implementation's choice for Prefix.
          pathType: pathType === "Exact" ? "Exact" : "Prefix",
          upstream,
          isDefaultBackend: false,
          ingress,
          service: serviceOf(backend),
          settings,
        };
        addLocation(server, wanted);
        if (settings.affinity) upstreams.get(upstream)!.affinity ??= settings;
      }
    }
  addCanaries(ordered, servers, use);
  for (const server of servers.values()) {
    for (const location of server.locations) addErrorUpstream(location, upstreams, lookup);
    server.locations = orderLocations(server.locations);
  }
  return {
    servers: [...servers.values()].sort((a, b) => compare(a.hostname, b.hostname)),
    upstreams: [...upstreams.values()].sort((a, b) => compare(a.name, b.name)),
  };
}

function addToServers(
  ingress: Ingress,
  settings: Settings,
  servers: Map<string, Server>,
  lookup: Lookup,
): void {
  for (const { host } of ingress.spec?.rules ?? []) {
    const server = servers.get(host || defaultServer)!;
    if (server.aliases.length === 0)
      server.aliases = [...new Set(settings["server-alias"] ?? [])].filter((alias) => !servers.has(alias));
    server.redirectFromToWww ||= settings["from-to-www-redirect"] ?? false;
    if (server.certificate === undefined) {
      const certificate = certificateFor(host ?? "", ingress, lookup);
      if (certificate !== undefined) server.certificate = certificate;
    }
  }
}

/** Same path and type: the first stays, unless it was only the server's default. */
function addLocation(server: Server, wanted: Location): void {
  const same = server.locations.find(
    ({ path, pathType }) => path === wanted.path && pathType === wanted.pathType,
  );
  if (!same) server.locations.push(wanted);
  else if (same.isDefaultBackend) Object.assign(same, wanted);
}

function addErrorUpstream(location: Location, upstreams: Map<string, Upstream>, lookup: Lookup): void {
  const name = location.settings["default-backend"];
  const namespace = location.ingress?.metadata.namespace;
  const service = name && namespace ? lookup.service(namespace, name) : undefined;
  const number = service?.spec.ports?.[0]?.port;
  if (!service || !namespace || number === undefined) return;
  const endpoints = endpointsOf(namespace, { name: name!, port: { number } }, lookup, { byService: false });
  if (endpoints.length === 0) return;
  const upstream = `custom-default-backend-${namespace}-${name}`;
  upstreams.set(upstream, { name: upstream, endpoints });
  location.errorUpstream = upstream;
  if (upstreams.get(location.upstream)?.endpoints.length === 0) location.upstream = upstream;
}

function defaultEndpoints(lookup: Lookup, backend?: { namespace: string; service: string }): string[] {
  const service = backend && lookup.service(backend.namespace, backend.service);
  const number = service?.spec.ports?.[0]?.port;
  const found =
    backend && number !== undefined
      ? endpointsOf(backend.namespace, { name: backend.service, port: { number } }, lookup, {
          byService: false,
        })
      : [];
  return found.length > 0 ? found : [notFoundEndpoint];
}

function withoutRedirects(settings: Settings): Settings {
  const {
    "rewrite-target": _target,
    "app-root": _root,
    "permanent-redirect": _permanent,
    "temporal-redirect": _temporal,
    ...rest
  } = settings;
  return rest;
}

function serviceOf({ service }: IngressBackend): { name: string; port: string } {
  return { name: service!.name, port: String(service!.port?.name ?? service!.port?.number ?? "") };
}

function byAge(a: ParsedIngress, b: ParsedIngress): number {
  const { metadata: x } = a.ingress;
  const { metadata: y } = b.ingress;
  return (
    compare(x.creationTimestamp ?? "", y.creationTimestamp ?? "") ||
    compare(`${x.namespace}/${x.name}`, `${y.namespace}/${y.name}`)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
