import type { Settings } from "../settings/annotations";
import type { ControllerConfig } from "../settings/controller-config";
import { defaultUpstream, type Location, type Server, type Upstream } from "../model/configuration";
import { isRegex, rewrites } from "../model/order-locations";
import type { LocationVariables } from "./location-variables";
import { authFile, authPath } from "./places";
import { passedHeaders, proxySettings } from "./proxy-settings";
import { block, quote, quoteRegex, when, type Lines } from "./text";

export interface LocationContext {
  server: Server;
  config: ControllerConfig;
  upstreams: ReadonlyMap<string, Upstream>;
}

/** One location of a server, as nginx.tmpl of ingress-nginx 1.13 writes it, without what it leaves to Lua. */
export function renderLocation(
  location: Location,
  variables: LocationVariables,
  { server, config, upstreams }: LocationContext,
): string[] {
  const { settings, ingress, service } = location;
  const redirectsToHttps =
    (settings["force-ssl-redirect"] ?? config["force-ssl-redirect"]) ||
    ((settings["ssl-redirect"] ?? config["ssl-redirect"]) &&
      server.certificate !== undefined &&
      server.hostname !== "_");
  const redirect = redirectOf(location);
  return block(
    `location ${matcher(location, server)}`,
    `set $namespace ${quote(ingress?.metadata.namespace ?? "")};`,
    `set $ingress_name ${quote(ingress?.metadata.name ?? "")};`,
    `set $service_name ${quote(service?.name ?? "")};`,
    `set $service_port ${quote(service?.port ?? "")};`,
    `set $location_path ${quote(location.path.replaceAll("$", ""))};`,
    `set $proxy_upstream_name ${quote(location.upstream)};`,
    "",
    when(
      redirectsToHttps,
      block(
        "if ($pass_access_scheme = http)",
        `return ${config["http-redirect-code"]} https://$redirect_host$request_uri;`,
      ),
    ),
    when(settings["enable-access-log"] === false, "access_log off;"),
    location.denied
      ? [`# Location denied. Reason: ${quote(location.denied)}`, "return 503;"]
      : [
          (settings["denylist-source-range"] ?? []).map((network) => `deny ${network};`),
          when(
            settings["whitelist-source-range"],
            ...(settings["whitelist-source-range"] ?? []).map((network) => `allow ${network};`),
            "deny all;",
          ),
          responseHeaders(variables, config),
          authentication(location),
          ownHeaders(location, config),
          variables.limits,
          when(settings["limit-rate"], `limit_rate ${settings["limit-rate"] ?? 0}k;`),
          proxySettings(settings),
          settings["configuration-snippet"]?.split("\n") ?? [],
          when(redirect, redirect ?? ""),
          when(!redirect, pass(location, variables, upstreams)),
        ],
  );
}

function matcher(location: Location, server: Server): string {
  const path = quoteRegex(location.path);
  if (server.locations.some(isRegex)) return `~* ${quoteRegex(`^${location.path}`)}`;
  return location.pathType === "Exact" ? `= ${path}` : path;
}

function redirectOf({ settings }: Location): string | undefined {
  const permanent = settings["permanent-redirect"];
  if (permanent) return `return ${inRange(settings["permanent-redirect-code"], 301)} ${quote(permanent)};`;
  const temporal = settings["temporal-redirect"];
  if (temporal) return `return ${inRange(settings["temporal-redirect-code"], 302)} ${quote(temporal)};`;
  return undefined;
}

function inRange(code: number | undefined, otherwise: number): number {
  return code !== undefined && code >= 300 && code <= 308 ? code : otherwise;
}

function responseHeaders({ headers, cors }: LocationVariables, config: ControllerConfig): Lines {
  const all = [
    ...when(config.hsts, "add_header Strict-Transport-Security $hsts always;"),
    ...headers,
    ...(cors?.headers ?? []),
  ];
  return [all, when(cors, block(`if (${cors?.isPreflight ?? ""})`, ...(cors?.headers ?? []), "return 204;"))];
}

