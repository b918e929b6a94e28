import { refs } from "@/lib/cluster/client/refs";
import type { AddonContext } from "../addon";
import type { AgentSession } from "../agents/agent-session";
import { untilAllowed } from "../agents/until-allowed";
import { PolicyKeeper } from "../policy/policy-keeper";
import { PolicyLoader } from "../policy/policy-loader";
import { policyRules, type MadeChains } from "./policy-rules";
import { hooks } from "./rules";

/** Felix's part in NetworkPolicy; resolves when the node's rules are in force. */
export async function policyKeeper(session: AgentSession, context: AddonContext): Promise<PolicyKeeper> {
  await untilAllowed(session, context, [
    { name: "*v1.NetworkPolicy", ref: refs.networkPolicies },
    { name: "*v1.Namespace", ref: refs.namespaces },
    { name: "*v1.Pod", ref: refs.pods },
  ]);
  const action = session.env.FELIX_DEFAULTENDPOINTTOHOSTACTION?.toUpperCase();
  const toHost = action === "ACCEPT" || action === "RETURN" ? action : "DROP";
  const loader = new PolicyLoader(session, { chainPrefix: "cali-", setPrefix: "cali40", hooks });
  const made: MadeChains = new Map();
  const keeper = new PolicyKeeper(session, context, loader, (policies, { pods }) =>
    policyRules(policies, pods, { node: session.node.name, toHost }, made),
  );
  await keeper.sync();
  return keeper;
}
