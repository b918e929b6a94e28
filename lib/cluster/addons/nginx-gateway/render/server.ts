import { block, type Lines } from "@/lib/cluster/addons/ingress-nginx/render/text";
import type { Server } from "../model/configuration";
import { renderLocation, renderPlainLocation } from "./location";
import { certificatePath } from "./places";
import type { Listens } from "./listens";
import type { Location } from "./table";

/** The server of one host behind TLS: njs says where each of its requests goes. */
export function renderTlsServer(
  { port, hostname, tls }: Server,
  index: number,
  locations: Location[],
  listens: Listens,
): Lines {
  return [
    block(
      "server",
      listens(port, true, hostname === ""),
      `server_name ${hostname === "" ? "_" : hostname};`,
      tls?.certificates.flatMap((secret) => [
        `ssl_certificate ${certificatePath(secret)};`,
        `ssl_certificate_key ${certificatePath(secret)};`,
      ]) ?? [],
      // A connection is for the listener that its client named; another listener's hosts are not to be had through it.
      block(`if ($gw_listener_${port} != "${tls?.listenerHostname ?? ""}")`, "return 421;"),
      `set $gw_server ${index};`,
      requests(port, locations),
    ),
    "",
  ];
}

/**
 * The server of all hosts of a port without TLS, which `$gw_server_80` tells apart: njs makes contexts of OpenSSL's for each
 * server and location, and servers of their own would take milliseconds each whenever nginx reads its configuration.
 */
export function renderPlainServer(port: number, locations: Location[], listens: Listens): Lines {
  return [
    block(
      "server",
      listens(port, false, true),
      "server_name _;",
      `set $gw_server ${plainServerVariable(port)};`,
      requests(port, locations),
    ),
    "",
  ];
}

export const plainServerVariable = (port: number) => `$gw_server_${port}`;

function requests(port: number, locations: Location[]): Lines {
  return [
    `set $gw_port ${port};`,
    'set $gw_location "";',
    block("location /", "rewrite ^ $gw_target last;"),
    block("location /_gw/", "internal;", "return 404;"),
    block("location = /_gw/500", "internal;", "return 500;"),
    block("location = /_gw/503", "internal;", "return 503;"),
    renderPlainLocation(),
    locations.map((location) => renderLocation(location)),
  ];
}

/** What answers names that nobody has claimed on a port with TLS. */
export function renderTlsDefault(port: number, listens: Listens): Lines {
  return block("server", listens(port, true, true), "ssl_reject_handshake on;");
}
