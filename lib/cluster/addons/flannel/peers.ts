import { z } from "zod";
import type { Clock } from "@/lib/core/clock";
import { ipv4 } from "@/lib/contract/fields";
import type { Node } from "@/lib/cluster/resources/types";
import type { AgentSession } from "../agents/agent-session";
import { klogLine } from "../agents/klog";
import { parseRange, toAddress } from "../ipv4";

export const annotationOf = (name: string) => `flannel.alpha.coreos.com/${name}`;

const backendData = z.object({ VtepMAC: z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i) });

interface Peer {
  name: string;
  subnet: string;
  ip: string;
  /** Of its vxlan device. */
  mac?: string;
  /** The annotations that a log line shows. */
  type: string;
  data: string;
}

/**
 * Routes, neighbours and forwarding entries of one node towards the subnets of all others (flannel-io/flannel
 * pkg/backend/vxlan/vxlan_network.go, pkg/backend/route_network.go). What another node's annotations say wrong, or what
 * the kernel refuses, is logged and concerns that node alone.
 */
export class Peers {
  readonly #known = new Map<string, { key: string; subnet: string }>();
  /** What was complained of, so that each thing is said once. */
  readonly #told = new Map<string, string>();

  /** `device`: the vxlan device; undefined for host-gw. */
  constructor(
    private readonly session: Pick<AgentSession, "node" | "print" | "run">,
    private readonly clock: Clock,
    private readonly device: string | undefined,
  ) {}

  /** Throws when something was refused: it is worth another try. */
  async sync(nodes: Node[]): Promise<void> {
    const present = new Set<string>();
    const failures: Error[] = [];
    for (const node of nodes) {
      const { name } = node.metadata;
      if (name === this.session.node.name) continue;
      const peer = this.#read(node);
      if (!peer) continue;
      present.add(name);
      const key = `${peer.subnet} ${peer.ip} ${peer.mac ?? ""}`;
      if (this.#known.get(name)?.key === key) continue;
      await this.#add(peer).then(
        () => this.#known.set(name, { key, subnet: peer.subnet }),
        (failure: Error) => failures.push(failure),
      );
    }
    for (const [name, { subnet }] of this.#known) {
      if (present.has(name)) continue;
      await this.session.run(["ip", "route", "delete", subnet]);
      this.#known.delete(name);
    }
    if (failures[0]) throw failures[0];
  }

  /** Undefined for a node that has no flanneld yet, or one whose annotations cannot be read. */
  #read({ metadata: { name, annotations = {} }, spec }: Node): Peer | undefined {
    const ip = annotations[annotationOf("public-ip")];
    const subnet = spec?.podCIDR;
    if (!ip || !subnet) return undefined;
    const data = annotations[annotationOf("backend-data")] ?? "null";
    const peer = { name, subnet, ip, data, type: annotations[annotationOf("backend-type")] ?? "" };
    if (!ipv4.safeParse(ip).success)
      return this.#complain(name, "kube.go:392", `failed to parse IP address ${JSON.stringify(ip)}`);
    if (this.device === undefined) return peer;
    try {
      return { ...peer, mac: backendData.parse(JSON.parse(data)).VtepMAC };
    } catch {
      if (data === "null") return undefined;
      return this.#complain(name, "vxlan_network.go:108", `error decoding subnet lease JSON: ${data}`);
    }
  }

  async #add(peer: Peer): Promise<void> {
    const { name, subnet, ip, mac, type, data } = peer;
    this.#say(
      "I",
      "vxlan_network.go:100",
      `Received Subnet Event with VxLan: BackendType: ${type}, PublicIP: ${ip}, PublicIPv6: (nil), BackendData: ${data}, BackendV6Data: (nil)`,
    );
    const vtep = toAddress(parseRange(subnet).first);
    if (this.device === undefined)
      return this.#must(name, ["ip", "route", "replace", subnet, "via", ip], "Error adding route");
    const dev = ["dev", this.device];
    const to = ["lladdr", mac!, ...dev, "nud", "permanent"];
    await this.#must(name, ["ip", "neighbour", "replace", vtep, ...to], "AddARP failed");
    await this.#must(
      name,
      ["bridge", "fdb", "replace", mac!, ...dev, "dst", ip, "self", "permanent"],
      "AddFDB failed",
    );
    await this.#must(
      name,
      ["ip", "route", "replace", subnet, "via", vtep, ...dev, "onlink"],
      `failed to add vxlanRoute (${subnet} -> ${vtep})`,
    );
    this.#told.delete(name);
  }

  async #must(name: string, argv: string[], about: string): Promise<void> {
    const { exitCode, stderr } = await this.session.run(argv);
    if (exitCode === 0) return;
    const text = `${about}: ${stderr.trim()}`;
    this.#complain(name, "vxlan_network.go:141", text);
    throw new Error(text);
  }

  #complain(name: string, where: string, text: string): undefined {
    if (this.#told.get(name) !== text) this.#say("E", where, text);
    this.#told.set(name, text);
  }

  #say(severity: "I" | "E", where: string, text: string): void {
    this.session.print(klogLine(severity, where, text, this.clock.now()));
  }
}
