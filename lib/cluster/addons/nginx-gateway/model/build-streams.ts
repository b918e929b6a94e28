import type { StreamServer } from "./configuration";
import type { ListenerState } from "./graph";
import type { AttachedRoute } from "./build-servers";
import { bySpecificity } from "./hostnames";
import { byRoute } from "./order-entries";

/** What is handed on as it comes: TLS by the name that its client asks for, TCP and UDP to the oldest route's backends. */
export function buildStreams(listeners: ListenerState[], attached: AttachedRoute[]): StreamServer[] {
  const servers = new Map<string, StreamServer>();
  for (const state of listeners) {
    const { port, protocol } = state.listener;
    if (!state.isValid || (protocol !== "TLS" && protocol !== "TCP" && protocol !== "UDP")) continue;
    const key = `${protocol} ${port}`;
    const server: StreamServer = servers.get(key) ?? { port, protocol, routes: [] };
    servers.set(key, server);
    const routes = attached
      .filter(({ listener }) => listener === state)
      .sort((a, b) => byRoute(a.route, b.route));
    for (const { hosts, read } of routes)
      for (const hostname of protocol === "TLS" ? hosts : [""]) {
        const backends = read.rules[0]?.action.backends ?? [];
        if (!server.routes.some((one) => one.hostname === hostname))
          server.routes.push({ hostname, backends });
      }
    server.routes.sort((a, b) => bySpecificity(a.hostname, b.hostname));
  }
  return [...servers.values()].sort((a, b) => a.port - b.port);
}
