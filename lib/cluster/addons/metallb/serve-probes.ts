import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { releaseOf } from "./log";

/**
 * The ports that say that a process is well: metrics over HTTP, and from 0.16 health on a port of its own and metrics over
 * HTTPS, which nobody reads here.
 */
export async function serveProbes(session: AgentSession, healthAddress: string): Promise<void> {
  const port = Number(session.flag("port") ?? 7472);
  const metrics = [{ path: "/metrics", body: "metallb_k8s_client_config_loaded_bool 1\n" }];
  if (releaseOf(session).minor < 16)
    return session.listen("metrics", { kind: "http", port, routes: metrics });
  await session.listen("metrics", { kind: "hold", port });
  await session.listen("health", {
    kind: "http",
    address: healthAddress,
    port: Number(session.flag("health-probe-port") ?? 17_472),
    routes: ["/healthz", "/readyz"].map((path) => ({ path, body: "ok" })),
  });
}
