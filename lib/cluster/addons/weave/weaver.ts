import { refs } from "@/lib/cluster/client/refs";
import type { AddonContext } from "../addon";
import type { AgentSession } from "../agents/agent-session";
import { isRemoved } from "../agents/is-removed";
import { watchLoop } from "../agents/watch-loop";
import { parseRange } from "../ipv4";
import { joinPeers, peersOf } from "./peers";
import { defaultRange, peerName, rangeOfPeer, slots, type Peer, type PeerRange } from "./ring";
import { filterRules, masqueradeRules } from "./rules";
import { addressOfNode, connectionsText, ipamText, peersText, statusText, type WeaveView } from "./status";

const mtu = 1376;

/** A log line of Weave Net (common/logging.go). */
export function weaveLine(level: "INFO" | "WARN" | "FATA", text: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().slice(0, 23).replaceAll("-", "/").replace("T", " ");
  return `${level}: ${stamp}000 ${text}`;
}

/** launch.sh of weave-kube: joins the list of peers and goes on as the router (prog/weave-kube/launch.sh). */
export async function launchWeave(session: AgentSession, context: AddonContext): Promise<number> {
  const { client, node } = session.identity;
  const die = (text: string) => session.fail(1, text);
  if (!client)
    return die(
      "FATA: [kube-peers] Could not get cluster config: open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory",
    );
  const nodes = await client
    .list(refs.nodes)
    .catch((failure: Error) =>
      die(weaveLine("FATA", `[kube-peers] Could not get peers: ${failure.message}`, context.clock.now())),
    );
  const self = context.informers.nodes.get(undefined, node.name);
  const name = peerName(self?.metadata.uid ?? node.name);
  const peers = await joinPeers(client, { PeerName: name, NodeName: node.name }).catch((failure: Error) =>
    die(
      weaveLine("FATA", `[kube-peers] Could not update peer list: ${failure.message}`, context.clock.now()),
    ),
  );
  if (peers.length > slots) die(weaveLine("FATA", "no free part of the range is left", context.clock.now()));
  const range = session.env.IPALLOC_RANGE ?? defaultRange;
  return session.become([
    "/home/weave/weaver",
    "--port=6783",
    "--datapath=datapath",
    `--name=${name}`,
    "--http-addr=127.0.0.1:6784",
    "--metrics-addr=0.0.0.0:6782",
    "--docker-api=",
    "--no-dns",
    "--db-prefix=/weavedb/weave-net",
    `--ipalloc-range=${range}`,
    `--nickname=${node.name}`,
    `--ipalloc-init=consensus=${Math.max(0, nodes.items.length - 1)}`,
    "--conn-limit=200",
    ...(session.env.EXPECT_NPC === "0" ? [] : ["--expect-npc"]),
    "--no-masq-local",
    ...context.informers.nodes.list().flatMap((one) => addressOfNode(one) ?? []),
  ]);
}

/** The router (prog/weaver): bridge and overlay, addresses for the plugin, status over HTTP. */
export async function weaver(session: AgentSession, context: AddonContext): Promise<number | void> {
  const log = (text: string) => session.announce(weaveLine("INFO", text, context.clock.now()));
  const range = session.flag("ipalloc-range") ?? defaultRange;
  if (!/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(range) || parseRange(range).size < 64)
    return session.fail(1, weaveLine("FATA", `Invalid allocation range ${range}`, context.clock.now()));
  const peers = peersOf(context.informers.configMaps.get("kube-system", "weave-net"));
  const index = peers.findIndex(({ NodeName }) => NodeName === session.node.name);
  if (index < 0)
    return session.fail(1, weaveLine("FATA", "our peer is not in the list of peers", context.clock.now()));
  const own = rangeOfPeer(range, index);
  const name = peers[index]!.PeerName;
  log("weave  2.8.1");
  log("Bridge type is bridged_fastdp");
  log("Communication between peers is unencrypted.");
  log(`Our name is ${name}(${session.node.name})`);
  log(
    `Launch detected - using supplied peer list: [${session.hello.argv.filter((one) => /^[\d.]+$/.test(one)).join(" ")}]`,
  );
  log('Using "no-masq-local" LocalRangeTracker');
  log("Checking for pre-existing addresses on weave bridge");
  await makeBridges(session, own, name, range);
  log(`[allocator ${name}] Initialising via deferred consensus`);
  log("Sniffing traffic on datapath (via ODP)");
  await session.listen("control", { kind: "hold", port: 6783 });
  await session.listen("metrics", {
    kind: "http",
    port: 6782,
    routes: [{ path: "/metrics", body: "# TYPE weave_ips gauge\n" }],
  });
  const view = (): WeaveView => ({
    range,
    self: session.node.name,
    peers: peersOf(context.informers.configMaps.get("kube-system", "weave-net")),
    nodes: context.informers.nodes.list(),
  });
  await answer(session, view(), own);
  log("Listening for HTTP control messages on 127.0.0.1:6784");
  log("Listening for metrics requests on 0.0.0.0:6782");
  await session.node.inspectNow();
  const connected = new Set<string>();
  const isOver = await watchLoop(
    session,
    context,
    [
      (trigger) => context.informers.nodes.onChange(trigger),
      (trigger) =>
        context.informers.configMaps.onChange((now) => now?.metadata.name === "weave-net" && trigger()),
    ],
    async () => {
      await connect(session, context, view(), connected);
      await answer(session, view(), own);
    },
  );
  if (isOver && isRemoved(session, context)) await takeAway(session);
}

