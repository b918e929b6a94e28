import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";

export type Log = (level: "info" | "warn" | "error", caller: string, fields: Record<string, unknown>) => void;

/** Lines as MetalLB's logger writes them: JSON with its fields in order of their names. */
export function logOf(session: AgentSession, { clock }: AddonContext): Log {
  return (level, caller, fields) => {
    const ts = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    const all = Object.entries({ ...fields, caller, level, ts }).sort(([a], [b]) => (a < b ? -1 : 1));
    session.print(JSON.stringify(Object.fromEntries(all)));
  };
}

/** "v0.14.9" of the pod's image, as parts that compare; what has another tag is taken for a new one. */
export function releaseOf(session: AgentSession): { text: string; minor: number } {
  const images = session.identity.pod?.spec.containers.map(({ image = "" }) => image) ?? [];
  const tag = images.map((image) => /metallb\/\w+:v?(\d+\.(\d+)\.\d+)/.exec(image)).find(Boolean);
  return { text: tag?.[1] ?? "0.15.3", minor: Number(tag?.[2] ?? 15) };
}