function authentication({ settings, ingress }: Location): Lines {
  const lines: Lines = [];
  if (settings["auth-type"] === "basic" && ingress)
    lines.push(
      `auth_basic ${quote(settings["auth-realm"] ?? "")};`,
      `auth_basic_user_file ${authFile(ingress.metadata.namespace!, ingress.metadata.uid!)};`,
    );
  if (settings["auth-url"] && ingress) {
    lines.push(`auth_request ${authPath(ingress.metadata.uid!)};`);
    for (const [index, name] of authHeaders(settings).entries())
      lines.push(
        `auth_request_set $auth_header_${index} $upstream_http_${name.toLowerCase().replaceAll("-", "_")};`,
      );
  }
  if (settings.satisfy) lines.push(`satisfy ${settings.satisfy};`);
  return lines;
}

function authHeaders(settings: Settings): string[] {
  return (settings["auth-response-headers"]?.split(",") ?? []).map((name) => name.trim());
}

/** nginx inherits headers to pass only where a location has none of its own: then it needs all of them. */
function ownHeaders({ settings }: Location, config: ControllerConfig): Lines {
  const isGrpc = settings["backend-protocol"]?.startsWith("GRPC") ?? false;
  const prefix = rewriteTargetOf(settings) ? settings["x-forwarded-prefix"] : undefined;
  const own = [
    ...(settings["auth-type"] === "basic" ? [["Authorization", '""']] : []),
    ...(settings["auth-url"]
      ? authHeaders(settings).map((name, index) => [name, `$auth_header_${index}`])
      : []),
    ...(prefix ? [["X-Forwarded-Prefix", quote(prefix)]] : []),
  ];
  const host = settings["upstream-vhost"];
  const hasSnippet = /(proxy|grpc)_set_header/.test(settings["configuration-snippet"] ?? "");
  if (own.length === 0 && host === undefined && !hasSnippet) return [];
  const directive = isGrpc ? "grpc_set_header" : "proxy_set_header";
  return [
    passedHeaders(directive, config, host === undefined ? "$http_host" : quote(host)),
    own.map(([name, value]) => `${directive} ${name} ${value};`),
  ];
}

function rewriteTargetOf(settings: Settings): string | undefined {
  return settings["rewrite-target"] || undefined;
}

const schemes = {
  HTTP: ["proxy_pass", "http://"],
  HTTPS: ["proxy_pass", "https://"],
  AUTO_HTTP: ["proxy_pass", "$scheme://"],
  GRPC: ["grpc_pass", "grpc://"],
  GRPCS: ["grpc_pass", "grpcs://"],
  FCGI: ["fastcgi_pass", ""],
} as const;

function pass(
  location: Location,
  { target }: LocationVariables,
  upstreams: ReadonlyMap<string, Upstream>,
): Lines {
  const { settings, path, upstream, errorUpstream, alternative } = location;
  const isEmpty =
    !upstreams.get(upstream)?.endpoints.length &&
    !(alternative && upstreams.get(alternative.upstream)?.endpoints.length);
  const isDefault = upstream === defaultUpstream || upstream.startsWith("custom-default-backend-");
  const [directive, scheme] = schemes[isDefault ? "HTTP" : (settings["backend-protocol"] ?? "HTTP")];
  const errors = settings["custom-http-errors"] ?? [];
  const redirect = settings["proxy-redirect-from"];
  return [
    when(
      errors.length > 0,
      "proxy_intercept_errors on;",
      errors.map((code) => `error_page ${code} = @custom_${errorUpstream ?? defaultUpstream}_${code};`),
    ),
    when(
      rewrites(location),
      `rewrite ${quoteRegex(`(?i)${path}`)} ${settings["rewrite-target"] ?? ""} break;`,
    ),
    isEmpty ? "return 503;" : `${directive} ${scheme}${target};`,
    when(
      redirect !== undefined && redirect !== "off",
      redirect === "default"
        ? "proxy_redirect default;"
        : `proxy_redirect ${redirect ?? ""} ${settings["proxy-redirect-to"] ?? "off"};`,
    ),
  ];
}
