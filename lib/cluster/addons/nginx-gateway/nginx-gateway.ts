import type { AgentPrograms } from "../agents/agent-session";
import { runGateway } from "./controller/run-gateway";
import { runAgent } from "./data-plane/run-agent";

/** What the processes of NGINX Gateway Fabric do: the controller's binary, and the agent beside each nginx. */
export const nginxGatewayPrograms: AgentPrograms = {
  gateway: runGateway,
  "nginx-agent": runAgent,
};
