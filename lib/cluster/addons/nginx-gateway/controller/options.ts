import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";

/** The controller's flags (NGINX Gateway Fabric, cmd/gateway/commands.go). */
export interface ControllerOptions {
  /** Before 2.0: nginx is a container of the same pod, and serves one Gateway. */
  isStatic: boolean;
  version: string;
  controllerName: string;
  className: string;
  /** Of the NginxGateway with its own settings. */
  configName: string | undefined;
  serviceName: string;
  agentTlsSecret: string;
  healthPort: number;
  metricsPort: number;
  /** Of its own image, for that of the data planes. */
  image: string;
}

export function readOptions(session: AgentSession): ControllerOptions {
  const image =
    session.env.IMAGE_NAME ??
    session.identity.pod?.spec.containers.find(({ image: one }) => one?.includes("nginx-gateway-fabric"))
      ?.image ??
    "ghcr.io/nginx/nginx-gateway-fabric:2.2.0";
  const number = (name: string, otherwise: number) => Number(session.flag(name) ?? otherwise);
  return {
    isStatic: session.hello.argv[1] === "static-mode",
    version: /:([^:/@]+)/.exec(image.slice(image.lastIndexOf("/")))?.[1] ?? "edge",
    controllerName: session.flag("gateway-ctlr-name") ?? "",
    className: session.flag("gatewayclass") ?? "",
    configName: session.flag("config"),
    serviceName: session.flag("service") ?? "nginx-gateway",
    agentTlsSecret: session.flag("agent-tls-secret") ?? "agent-tls",
    healthPort: number("health-port", 8081),
    metricsPort: number("metrics-port", 9113),
    image,
  };
}
