import { block, when, type Lines } from "@/lib/cluster/addons/ingress-nginx/render/text";
import type { Server } from "../model/configuration";
import { renderLocation } from "./location";
import { certificatePath } from "./places";
import type { Listens } from "./listens";
import type { Location } from "./table";

/** The server of one host: njs says where each of its requests goes. */
export function renderServer(
  { port, hostname, tls }: Server,
  index: number,
  locations: Location[],
  listens: Listens,
): Lines {
  return [
    block(
      "server",
      listens(port, tls !== undefined, hostname === ""),
      `server_name ${hostname === "" ? "_" : hostname};`,
      when(
        tls,
        tls?.certificates.flatMap((secret) => [
          `ssl_certificate ${certificatePath(secret)};`,
          `ssl_certificate_key ${certificatePath(secret)};`,
        ]) ?? [],
        // A connection is for the listener that its client named; another listener's hosts are not to be had through it.
        block(`if ($gw_listener_${port} != "${tls?.listenerHostname ?? ""}")`, "return 421;"),
      ),
      `set $gw_server ${index};`,
      `set $gw_port ${port};`,
      'set $gw_location "";',
      block("location /", "rewrite ^ $gw_target last;"),
      block("location /_gw/", "internal;", "return 404;"),
      block("location = /_gw/500", "internal;", "return 500;"),
      block("location = /_gw/503", "internal;", "return 503;"),
      locations.map((location) => renderLocation(location)),
    ),
    "",
  ];
}

/** What answers hosts that nobody has claimed on a port. */
export function renderDefaultServer(port: number, isTls: boolean, listens: Listens): Lines {
  return block(
    "server",
    listens(port, isTls, true),
    ...(isTls ? ["ssl_reject_handshake on;"] : ["default_type text/html;", "return 404;"]),
  );
}
