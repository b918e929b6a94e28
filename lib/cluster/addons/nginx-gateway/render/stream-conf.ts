import { block, flatten, when, type Lines } from "@/lib/cluster/addons/ingress-nginx/render/text";
import type { Configuration, StreamServer } from "../model/configuration";
import { isShared, isSniffed } from "./listens";
import { innerSocket } from "./places";

type Backends = StreamServer["routes"][number]["backends"];

/** stream.conf: what is handed on as it comes, and what decides whose a shared port's connection is. */
export function renderStreams(configuration: Configuration): string {
  const { streams, servers, upstreams } = configuration;
  const known = new Map(
    upstreams.filter(({ endpoints }) => endpoints.length > 0).map((one) => [one.name, one.endpoints]),
  );
  const used = new Set(
    streams.flatMap(({ routes }) =>
      routes.flatMap(({ backends }) => backends.map((one) => one.upstream ?? "")),
    ),
  );
  const sniffed = [...new Set(servers.map(({ port }) => port))].filter((port) =>
    isSniffed(configuration, port),
  );
  const lines: Lines = [
    "# Written by the controller from the Gateway and its routes: changes are overwritten.",
    // nginx compiles it with every configuration.
    when(sniffed.length > 0, "js_import ports from /usr/lib/nginx/modules/njs/sniff.js;"),
    [...known]
      .filter(([name]) => used.has(name))
      .map(([name, endpoints]) =>
        block(
          `upstream ${name}`,
          "random;",
          endpoints.map((endpoint) => `server ${endpoint} max_fails=0;`),
        ),
      ),
    streams.map((stream) => renderStream(stream, configuration, new Set(known.keys()))),
    sniffed.map((port) => renderSniffer(port)),
  ];
  return `${flatten(lines).join("\n")}\n`;
}

function renderStream(stream: StreamServer, configuration: Configuration, known: ReadonlySet<string>): Lines {
  const { port, protocol } = stream;
  const routes = stream.routes.map(({ hostname, backends }, index) => ({
    hostname,
    variable: `$gw_${protocol.toLowerCase()}_${port}_${index}`,
    shares: sharesOf(backends, known),
  }));
  const splits = routes.map(({ variable, shares }) =>
    block(`split_clients "$connection$msec" ${variable}`, shares),
  );
  if (protocol === "TLS")
    return [
      splits,
      block(
        `map $ssl_preread_server_name $gw_tls_${port}`,
        "hostnames;",
        routes.map(({ hostname, variable }) => `${hostname || "default"} ${variable};`),
      ),
      isShared(configuration, port)
        ? renderShared(stream, configuration)
        : block("server", `listen ${port};`, "ssl_preread on;", `proxy_pass $gw_tls_${port};`),
    ];
  const [first] = routes;
  const listen = `listen ${port}${protocol === "UDP" ? " udp" : ""};`;
  return first ? [splits, block("server", listen, `proxy_pass ${first.variable};`)] : [];
}

/** Both that ends here and that goes on come through one port: PROXY headers tell the servers behind it who the client is. */
function renderShared({ port, routes }: StreamServer, { servers }: Configuration): Lines {
  const passed = new Set(routes.map(({ hostname }) => hostname || "default"));
  const ended = new Set(
    servers.flatMap(({ port: one, tls, hostname }) =>
      one === port && tls ? [tls.listenerHostname || "default", hostname || "default"] : [],
    ),
  );
  const target = (host: string) => innerSocket(port, passed.has(host) ? "passed" : "https");
  return [
    block(
      `map $ssl_preread_server_name $gw_front_${port}`,
      "hostnames;",
      [...new Set([...passed, ...ended])].map((host) => `${host} ${target(host)};`),
    ),
    block(
      "server",
      `listen ${port};`,
      "ssl_preread on;",
      "proxy_protocol on;",
      `proxy_pass $gw_front_${port};`,
    ),
    block(
      "server",
      `listen ${innerSocket(port, "passed")} proxy_protocol;`,
      "ssl_preread on;",
      `proxy_pass $gw_tls_${port};`,
    ),
  ];
}

/** Lines of split_clients; a share without anybody behind it is refused. */
function sharesOf(backends: Backends, known: ReadonlySet<string>): string[] {
  const weighted = backends.filter(({ weight }) => weight > 0);
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  const target = (upstream: string | undefined) => (upstream && known.has(upstream) ? upstream : '""');
  return weighted.map(({ upstream, weight }, index) =>
    index === weighted.length - 1
      ? `* ${target(upstream)};`
      : `${((100 * weight) / total).toFixed(2)}% ${target(upstream)};`,
  );
}

function renderSniffer(port: number): Lines {
  return [
    block(
      `map $gw_http $gw_http_${port}`,
      `default ${innerSocket(port, "http1")};`,
      `http2 ${innerSocket(port, "http2")};`,
    ),
    block(
      "server",
      `listen ${port};`,
      "js_var $gw_http;",
      "js_preread ports.protocol;",
      "proxy_protocol on;",
      `proxy_pass $gw_http_${port};`,
    ),
  ];
}
