import type { AgentSession } from "../agents/agent-session";
import { klogLine } from "../agents/klog";
import type { ServicePortInfo } from "./service-ports";

/**
 * Answers load balancers that ask a node for local endpoints (pkg/proxy/healthcheck/service_health.go): one port a
 * Service with externalTrafficPolicy Local.
 */
export class HealthPorts {
  readonly #open = new Map<string, string>();

  constructor(private readonly session: AgentSession) {}

  async sync(ports: ServicePortInfo[]): Promise<void> {
    const wanted = new Map<string, { port: number; local: Set<string> }>();
    for (const { service, healthCheckNodePort, ready } of ports) {
      if (!healthCheckNodePort) continue;
      const entry = wanted.get(service) ?? { port: healthCheckNodePort, local: new Set<string>() };
      for (const { ip, nodeName } of ready) if (nodeName === this.session.node.name) entry.local.add(ip);
      wanted.set(service, entry);
    }
    for (const [service, state] of this.#open) {
      const now = wanted.get(service);
      if (now && state.startsWith(`${now.port} `)) continue;
      this.session.unlisten(`health/${service}`);
      this.#open.delete(service);
    }
    for (const [service, { port, local }] of wanted) {
      const state = `${port} ${local.size}`;
      if (this.#open.get(service) === state) continue;
      await this.#listen(service, port, local.size);
      this.#open.set(service, state);
    }
  }

  async #listen(service: string, port: number, localEndpoints: number): Promise<void> {
    const [namespace, name] = service.split("/");
    const body = JSON.stringify(
      { service: { namespace, name }, localEndpoints, serviceProxyHealthy: true },
      null,
      "\t",
    );
    try {
      const code = localEndpoints > 0 ? 200 : 503;
      await this.session.listen(`health/${service}`, {
        kind: "http",
        port,
        routes: [{ path: "*", code, body }],
      });
    } catch (failure) {
      this.session.print(
        klogLine(
          "E",
          "service_health.go:145",
          `"Failed to start healthcheck" err="listen tcp :${port}: ${(failure as Error).message}" node=${JSON.stringify(this.session.node.name)} service="${service}" port=${port}`,
          this.session.clock.now(),
        ),
      );
    }
  }
}
