import { defaultUpstream, type Location, type Server } from "../model/configuration";
import { isRegex } from "../model/order-locations";
import type { LocationVariables } from "./location-variables";
import { renderLocation, type LocationContext } from "./location";
import { authPath, certificatePath, type Ports } from "./places";
import { block, quote, quoteRegex, when, type Lines } from "./text";

interface ServerContext extends LocationContext {
  ports: Ports;
  /** The certificate of the default server. */
  fallback: string;
}

export function renderServer(
  server: Server,
  variablesOf: (location: Location) => LocationVariables,
  context: ServerContext,
): string[] {
  const { hostname, aliases, certificate = "default", locations } = server;
  const { ports, config } = context;
  const isDefault = hostname === "_";
  const options = isDefault ? " default_server" : "";
  const appRoot = locations.map(({ settings }) => settings["app-root"]).find(Boolean);
  return [
    `## start server ${hostname}`,
    ...block(
      "server",
      `server_name ${[quoteRegex(serverName(hostname)), ...aliases.map(quoteRegex)].join(" ")};`,
      `listen ${ports.http}${options};`,
      `listen ${ports.https}${options} ssl${config["use-http2"] ? " http2" : ""};`,
      keysOf(certificate, isDefault ? undefined : context.fallback),
      'set $proxy_upstream_name "-";',
      when(
        !config["use-forwarded-headers"],
        "set $pass_access_scheme $scheme;",
        "set $pass_port $server_port;",
        "set $redirect_host $host;",
      ),
      "",
      when(appRoot, block("if ($uri = /)", `return 302 $scheme://$http_host${appRoot ?? ""};`)),
      locations
        .map(({ settings }) => settings["server-snippet"])
        .find(Boolean)
        ?.split("\n") ?? [],
      errorLocations(locations),
      authLocations(locations),
      locations.map((location) => renderLocation(location, variablesOf(location), { ...context, server })),
      when(
        isDefault,
        // Regular expressions go before prefixes, hence "^~".
        block(`location ${locations.some(isRegex) ? "^~ " : ""}/healthz`, "access_log off;", "return 200;"),
      ),
    ),
    `## end server ${hostname}`,
    "",
    ...when(server.redirectFromToWww, wwwRedirect(hostname, context)).flat(3).map(String),
  ];
}

/** A wildcard stands for exactly one label. */
function serverName(hostname: string): string {
  if (!hostname.startsWith("*.")) return hostname;
  return `~^(?<subdomain>[\\w-]+)\\.${hostname.slice(2).replaceAll(".", "\\.")}$`;
}

/**
 * A server without a certificate shows the default server's: a context of OpenSSL's for each takes most of the time that
 * nginx takes for a configuration.
 */
function keysOf(certificate: string, fallback: string | undefined): string[] {
  if (certificate === fallback) return [];
  const path = certificatePath(certificate);
  return [`ssl_certificate ${path};`, `ssl_certificate_key ${path};`];
}

function wwwRedirect(hostname: string, { ports, fallback }: ServerContext): string[] {
  const from = hostname.startsWith("www.") ? hostname.slice(4) : `www.${hostname}`;
  return block(
    "server",
    `server_name ${quote(from)};`,
    `listen ${ports.http};`,
    `listen ${ports.https} ssl;`,
    ...keysOf("default", fallback),
    `return 308 $scheme://${hostname}$request_uri;`,
  );
}

/** Where the pages for an intercepted status come from. */
function errorLocations(locations: Location[]): Lines {
  const codes = new Map<string, Set<number>>();
  for (const { settings, errorUpstream = defaultUpstream } of locations)
    for (const code of settings["custom-http-errors"] ?? [])
      codes.set(errorUpstream, (codes.get(errorUpstream) ?? new Set()).add(code));
  return [...codes].flatMap(([upstream, all]) =>
    [...all].map((code) =>
      block(
        `location @custom_${upstream}_${code}`,
        "internal;",
        "proxy_intercept_errors off;",
        `proxy_set_header X-Code ${code};`,
        "proxy_set_header X-Format $http_accept;",
        "proxy_set_header X-Original-URI $request_uri;",
        "proxy_set_header X-Namespace $namespace;",
        "proxy_set_header X-Ingress-Name $ingress_name;",
        "proxy_set_header X-Service-Name $service_name;",
        "proxy_set_header X-Service-Port $service_port;",
        "proxy_set_header X-Request-ID $req_id;",
        "proxy_set_header Host $http_host;",
        "rewrite (.*) / break;",
        `proxy_pass http://${upstream};`,
      ),
    ),
  );
}

function authLocations(locations: Location[]): Lines {
  const byUid = new Map(
    locations
      .filter(({ settings, ingress }) => settings["auth-url"] && ingress)
      .map((location) => [location.ingress!.metadata.uid!, location.settings] as const),
  );
  return [...byUid].map(([uid, settings]) =>
    block(
      `location = ${authPath(uid)}`,
      "internal;",
      "access_log off;",
      "proxy_pass_request_body off;",
      'proxy_set_header Content-Length "";',
      when(settings["auth-method"], `proxy_method ${settings["auth-method"] ?? "GET"};`),
      "proxy_set_header X-Original-URL $scheme://$http_host$request_uri;",
      "proxy_set_header X-Original-Method $request_method;",
      "proxy_set_header X-Sent-From nginx-ingress-controller;",
      "proxy_ssl_server_name on;",
      `set $target ${quote(settings["auth-url"]!)};`,
      "proxy_pass $target;",
    ),
  );
}
