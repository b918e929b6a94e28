import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";

export function fail(session: AgentSession, text: string): never {
  return session.fail(1, text, "To see the stack trace of this error execute with --v=5 or higher");
}

/** What needs the API's administrator works where there is the kubeconfig of one. */
export async function requireAdmin(session: AgentSession): Promise<void> {
  const path = "/etc/kubernetes/admin.conf";
  await session
    .readFile(path)
    .catch(() => fail(session, `failed to load admin kubeconfig: open ${path}: no such file or directory`));
}
