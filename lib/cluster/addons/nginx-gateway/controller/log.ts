import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";

export type Level = "info" | "error" | "debug";
/** Fields after the message, as zap writes them. */
export type Log = (level: Level, message: string, fields?: Record<string, unknown>) => void;

export function logOf(session: AgentSession, { clock }: AddonContext): Log {
  return (level, msg, fields = {}) => session.print(line(level, msg, fields, clock.now()));
}

export function line(level: Level, msg: string, fields: Record<string, unknown>, nowMs: number): string {
  return JSON.stringify({ level, ts: new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z"), msg, ...fields });
}
