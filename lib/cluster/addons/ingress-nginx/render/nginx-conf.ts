import type { ControllerConfig } from "../settings/controller-config";
import type { Configuration, Location, Upstream } from "../model/configuration";
import { locationVariables, type LocationVariables } from "./location-variables";
import type { Ports } from "./places";
import { defaultProxySettings } from "./proxy-settings";
import { renderServer } from "./server";
import { stickyUpstreams } from "./sticky";
import { block, flatten, when, type Lines } from "./text";

export interface NginxOptions {
  config: ControllerConfig;
  ports: Ports;
  /** Addresses of name servers, for what has a name instead of an address. */
  resolvers: string[];
}

/** The whole of nginx.conf. The same configuration gives the same text. */
export function renderNginxConf(configuration: Configuration, options: NginxOptions): string {
  const { config, ports } = options;
  const upstreams = new Map(configuration.upstreams.map((upstream) => [upstream.name, upstream]));
  const variables = new Map<Location, LocationVariables>();
  for (const [i, server] of configuration.servers.entries())
    for (const [j, location] of server.locations.entries())
      variables.set(location, locationVariables(`${i}_${j}`, location, upstreams));
  const fallback = configuration.servers.find(({ hostname }) => hostname === "_")?.certificate ?? "default";
  const lines: Lines = [
    "# Written by the controller from Ingress objects: changes are overwritten.",
    "pid /tmp/nginx/nginx.pid;",
    "daemon on;",
    `worker_processes ${config["worker-processes"] === "auto" ? 1 : config["worker-processes"]};`,
    "worker_shutdown_timeout 240s;",
    "error_log /var/log/nginx/error.log notice;",
    "",
    block("events", "multi_accept on;", "worker_connections 4096;", "use epoll;"),
    "",
    block(
      "http",
      globals(options),
      "",
      configuration.upstreams.map((upstream) => renderUpstream(upstream)),
      [...variables.values()].map(({ http }) => http),
      "",
      configuration.servers.map((server) =>
        renderServer(server, (location) => variables.get(location)!, {
          server,
          config,
          upstreams,
          ports,
          fallback,
        }),
      ),
      block(
        "server",
        `listen ${ports.default} default_server;`,
        "access_log off;",
        "location / { return 404; }",
      ),
      block(
        "server",
        `listen 127.0.0.1:${ports.status};`,
        "access_log off;",
        "location /nginx_status { stub_status on; }",
        "location /healthz { return 200; }",
        "location / { return 404; }",
      ),
    ),
  ];
  return `${flatten(lines).join("\n")}\n`;
}

function globals({ config, resolvers }: NginxOptions): Lines {
  const subdomains = config["hsts-include-subdomains"] ? "; includeSubDomains" : "";
  const preload = config["hsts-preload"] ? "; preload" : "";
  return [
    "client_body_temp_path /tmp/nginx/client-body;",
    "proxy_temp_path /tmp/nginx/proxy-temp;",
    "fastcgi_temp_path /tmp/nginx/fastcgi-temp;",
    "uwsgi_temp_path /tmp/nginx/uwsgi-temp;",
    "scgi_temp_path /tmp/nginx/scgi-temp;",
    "include /etc/nginx/mime.types;",
    "default_type text/html;",
    `server_tokens ${config["server-tokens"] ? "on" : "off"};`,
    "sendfile on;",
    "tcp_nopush on;",
    "tcp_nodelay on;",
    "reset_timedout_connection on;",
    `keepalive_timeout ${config["keep-alive"]}s;`,
    "server_names_hash_max_size 4096;",
    "server_names_hash_bucket_size 256;",
    "map_hash_max_size 8192;",
    "map_hash_bucket_size 256;",
    "variables_hash_max_size 4096;",
    "variables_hash_bucket_size 256;",
    "proxy_headers_hash_max_size 1024;",
    "proxy_headers_hash_bucket_size 128;",
    "underscores_in_headers off;",
    "ignore_invalid_headers on;",
    `limit_req_status ${config["limit-req-status-code"]};`,
    `limit_conn_status ${config["limit-conn-status-code"]};`,
    `ssl_protocols ${config["ssl-protocols"]};`,
    "ssl_session_timeout 10m;",
    when(
      config["use-gzip"],
      "gzip on;",
      "gzip_types text/css text/plain application/json application/javascript;",
    ),
    when(resolvers.length > 0, `resolver ${resolvers.join(" ")} valid=30s ipv6=off;`),
    `log_format upstreaminfo '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] [] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id';`,
    "access_log /var/log/nginx/access.log upstreaminfo;",
    block("map $http_x_request_id $req_id", "default $http_x_request_id;", '"" $request_id;'),
    block("map $http_upgrade $connection_upgrade", "default upgrade;", "'' '';"),
    block(
      "map $https $hsts",
      'default "";',
      `on "max-age=${config["hsts-max-age"]}${subdomains}${preload}";`,
    ),
    ...(config["use-forwarded-headers"]
      ? [
          block(
            "map $http_x_forwarded_proto $pass_access_scheme",
            "default $http_x_forwarded_proto;",
            '"" $scheme;',
          ),
          block(
            "map $http_x_forwarded_port $pass_port",
            "default $http_x_forwarded_port;",
            '"" $server_port;',
          ),
          block("map $http_x_forwarded_host $redirect_host", "default $http_x_forwarded_host;", '"" $host;'),
        ]
      : []),
    defaultProxySettings(config),
  ];
}

function renderUpstream(upstream: Upstream): Lines {
  if (upstream.endpoints.length === 0) return [];
  const one = (name: string, servers: string[]) =>
    block(
      `upstream ${name}`,
      servers.map((server) => `server ${server}${server.includes(" ") ? "" : " max_fails=0"};`),
      "keepalive 64;",
    );
  return [
    one(upstream.name, upstream.endpoints),
    stickyUpstreams(upstream).map(({ name, servers }) => one(name, servers)),
  ];
}
