import type { ClusterClient } from "@/lib/cluster/client/client";
import type { AddonContext } from "../addon";
import type { AgentSession } from "../agents/agent-session";
import { parseRange, toAddress } from "../ipv4";
import { tunnelMac } from "../tunnel-mac";
import { calicoRef } from "./api";
import type { BlockAffinity } from "./ipam";
import type { Pool } from "./startup";

const vxlan = "vxlan.calico";
const macAnnotation = "projectcalico.org/VXLANTunnelMACAddr";
const vtepAnnotation = "projectcalico.org/IPv4VXLANTunnelAddr";

/**
 * How packets get to pods of other nodes: routes to their blocks, and the tunnel that these go through. Kernels that labs
 * run on have no IPIP in a user namespace: tunl0 has the real one's name, addresses and routes, and carries VXLAN.
 */
export class Overlay {
  readonly kind: "ipip" | "vxlan" | "none";
  readonly #seen = new Map<string, string>();

  constructor(
    private readonly session: AgentSession,
    pool: Pool,
    private readonly uplink: { name: string; address: string },
  ) {
    // Nodes of a lab share one subnet: across subnets means never.
    this.kind = pool.vxlanMode === "Always" ? "vxlan" : pool.ipipMode === "Always" ? "ipip" : "none";
  }

  get mtu(): number {
    return this.kind === "none" ? 1500 : 1450;
  }

  /** Makes the tunnel with the node's own address in it; returns the annotations that tell other nodes. */
  async make(address: string): Promise<Record<string, string | null>> {
    const { session } = this;
    if (this.kind === "vxlan") {
      const isThere = (await session.run(["ip", "link", "show", vxlan])).exitCode === 0;
      await session.must(
        ["ip", "-batch", "-"],
        [
          ...(isThere
            ? []
            : [
                `link add ${vxlan} mtu ${this.mtu} type vxlan id 4096 local ${this.uplink.address} dev ${this.uplink.name} dstport 4789 nolearning`,
              ]),
          `address replace ${address}/32 dev ${vxlan}`,
          `link set ${vxlan} up`,
          "",
        ].join("\n"),
      );
      const shown = await session.must(["ip", "-o", "link", "show", vxlan]);
      return { [vtepAnnotation]: address, [macAnnotation]: /link\/ether (\S+)/.exec(shown)?.[1] ?? null };
    }
    if (this.kind !== "ipip") return {};
    if ((await session.run(["ip", "link", "show", "tunl0"])).exitCode !== 0)
      await session.must(
        ["ip", "-batch", "-"],
        `link add tunl0 mtu ${this.mtu} address ${tunnelMac(this.uplink.address)} type vxlan id 4097 local ${this.uplink.address} dev ${this.uplink.name} dstport 4790 nolearning\n`,
      );
    await session.must(["ip", "-batch", "-"], `link set tunl0 up\naddress replace ${address}/32 dev tunl0\n`);
    return { "projectcalico.org/IPv4IPIPTunnelAddr": address };
  }

  /** Brings routes in line with the blocks of all nodes; returns the addresses of nodes that were not known before. */
  async sync(client: ClusterClient, { informers }: AddonContext): Promise<string[]> {
    const { items } = await client.list<BlockAffinity>(calicoRef("blockaffinities"));
    const lines: string[] = [];
    const entries: string[] = [];
    const wanted = new Map<string, string>();
    const newPeers = new Set<string>();
    for (const { spec } of items) {
      if (spec.node === this.session.node.name) {
        wanted.set(spec.cidr, "blackhole");
        if (this.#seen.get(spec.cidr) !== "blackhole")
          lines.push(`route replace blackhole ${spec.cidr} proto ${this.#protocol}`);
        continue;
      }
      const node = informers.nodes.get(undefined, spec.node);
      const ip = node?.status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
      const vtep = node?.metadata.annotations?.[vtepAnnotation];
      const mac = node?.metadata.annotations?.[macAnnotation];
      if (!ip || (this.kind === "vxlan" && !(vtep && mac))) continue;
      const key = `${ip} ${vtep} ${mac}`;
      wanted.set(spec.cidr, key);
      if (this.#seen.get(spec.cidr) === key) continue;
      if (![...this.#seen.values()].some((one) => one.startsWith(`${ip} `))) newPeers.add(ip);
      lines.push(...this.#routes(spec.cidr, ip, vtep, mac));
      if (this.kind === "vxlan") entries.push(`fdb replace ${mac} dev ${vxlan} dst ${ip} self permanent\n`);
      if (this.kind === "ipip")
        entries.push(`fdb replace ${tunnelMac(ip)} dev tunl0 dst ${ip} self permanent\n`);
    }
    for (const cidr of this.#seen.keys())
      if (!wanted.has(cidr)) await this.session.run(["ip", "route", "delete", cidr]);
    if (entries.length > 0) await this.session.must(["bridge", "-batch", "-"], entries.join(""));
    if (lines.length > 0) await this.session.must(["ip", "-batch", "-"], `${lines.join("\n")}\n`);
    this.#seen.clear();
    for (const [cidr, key] of wanted) this.#seen.set(cidr, key);
    return [...newPeers];
  }

  #routes(cidr: string, ip: string, vtep: string | undefined, mac: string | undefined): string[] {
    if (this.kind === "none") return [`route replace ${cidr} via ${ip} dev ${this.uplink.name} proto bird`];
    if (this.kind === "ipip")
      return [
        `neighbour replace ${ip} lladdr ${tunnelMac(ip)} dev tunl0 nud permanent`,
        `route replace ${cidr} via ${ip} dev tunl0 proto bird onlink`,
      ];
    return [
      `neighbour replace ${vtep} lladdr ${mac} dev ${vxlan} nud permanent`,
      `route replace ${toAddress(parseRange(cidr).first)}/${cidr.split("/")[1]} via ${vtep} dev ${vxlan} proto 80 onlink`,
    ];
  }

  get #protocol(): string {
    return this.kind === "vxlan" ? "80" : "bird";
  }
}
