import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";

/** One of crictl's commands; `argv` is what follows its name. */
export type CrictlCommand = (session: AgentSession, context: AddonContext, argv: string[]) => Promise<void>;

export function fatal(session: AgentSession, text: string): never {
  return session.fail(1, `FATA[0000] ${text}`);
}
