import { refs } from "@/lib/cluster/client/refs";
import type { AddonContext } from "../addon";
import type { AgentSession } from "../agents/agent-session";
import { untilAllowed } from "../agents/until-allowed";
import { PolicyKeeper } from "../policy/policy-keeper";
import { PolicyLoader } from "../policy/policy-loader";
import { npcRules } from "./npc-rules";
import { npcHooks } from "./rules";
import { weaveLine } from "./weaver";

/** The policy controller beside the router (prog/weave-npc). */
export async function weaveNpc(session: AgentSession, context: AddonContext): Promise<void> {
  const log = (text: string) => session.announce(weaveLine("INFO", text, context.clock.now()));
  log(`Starting Weaveworks NPC 2.8.1; node name ${JSON.stringify(session.node.name)}`);
  await session.listen("metrics", {
    kind: "http",
    port: 6781,
    routes: [{ path: "/metrics", body: "# TYPE weavenpc_blocked_connections_total counter\n" }],
  });
  log("Serving /metrics on :6781");
  await untilAllowed(session, context, [
    { name: "*v1.Namespace", ref: refs.namespaces },
    { name: "*v1.Pod", ref: refs.pods },
    { name: "*v1.NetworkPolicy", ref: refs.networkPolicies },
  ]);
  const loader = new PolicyLoader(session, {
    chainPrefix: "WEAVE-NPC",
    setPrefix: "weave-",
    hooks: npcHooks,
  });
  const keeper = new PolicyKeeper(session, context, loader, (policies, { pods, namespaces }) =>
    npcRules(
      policies,
      pods,
      namespaces.map(({ metadata }) => metadata.name),
    ),
  );
  await keeper.run();
}
