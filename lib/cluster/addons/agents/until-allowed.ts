import type { ResourceRef } from "@/lib/cluster/client/client";
import type { AddonContext } from "../addon";
import type { AgentSession } from "./agent-session";
import { klogLine } from "./klog";

/** Waits until the ServiceAccount may list what the process watches, saying what client-go's reflectors say until then. */
export async function untilAllowed(
  session: AgentSession,
  { clock }: AddonContext,
  kinds: { name: string; ref: ResourceRef }[],
): Promise<void> {
  const { client } = session.identity;
  if (!client) return;
  for (let delayMs = 1000; !session.signal.aborted; delayMs = Math.min(delayMs * 2, 30_000)) {
    const failures: string[] = [];
    for (const { name, ref } of kinds)
      await client.list(ref).catch((failure: Error) => {
        failures.push(
          `"Failed to watch" err="failed to list ${name}: ${failure.message.replaceAll('"', '\\"')}" logger="UnhandledError" reflector="k8s.io/client-go/informers/factory.go:160" type="${name}"`,
        );
      });
    if (failures.length === 0) return;
    session.print(...failures.map((text) => klogLine("E", "reflector.go:205", text, clock.now())));
    await clock.sleep(delayMs, session.signal).catch(() => undefined);
  }
}
