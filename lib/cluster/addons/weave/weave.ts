import { z } from "zod";
import { cidrV4 } from "@/lib/contract/fields";
import type { Addon, AddonContext } from "../addon";
import type { AgentPrograms, AgentSession } from "../agents/agent-session";
import { installWeave } from "./install";
import { weaveObjects } from "./objects";
import { peersOf } from "./peers";
import { defaultRange, rangeOfPeer } from "./ring";
import { connectionsText, ipamText, peersText, statusText, type WeaveView } from "./status";
import { weaveNpc } from "./weave-npc";
import { launchWeave, weaver } from "./weaver";

const options = z.object({ range: cidrV4.optional() }).strict();

/** Weave Net: one layer-2 network over all nodes, addresses from one range that the nodes share out. */
export const weave: Addon<z.infer<typeof options>> = {
  name: "weave",
  isNetwork: true,
  parse: (value) => options.parse(value),
  objects: (_, { range }) => weaveObjects(range),
};

export const weavePrograms: AgentPrograms = {
  "init.sh": installWeave,
  "launch.sh": launchWeave,
  weaver,
  weave: weaveCommand,
  "weave-npc": weaveNpc,
};

/** `weave --local status [connections|peers|ipam]` and `weave ps`, as run in the pod. */
async function weaveCommand(session: AgentSession, { informers }: AddonContext): Promise<number> {
  const [command = "", topic = ""] = session.hello.argv.slice(1).filter((one) => !one.startsWith("--"));
  const range =
    informers.pods
      .get(session.identity.pod?.metadata.namespace, session.identity.pod?.metadata.name ?? "")
      ?.spec.containers.flatMap(({ env }) => env ?? [])
      .find(({ name }) => name === "IPALLOC_RANGE")?.value ?? defaultRange;
  const view: WeaveView = {
    range,
    self: session.node.name,
    peers: peersOf(informers.configMaps.get("kube-system", "weave-net")),
    nodes: informers.nodes.list(),
  };
  const texts: Record<string, () => string> = {
    "": () => `\n${statusText(view)}`,
    connections: () => connectionsText(view),
    peers: () => peersText(view),
    ipam: () => ipamText(view),
  };
  if (command === "version") return (session.printOut("weave script 2.8.1\nweave 2.8.1"), 0);
  if (command === "ps") {
    const index = view.peers.findIndex(({ NodeName }) => NodeName === view.self);
    const { bridge } = rangeOfPeer(range, Math.max(0, index));
    session.printOut(`weave:expose ${view.peers[index]?.PeerName} ${bridge}/${range.split("/")[1]}`);
    return 0;
  }
  if (command !== "status" || !Object.hasOwn(texts, topic)) {
    session.print("Usage: weave --local status [connections | peers | ipam]");
    return 1;
  }
  session.printOut(texts[topic]!().replace(/\n$/, ""));
  return 0;
}
