import { stringify } from "yaml";
import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";

/** One of crictl's commands; `argv` is what follows its name. */
export type CrictlCommand = (session: AgentSession, context: AddonContext, argv: string[]) => Promise<void>;

export function fatal(session: AgentSession, text: string): never {
  return session.fail(1, `FATA[0000] ${text}`);
}

/** As `--output` wants it; json by default. */
export function printObject(session: AgentSession, format: string | undefined, object: object): void {
  if (format === "yaml") session.printOut(stringify(object).trimEnd());
  else if (format === undefined || format === "json") session.printOut(JSON.stringify(object, null, 2));
  else fatal(session, `unsupported output format ${JSON.stringify(format)}`);
}
