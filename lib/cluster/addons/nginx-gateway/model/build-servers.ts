import type { Route } from "@/lib/cluster/addons/gateway-api/types";
import type { Server } from "./configuration";
import type { ListenerState } from "./graph";
import { bySpecificity, covers } from "./hostnames";
import { orderEntries, type PlacedEntry } from "./order-entries";
import type { ReadRoute } from "./read-rules";

export interface AttachedRoute {
  route: Route;
  read: ReadRoute;
  listener: ListenerState;
  hosts: string[];
}

/**
 * A server for each port and host. A host that several listeners stand for belongs to the one that names it most precisely:
 * what is attached to the others does not answer there.
 */
export function buildServers(listeners: ListenerState[], attached: AttachedRoute[]): Server[] {
  const serving = listeners.filter(
    ({ isValid, listener }) => isValid && ["HTTP", "HTTPS"].includes(listener.protocol),
  );
  const servers: Server[] = [];
  for (const state of serving) {
    const { port, protocol } = state.listener;
    const rivals = serving.filter((other) => other !== state && other.listener.port === port);
    const owns = (host: string) =>
      !rivals.some(
        (other) =>
          covers(other.hostname, host) &&
          covers(state.hostname, other.hostname) &&
          other.hostname !== state.hostname,
      );
    const routes = attached.filter(({ listener }) => listener === state);
    const hosts = new Set([state.hostname, ...routes.flatMap(({ hosts: some }) => some)].filter(owns));
    for (const hostname of hosts)
      servers.push({
        port,
        hostname,
        ...(protocol === "HTTPS"
          ? { tls: { listenerHostname: state.hostname, certificates: state.certificates } }
          : {}),
        entries: orderEntries(routes.filter(({ hosts: some }) => some.includes(hostname)).flatMap(entriesOf)),
      });
  }
  return servers.sort((a, b) => a.port - b.port || bySpecificity(a.hostname, b.hostname));
}

function entriesOf({ route, read }: AttachedRoute): PlacedEntry[] {
  return read.rules.flatMap(({ matches, action }) => matches.map((match) => ({ match, action, route })));
}
