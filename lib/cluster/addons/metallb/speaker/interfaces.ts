import { RE2JS } from "re2js";
import { parse } from "yaml";
import { z } from "zod";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";

const exclusion = z.object({ announcedInterfacesToExclude: z.array(z.string()).default([]) });
const excludePath = "/etc/metallb/excludel2.yaml";
const flags = { up: 0x1, broadcast: 0x2, noArp: 0x80 };
const listScript =
  'for d in /sys/class/net/*; do [ -e "$d/master" ] || echo "${d##*/} $(cat "$d/flags" 2>/dev/null)"; done';

/** Which interfaces the mounted file leaves out; throws for a pattern that is none. */
export async function readExclusion(session: AgentSession): Promise<(name: string) => boolean> {
  const text = await session.readFile(excludePath).catch(() => "");
  const { announcedInterfacesToExclude } = exclusion.parse(parse(text) ?? {});
  const patterns = announcedInterfacesToExclude.map((pattern) => RE2JS.compile(pattern));
  return (name) => patterns.some((pattern) => pattern.matcher(name).find());
}

/** Those of the node that ARP is answered on (metallb internal/layer2/announcer.go: updateInterfaces). */
export async function listInterfaces(
  session: AgentSession,
  isExcluded: (name: string) => boolean,
): Promise<string[]> {
  const { stdout } = await session.node.exec(["sh", "-c", listScript]);
  return stdout
    .split("\n")
    .flatMap((line) => {
      const [name = "", text = ""] = line.split(" ");
      const set = Number(text);
      const answers = set & flags.up && set & flags.broadcast && !(set & flags.noArp);
      return name !== "" && answers && !isExcluded(name) ? [name] : [];
    })
    .sort();
}
