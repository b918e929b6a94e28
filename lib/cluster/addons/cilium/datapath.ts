import type { AddonNode } from "../addon";
import type { AgentSession } from "../agents/agent-session";
import { tunnelMac } from "../tunnel-mac";
import { addressOf, type CiliumNode } from "./cilium-nodes";
import { forwardRules, natRules } from "./rules";

export const mtu = 1450;
/** native/cni/cilium.c puts the pods' routes there. */
const table = 2006;
/** After the local table (0), before main. */
const preference = 101;

export interface Own {
  ip: string;
  podCidr: string;
  /** The address of cilium_host: the pods' gateway. */
  router: string;
}

/**
 * Cilium's devices, and the routes that `ip route` shows of them (pkg/datapath/loader, linux/node.go). What the real
 * one's eBPF programs do with a packet between these, a routing table of its own does here: a route to each pod's lxc*
 * device, and tunnels to the other nodes' pods through cilium_vxlan.
 */
export async function makeDatapath(session: AgentSession, { ip, podCidr, router }: Own): Promise<void> {
  const shown = await session.must(["ip", "-br", "link", "show"]);
  const present = shown.split("\n").map((line) => line.split(/[\s@]/)[0]);
  const rules = await session.must(["ip", "rule", "show"]);
  const lines = [
    ...(present.includes("cilium_host") ? [] : ["link add cilium_net type veth peer name cilium_host"]),
    "link set cilium_net up",
    "link set cilium_host up",
    `address replace ${router}/32 dev cilium_host`,
    ...(present.includes("cilium_vxlan")
      ? []
      : [`link add cilium_vxlan mtu ${mtu} address ${tunnelMac(ip)} type vxlan external dstport 8472`]),
    "link set cilium_vxlan up",
    `route replace ${router} dev cilium_host proto kernel scope link`,
    `route replace ${podCidr} via ${router} dev cilium_host proto kernel src ${router}`,
    // An address that no pod has leads nowhere.
    `route replace blackhole ${podCidr} table ${table}`,
    ...(rules.includes(`lookup ${table}`) ? [] : [`rule add pref ${preference} lookup ${table}`]),
  ];
  await session.must(["ip", "-batch", "-"], `${lines.join("\n")}\n`);
  const [forward, nat] = await Promise.all([
    session.must(["iptables", "-w", "-t", "filter", "-S", "FORWARD"]),
    session.must(["iptables", "-w", "-t", "nat", "-S", "POSTROUTING"]),
  ]);
  await session.must(
    ["iptables-restore", "-w", "--noflush"],
    forwardRules(forward) + natRules(podCidr, router, nat),
  );
}

/** Brings the tunnels in line with the other nodes; `seen` holds what is there, by pod range. */
export async function syncTunnels(
  session: AgentSession,
  own: Own,
  nodes: CiliumNode[],
  seen: Map<string, string>,
): Promise<void> {
  const wanted = new Map<string, string>();
  const lines: string[] = [];
  for (const node of nodes) {
    const ip = addressOf(node, "InternalIP");
    const router = addressOf(node, "CiliumInternalIP");
    const podCidr = node.spec.ipam?.podCIDRs?.[0];
    if (node.metadata.name === session.node.name || !ip || !router || !podCidr) continue;
    wanted.set(podCidr, `${ip} ${router}`);
    if (seen.get(podCidr) === `${ip} ${router}`) continue;
    lines.push(
      `route replace ${podCidr} via ${own.router} dev cilium_host proto kernel src ${own.router} mtu ${mtu}`,
      `neighbour replace ${router} lladdr ${tunnelMac(ip)} dev cilium_vxlan nud permanent`,
      `route replace ${podCidr} encap ip id 1 dst ${ip} via ${router} dev cilium_vxlan src ${own.router} onlink table ${table}`,
    );
  }
  if (lines.length > 0) await session.must(["ip", "-batch", "-"], `${lines.join("\n")}\n`);
  for (const podCidr of seen.keys()) {
    if (wanted.has(podCidr)) continue;
    await session.run(["ip", "route", "delete", podCidr, "dev", "cilium_host"]);
    await session.run(["ip", "route", "delete", podCidr, "table", String(table)]);
  }
  seen.clear();
  for (const [podCidr, key] of wanted) seen.set(podCidr, key);
}

/** The pods' own routes stay, without effect, for the agent that comes back. */
export async function removeDatapath(node: AddonNode): Promise<void> {
  await node.exec([
    "sh",
    "-c",
    `rm -f /etc/cni/net.d/05-cilium.conflist /var/run/cilium/cilium.sock; ip rule delete pref ${preference} 2>/dev/null; for link in cilium_host cilium_vxlan; do ip link delete $link 2>/dev/null; done; exit 0`,
  ]);
  await node.inspectNow();
}
