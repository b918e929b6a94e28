import { refs } from "@/lib/cluster/client/refs";
import type { AddonContext } from "../addon";
import type { AgentSession } from "../agents/agent-session";
import { untilAllowed } from "../agents/until-allowed";
import { PolicyKeeper } from "../policy/policy-keeper";
import { PolicyLoader } from "../policy/policy-loader";
import { addressOf, type CiliumNode } from "./cilium-nodes";
import { chainPrefix, ciliumRules, policyHooks, setPrefix } from "./policy-rules";
import { version } from "./status";

/** The agent's part in NetworkPolicy; resolves when the node's rules are in force. `nodes` are those known by then. */
export async function policyKeeper(
  session: AgentSession,
  context: AddonContext,
  nodes: () => CiliumNode[],
): Promise<PolicyKeeper> {
  await untilAllowed(session, context, [
    { name: "*v1.NetworkPolicy", ref: refs.networkPolicies },
    { name: "*v1.Namespace", ref: refs.namespaces },
    { name: "*v1.Pod", ref: refs.pods },
  ]);
  const [major = 0, minor = 0] = version(session).split(".").map(Number);
  const hasRanges = major > 1 || minor >= 16;
  const loader = new PolicyLoader(session, { chainPrefix, setPrefix, hooks: policyHooks });
  const keeper = new PolicyKeeper(session, context, loader, (policies, { pods }) =>
    ciliumRules(policies, pods, {
      node: session.node.name,
      nodeAddresses: nodes().flatMap((one) =>
        (["InternalIP", "CiliumInternalIP"] as const).flatMap((type) => addressOf(one, type) ?? []),
      ),
      hasRanges,
    }),
  );
  await keeper.sync();
  return keeper;
}
