import { z } from "zod";
import type { Addon } from "../addon";
import type { AgentPrograms } from "../agents/agent-session";
import { gatewayApiCrds } from "../gateway-api/crds";
import { runGateway } from "./controller/run-gateway";
import { runAgent } from "./data-plane/run-agent";
import { fabricCrds } from "./objects/crds";
import { fabricObjects, majorOf } from "./objects/fabric";

const nodePort = z.number().int().min(30_000).max(32_767).optional();
const options = z
  .object({
    release: z
      .string()
      .regex(/^[12]\.\d+\.\d+$/)
      .default("1.6.2"),
    serviceType: z.enum(["NodePort", "LoadBalancer", "ClusterIP"]).default("NodePort"),
    httpNodePort: nodePort,
    httpsNodePort: nodePort,
    /** TLSRoutes, and in 2.x TCPRoutes and UDPRoutes. */
    experimental: z.boolean().default(false),
  })
  .strict();

/** NGINX Gateway Fabric with the Gateway API's definitions: an nginx that serves what Gateways and routes say. */
export const nginxGateway: Addon<z.infer<typeof options>> = {
  name: "nginx-gateway",
  parse: (value) => options.parse(value),
  objects: (_, { experimental, ...value }) => [
    ...gatewayApiCrds(undefined, experimental ? "experimental" : "standard"),
    ...fabricCrds(majorOf(value.release)),
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "nginx-gateway" } },
    ...fabricObjects({
      ...value,
      isExperimental: experimental,
      namespace: "nginx-gateway",
      name: "nginx-gateway",
    }),
  ],
};

/** What the processes of NGINX Gateway Fabric do: the controller's binary, and the agent beside each nginx. */
export const nginxGatewayPrograms: AgentPrograms = {
  gateway: runGateway,
  "nginx-agent": runAgent,
};
