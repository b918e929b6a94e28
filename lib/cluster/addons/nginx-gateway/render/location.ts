import { block, when, type Lines } from "@/lib/cluster/addons/ingress-nginx/render/text";
import type { HeaderFilter } from "@/lib/cluster/addons/gateway-api/types";
import type { BackendTls } from "../model/configuration";
import { authorityPath } from "./places";
import { locationPath, plainPath, type Location } from "./table";
import { durationMs, headerVariable, literal } from "./values";

/** Where an entry's requests end: a redirect, or a backend with what the filters change before and after. */
export function renderLocation(location: Location): Lines {
  const { key, action, backend, filters, mirrors } = location;
  const start = ["internal;", `set $gw_location ${key};`];
  if (filters.redirect)
    return [
      `# ${action.name}`,
      block(
        `location = ${locationPath(key)}`,
        ...start,
        responseHeaders(filters.responseHeaders, "proxy"),
        `return ${filters.redirect.statusCode} $gw_redirect;`,
      ),
    ];
  return [
    `# ${action.name}`,
    block(
      `location = ${locationPath(key)}`,
      ...start,
      mirrors.map((mirror) => `mirror ${locationPath(mirror.key)};`),
      responseHeaders(filters.responseHeaders, action.isGrpc ? "grpc" : "proxy"),
      timeouts(location),
      pass(location, backend!.upstream!, backend!.tls),
    ),
    mirrors.map((mirror) =>
      block(
        `location = ${locationPath(mirror.key)}`,
        "internal;",
        "access_log off;",
        when(mirror.percent < 100, block(`if ($${mirrorVariable(mirror.key)} = "")`, "return 204;")),
        pass(location, mirror.upstream),
      ),
    ),
  ];
}

/**
 * Where requests end that go to their backend as they are. nginx takes half a millisecond for each location whenever it reads
 * its configuration, so they share one.
 */
export function renderPlainLocation(): Lines {
  const headers = requestHeaders(undefined, undefined, false);
  return block(
    `location ~ ^${plainPath}(?<gw_upstream>.+)$`,
    "internal;",
    "proxy_http_version 1.1;",
    [...headers].map(([name, value]) => `proxy_set_header ${name} ${value};`),
    "proxy_pass http://$gw_upstream$request_uri;",
  );
}

export const mirrorVariable = (key: string) => `gw_mirror_${key}`;

function pass({ action, filters }: Location, upstream: string, tls?: BackendTls): Lines {
  const headers = requestHeaders(filters.requestHeaders, filters.rewrite?.hostname, action.isGrpc);
  if (action.isGrpc)
    return [
      [...headers].map(([name, value]) => `grpc_set_header ${name} ${value};`),
      "rewrite ^ $request_uri break;",
      encryption("grpc", tls),
      `grpc_pass ${tls ? "grpcs" : "grpc"}://${upstream};`,
    ];
  return [
    "proxy_http_version 1.1;",
    [...headers].map(([name, value]) => `proxy_set_header ${name} ${value};`),
    encryption("proxy", tls),
    `proxy_pass ${tls ? "https" : "http"}://${upstream}${filters.rewrite?.path ? "$gw_path" : "$request_uri"};`,
  ];
}

function encryption(module: "proxy" | "grpc", tls: BackendTls | undefined): Lines {
  if (!tls) return [];
  return [
    `${module}_ssl_server_name on;`,
    `${module}_ssl_name ${tls.hostname};`,
    `${module}_ssl_verify on;`,
    `${module}_ssl_verify_depth 4;`,
    `${module}_ssl_trusted_certificate ${authorityPath(tls.authority)};`,
  ];
}

/** By name, as the filter writes it, and value. */
function requestHeaders(filter: HeaderFilter | undefined, host: string | undefined, isGrpc: boolean) {
  const headers = new Map<string, string>([
    ["Host", host === undefined ? '"$gw_host"' : literal(host)],
    ["X-Forwarded-For", '"$proxy_add_x_forwarded_for"'],
    ["X-Real-IP", '"$remote_addr"'],
    ["X-Forwarded-Proto", '"$scheme"'],
    ["X-Forwarded-Host", '"$host"'],
    ["X-Forwarded-Port", '"$gw_port"'],
  ]);
  if (isGrpc) headers.set("Authority", '"$gw_host"');
  else headers.set("Upgrade", '"$http_upgrade"').set("Connection", '"$gw_connection"');
  const put = (name: string, value: string) => {
    for (const known of headers.keys()) if (known.toLowerCase() === name.toLowerCase()) headers.delete(known);
    headers.set(name, value);
  };
  for (const { name, value } of filter?.set ?? []) put(name, literal(value));
  for (const { name, value } of filter?.add ?? [])
    put(name, literal(value, `\${gw_sent_${headerVariable(name)}}`));
  for (const name of filter?.remove ?? []) put(name, '""');
  return headers;
}

function responseHeaders(filter: HeaderFilter | undefined, module: "proxy" | "grpc"): Lines {
  const { set = [], add = [], remove = [] } = filter ?? {};
  return [
    [...set.map(({ name }) => name), ...remove].map((name) => `${module}_hide_header ${name};`),
    [...set, ...add].map(({ name, value }) => `add_header ${name} ${literal(value)} always;`),
  ];
}

/** nginx knows no limit for a whole request: each wait for the backend has the time that the rule gives. */
function timeouts({ action: { timeouts: wanted, isGrpc } }: Location): Lines {
  const text = wanted.backendRequest ?? wanted.request;
  if (text === undefined) return [];
  const module = isGrpc ? "grpc" : "proxy";
  const ms = Math.min(durationMs(text), durationMs(wanted.request ?? text));
  return [
    ["connect", "send", "read"].map((phase) => `${module}_${phase}_timeout ${ms}ms;`),
    `${module}_next_upstream error;`,
  ];
}
