import { block, quoteRegex, type Lines } from "@/lib/cluster/addons/ingress-nginx/render/text";
import type { Router } from "../model/routers";
import type { EntryPoint } from "../options";
import { certificatePath, folder, places } from "./places";

export interface Certificate {
  /** "default", or "namespace/secret". */
  key: string;
  /** Who it is for; of the default nobody in particular. */
  hosts: string[];
}

/**
 * An nginx that does what Traefik does with these routers. Which of them a request takes is one map over "HOST PATH" in the
 * order of their priorities, so that hosts and paths weigh as Traefik weighs them.
 */
export function renderConf(
  entryPoints: EntryPoint[],
  routers: Router[],
  certificates: Certificate[],
): string {
  const serverSets = [...new Set(routers.map(({ servers }) => servers.join(" ")).filter(Boolean))];
  const upstreamOf = (servers: string[]) => `servers-${serverSets.indexOf(servers.join(" "))}`;
  const lines: Lines = [
    `pid ${places.pid};`,
    "worker_processes 1;",
    "daemon on;",
    "error_log /dev/null crit;",
    ...block("events", "worker_connections 4096;"),
    ...block(
      "http",
      "access_log off;",
      "server_tokens off;",
      "default_type text/plain;",
      "client_max_body_size 0;",
      "proxy_http_version 1.1;",
      "proxy_buffering off;",
      "proxy_request_buffering off;",
      "map_hash_bucket_size 256;",
      "server_names_hash_bucket_size 256;",
      ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
        (name) => `${name}_temp_path ${folder}/${name};`,
      ),
      ...block("map $http_upgrade $connection_upgrade", "default upgrade;", "'' '';"),
      ...serverSets.flatMap((set, index) =>
        block(
          `upstream servers-${index}`,
          ...set.split(" ").map((server) => `server ${server};`),
          "keepalive 16;",
        ),
      ),
      ...entryPoints.flatMap((entry) => {
        const own = routers.filter(
          ({ entryPoints: names, isTls }) =>
            (names.length === 0 || names.includes(entry.name)) && (entry.isTls || !isTls),
        );
        return [
          ...block(
            `map "$host $uri" $route_${entry.port}`,
            "default none;",
            ...own.map(
              ({ pattern, servers }) =>
                `${quoteRegex(`~${pattern}`)} ${servers.length > 0 ? upstreamOf(servers) : "empty"};`,
            ),
          ),
          ...serversOf(entry, entryPoints, certificates),
        ];
      }),
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function serversOf(entry: EntryPoint, all: EntryPoint[], certificates: Certificate[]): string[] {
  if (!entry.isTls) return server(entry, all, `listen ${entry.port} default_server;`);
  const named = certificates.filter(({ hosts }) => hosts.length > 0);
  const own = named.flatMap(({ key, hosts }) =>
    server(entry, all, `listen ${entry.port} ssl http2;`, `server_name ${hosts.join(" ")};`, ...keys(key)),
  );
  return [
    ...server(entry, all, `listen ${entry.port} ssl http2 default_server;`, ...keys("default")),
    ...own,
  ];
}

const keys = (key: string) => [
  `ssl_certificate ${certificatePath(key)};`,
  `ssl_certificate_key ${certificatePath(key)};`,
];

function server(entry: EntryPoint, all: EntryPoint[], ...head: string[]): string[] {
  const target = all.find(({ name, port }) => name === entry.redirectTo || `:${port}` === entry.redirectTo);
  if (entry.redirectTo) {
    const port = target ? 443 : Number(entry.redirectTo.replace(/^:/, ""));
    return block("server", ...head, `return 301 https://$host${port === 443 ? "" : `:${port}`}$request_uri;`);
  }
  const route = `$route_${entry.port}`;
  const scheme = entry.isTls ? "https" : "http";
  return block(
    "server",
    ...head,
    ...block(
      "location /",
      `if (${route} = none) { return 404 "404 page not found\\n"; }`,
      `if (${route} = empty) { return 503 "no available server\\n"; }`,
      "proxy_set_header Host $http_host;",
      "proxy_set_header Upgrade $http_upgrade;",
      "proxy_set_header Connection $connection_upgrade;",
      "proxy_set_header X-Forwarded-For $remote_addr;",
      "proxy_set_header X-Forwarded-Host $http_host;",
      `proxy_set_header X-Forwarded-Port ${entry.isTls ? 443 : 80};`,
      `proxy_set_header X-Forwarded-Proto ${scheme};`,
      "proxy_set_header X-Forwarded-Server $hostname;",
      "proxy_set_header X-Real-Ip $remote_addr;",
      "proxy_next_upstream off;",
      `proxy_pass http://${route};`,
    ),
    "error_page 502 504 = @bad_gateway;",
    ...block("location @bad_gateway", 'return 502 "Bad Gateway";'),
  );
}