async function makeBridges(session: AgentSession, own: PeerRange, mac: string, range: string): Promise<void> {
  const present = (await session.must(["ip", "-br", "link", "show"]))
    .split("\n")
    .map((line) => line.split(/[\s@]/)[0]);
  const uplink = /^default via \S+ dev (\S+)/m.exec(
    await session.must(["ip", "route", "show", "default"]),
  )?.[1];
  const { prefix } = parseRange(range);
  const lines = [
    ...(present.includes("weave") ? [] : [`link add weave mtu ${mtu} address ${mac} type bridge`]),
    `address replace ${own.bridge}/${prefix} brd + dev weave`,
    "link set weave up",
    ...(present.includes("datapath") ? [] : ["link add datapath type bridge"]),
    "link set datapath up",
    ...(present.includes("vethwe-bridge")
      ? []
      : [`link add vethwe-datapath mtu ${mtu} type veth peer name vethwe-bridge mtu ${mtu}`]),
    "link set vethwe-datapath master datapath up",
    "link set vethwe-bridge master weave up",
    ...(present.includes("vxlan-6784")
      ? []
      : [`link add vxlan-6784 type vxlan id 6784 dstport 6784${uplink ? ` dev ${uplink}` : ""}`]),
    "link set vxlan-6784 master datapath up",
  ];
  await session.must(["ip", "-batch", "-"], `${lines.join("\n")}\n`);
  const nat = await session.must(["iptables-save", "-t", "nat"]);
  await session.must(["iptables-restore", "-w", "--noflush"], masqueradeRules(range, nat));
  const filter = await session.must(["iptables-save", "-t", "filter"]);
  const expectsNpc = session.flag("expect-npc") !== undefined;
  await session.must(["iptables-restore", "-w", "--noflush"], filterRules(expectsNpc, filter));
}

/** Floods unknown destinations to every other peer; the kernel learns the rest. */
async function connect(
  session: AgentSession,
  context: AddonContext,
  { peers, nodes, self }: WeaveView,
  connected: Set<string>,
): Promise<void> {
  const wanted = new Map<string, Peer>();
  for (const peer of peers) {
    const node = nodes.find(({ metadata }) => metadata.name === peer.NodeName);
    const ip = node && addressOfNode(node);
    if (ip && peer.NodeName !== self) wanted.set(ip, peer);
  }
  const shown = await session.must(["bridge", "fdb", "show", "dev", "vxlan-6784"]);
  const present = new Set([...shown.matchAll(/^00:00:00:00:00:00 dst (\S+)/gm)].map((match) => match[1]!));
  for (const ip of present)
    if (!wanted.has(ip))
      await session.run(["bridge", "fdb", "del", "00:00:00:00:00:00", "dev", "vxlan-6784", "dst", ip]);
  for (const [ip, peer] of wanted) {
    if (!present.has(ip))
      await session.must(["bridge", "fdb", "append", "00:00:00:00:00:00", "dev", "vxlan-6784", "dst", ip]);
    if (connected.has(ip)) continue;
    connected.add(ip);
    const about = `->[${ip}:6783|${peer.PeerName}(${peer.NodeName})]`;
    const say = (text: string) => weaveLine("INFO", text, context.clock.now());
    session.announce(
      say(`->[${ip}:6783] attempting connection`),
      say(`${about}: connection ready; using protocol version 2`),
      say(`overlay_switch ->[${peer.PeerName}(${peer.NodeName})] using fastdp`),
      say(`${about}: connection fully established`),
    );
  }
}

/** What the plugin and `weave status` are told. */
async function answer(session: AgentSession, view: WeaveView, own: PeerRange): Promise<void> {
  const ipam = {
    ranges: [[{ subnet: view.range, rangeStart: own.first, rangeEnd: own.last, gateway: own.bridge }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  await session.listen("http", {
    kind: "http",
    address: "127.0.0.1",
    port: 6784,
    routes: [
      { path: "/ip/*", body: JSON.stringify(ipam) },
      { path: "/status", body: statusText(view) },
      { path: "/status/connections", body: connectionsText(view) },
      { path: "/status/peers", body: peersText(view) },
      { path: "/status/ipam", body: ipamText(view) },
    ],
  });
}

async function takeAway({ node }: AgentSession): Promise<void> {
  await node.exec([
    "sh",
    "-c",
    "rm -f /etc/cni/net.d/10-weave.conflist; for link in weave datapath vethwe-bridge vxlan-6784; do ip link delete $link 2>/dev/null; done; exit 0",
  ]);
  await node.inspectNow();
}
