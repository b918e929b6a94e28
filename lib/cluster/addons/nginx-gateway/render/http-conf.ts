import { block, flatten, when, type Lines } from "@/lib/cluster/addons/ingress-nginx/render/text";
import type { Configuration, Server } from "../model/configuration";
import { listensOf } from "./listens";
import { mirrorVariable } from "./location";
import { httpConf, streamConf, tableFile } from "./places";
import { plainServerVariable, renderPlainServer, renderTlsDefault, renderTlsServer } from "./server";
import { renderStreams } from "./stream-conf";
import { planLocations, type Location } from "./table";
import { headerVariable } from "./values";

/** The files that nginx.conf includes, by path. The same configuration gives the same files. */
export function renderFiles(configuration: Configuration): Map<string, string> {
  const { table, locations } = planLocations(configuration);
  const listens = listensOf(configuration);
  const servers = configuration.servers.map((server, index) => ({ server, index }));
  const portsWith = (isTls: boolean) => [
    ...new Set(servers.filter(({ server }) => !!server.tls === isTls).map(({ server }) => server.port)),
  ];
  const plain = portsWith(false).map((port) => ({
    port,
    hosts: servers.filter(({ server }) => server.port === port),
  }));
  const lines: Lines = [
    "# Written by the controller from the Gateway and its routes: changes are overwritten.",
    `js_preload_object gatewayTable from ${tableFile};`,
    "js_set $gw_target httpmatches.target;",
    "js_set $gw_path httpmatches.path;",
    "js_set $gw_redirect httpmatches.location;",
    block("geo $gw_dollar", 'default "$";'),
    block("map $http_host $gw_host", "'' $host;", "default $http_host;"),
    block("map $http_upgrade $gw_connection", "default upgrade;", "'' '';"),
    sentHeaders(locations.flat()),
    mirrorShares(locations.flat()),
    portsWith(true).map((port) => listenerMap(configuration.servers, port)),
    plain.map(({ port, hosts }) => serverMap(port, hosts, configuration.servers.length)),
    "",
    configuration.upstreams
      .filter(({ endpoints }) => endpoints.length > 0)
      .map(({ name, endpoints }) =>
        block(
          `upstream ${name}`,
          "random two least_conn;",
          endpoints.map((endpoint) => `server ${endpoint} max_fails=0;`),
          "keepalive 16;",
        ),
      ),
    "",
    plain.map(({ port, hosts }) =>
      renderPlainServer(
        port,
        hosts.flatMap(({ index }) => locations[index]!),
        listens,
      ),
    ),
    portsWith(true)
      .filter((port) => !configuration.servers.some((one) => one.port === port && one.hostname === ""))
      .map((port) => renderTlsDefault(port, listens)),
    servers
      .filter(({ server }) => server.tls)
      .map(({ server, index }) => renderTlsServer(server, index, locations[index]!, listens)),
  ];
  return new Map([
    [httpConf, `${flatten(lines).join("\n")}\n`],
    [tableFile, `${JSON.stringify(table)}\n`],
    [streamConf, renderStreams(configuration)],
  ]);
}

/** What a client sent of a header that a filter adds to, with the comma that parts the values. */
function sentHeaders(locations: Location[]): Lines {
  const names = new Set(
    locations.flatMap(
      ({ filters }) => filters.requestHeaders?.add?.map(({ name }) => headerVariable(name)) ?? [],
    ),
  );
  return [...names].map((name) =>
    block(`map $http_${name} $gw_sent_${name}`, '"" "";', `default "$http_${name},";`),
  );
}

function mirrorShares(locations: Location[]): Lines {
  return locations.flatMap(({ mirrors }) =>
    mirrors.map(({ key, percent }) =>
      when(
        percent < 100,
        block(
          `split_clients "\${request_id}${key}" $${mirrorVariable(key)}`,
          `${percent.toFixed(2)}% yes;`,
          '* "";',
        ),
      ),
    ),
  );
}

/** Which of the table's servers a host is; nobody's is the one without entries. */
function serverMap(port: number, hosts: { server: Server; index: number }[], nobody: number): Lines {
  const any = hosts.find(({ server }) => server.hostname === "");
  return block(
    `map $host ${plainServerVariable(port)}`,
    "hostnames;",
    `default ${any?.index ?? nobody};`,
    hosts
      .filter(({ server }) => server.hostname !== "")
      .map(({ server, index }) => `${server.hostname} ${index};`),
  );
}

function listenerMap(servers: Server[], port: number): Lines {
  const hosts = new Set(
    servers.flatMap((one) => (one.port === port && one.tls ? [one.tls.listenerHostname] : [])),
  );
  return block(
    `map $ssl_server_name $gw_listener_${port}`,
    "hostnames;",
    'default "";',
    [...hosts].filter((host) => host !== "").map((host) => `${host} "${host}";`),
  );
}
