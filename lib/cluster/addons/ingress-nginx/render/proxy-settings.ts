import type { Settings } from "../settings/annotations";
import type { ControllerConfig } from "../settings/controller-config";
import { when, type Lines } from "./text";

/** What backends are told of a request; for `proxy_set_header` or `grpc_set_header`. */
export function passedHeaders(
  directive: "proxy_set_header" | "grpc_set_header",
  config: ControllerConfig,
  host: string,
): Lines {
  const forwardedFor = config["use-forwarded-headers"] ? "$proxy_add_x_forwarded_for" : "$remote_addr";
  return [
    `${directive} Host ${host};`,
    when(
      directive === "proxy_set_header",
      `${directive} Upgrade $http_upgrade;`,
      `${directive} Connection $connection_upgrade;`,
    ),
    `${directive} X-Request-ID $req_id;`,
    `${directive} X-Real-IP $remote_addr;`,
    `${directive} X-Forwarded-For ${forwardedFor};`,
    `${directive} X-Forwarded-Host $http_host;`,
    `${directive} X-Forwarded-Port $pass_port;`,
    `${directive} X-Forwarded-Proto $pass_access_scheme;`,
    `${directive} X-Forwarded-Scheme $pass_access_scheme;`,
    `${directive} X-Scheme $pass_access_scheme;`,
    `${directive} X-Original-Forwarded-For $http_x_forwarded_for;`,
    `${directive} Proxy "";`,
  ];
}

/** For all locations: what the ConfigMap says, and upstream's defaults. */
export function defaultProxySettings(config: ControllerConfig): Lines {
  return [
    passedHeaders("proxy_set_header", config, "$http_host"),
    passedHeaders("grpc_set_header", config, "$http_host"),
    ...proxySettings({
      "proxy-body-size": config["proxy-body-size"],
      "client-body-buffer-size": config["client-body-buffer-size"],
      "proxy-connect-timeout": config["proxy-connect-timeout"],
      "proxy-send-timeout": config["proxy-send-timeout"],
      "proxy-read-timeout": config["proxy-read-timeout"],
      "proxy-buffering": config["proxy-buffering"],
      "proxy-buffer-size": config["proxy-buffer-size"],
      "proxy-buffers-number": 4,
      "proxy-max-temp-file-size": "1024m",
      "proxy-http-version": "1.1",
      "proxy-next-upstream": config["proxy-next-upstream"],
      "proxy-next-upstream-tries": config["proxy-next-upstream-tries"],
    }),
    "proxy_redirect off;",
    "proxy_ssl_session_reuse on;",
  ];
}

/** The directives of the annotations that are there. */
export function proxySettings(settings: Settings): Lines {
  const isGrpc = settings["backend-protocol"]?.startsWith("GRPC") ?? false;
  const protocol = isGrpc ? "grpc" : "proxy";
  const of = (name: keyof Settings, directive: string, unit = ""): Lines =>
    when(settings[name] !== undefined, `${directive} ${String(settings[name])}${unit};`);
  const size = settings["proxy-buffer-size"];
  const count = settings["proxy-buffers-number"];
  return [
    of("proxy-body-size", "client_max_body_size"),
    of("client-body-buffer-size", "client_body_buffer_size"),
    of("proxy-connect-timeout", `${protocol}_connect_timeout`, "s"),
    of("proxy-send-timeout", `${protocol}_send_timeout`, "s"),
    of("proxy-read-timeout", `${protocol}_read_timeout`, "s"),
    of("proxy-buffering", "proxy_buffering"),
    of("proxy-buffer-size", "proxy_buffer_size"),
    when(size !== undefined || count !== undefined, `proxy_buffers ${count ?? 4} ${size ?? "4k"};`),
    of("proxy-max-temp-file-size", "proxy_max_temp_file_size"),
    of("proxy-request-buffering", "proxy_request_buffering"),
    of("proxy-http-version", "proxy_http_version"),
    of("proxy-cookie-domain", "proxy_cookie_domain"),
    of("proxy-cookie-path", "proxy_cookie_path"),
    of("proxy-next-upstream", "proxy_next_upstream"),
    of("proxy-next-upstream-timeout", "proxy_next_upstream_timeout"),
    of("proxy-next-upstream-tries", "proxy_next_upstream_tries"),
    of("proxy-ssl-server-name", "proxy_ssl_server_name"),
    of("proxy-ssl-name", "proxy_ssl_name"),
    of("proxy-ssl-verify", "proxy_ssl_verify"),
  ];
}
