import type { Node } from "@/lib/cluster/resources/types";
import { ownership, type Peer } from "./ring";

/** What `weave status` tells of (prog/weaver/http.go). */
export interface WeaveView {
  range: string;
  /** The node's name. */
  self: string;
  peers: Peer[];
  nodes: Node[];
}

export function addressOfNode({ status }: Node): string | undefined {
  return status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
}

export function statusText(view: WeaveView): string {
  const others = othersOf(view).length;
  const self = view.peers.find(({ NodeName }) => NodeName === view.self);
  return [
    "        Version: 2.8.1 (version check update disabled)",
    "",
    "        Service: router",
    "       Protocol: weave 1..2",
    `           Name: ${self?.PeerName}(${view.self})`,
    "     Encryption: disabled",
    "  PeerDiscovery: enabled",
    `        Targets: ${others}`,
    `    Connections: ${others}${others > 0 ? ` (${others} established)` : ""}`,
    `          Peers: ${others + 1}${others > 0 ? ` (with ${others * (others + 1)} established connections)` : ""}`,
    " TrustedSubnets: none",
    "",
    "        Service: ipam",
    "         Status: ready",
    `          Range: ${view.range}`,
    `  DefaultSubnet: ${view.range}`,
    "",
  ].join("\n");
}

export function connectionsText(view: WeaveView): string {
  return othersOf(view)
    .map(
      ({ peer, ip }) =>
        `-> ${`${ip}:6783`.padEnd(21)} established fastdp ${peer.PeerName}(${peer.NodeName}) mtu=1376\n`,
    )
    .join("");
}

export function peersText(view: WeaveView): string {
  const all = othersOf(view);
  const own = view.peers.find(({ NodeName }) => NodeName === view.self);
  return [
    `${own?.PeerName}(${view.self})\n`,
    ...all.map(
      ({ peer, ip }) => `   -> ${`${ip}:6783`.padEnd(21)} ${peer.PeerName}(${peer.NodeName}) established\n`,
    ),
  ].join("");
}

export function ipamText({ range, peers }: WeaveView): string {
  const owned = ownership(range, peers.length);
  const total = owned.reduce((sum, one) => sum + one, 0);
  return peers
    .map(({ PeerName, NodeName }, index) => {
      const share = ((owned[index]! / total) * 100).toFixed(1);
      return `${`${PeerName}(${NodeName})`.padEnd(40)} ${String(owned[index]).padStart(8)} IPs (${share.padStart(4, "0")}% of total)\n`;
    })
    .join("");
}

function othersOf({ peers, nodes, self }: WeaveView): { peer: Peer; ip: string }[] {
  return peers.flatMap((peer) => {
    const node = nodes.find(({ metadata }) => metadata.name === peer.NodeName);
    const ip = node && addressOfNode(node);
    return ip && peer.NodeName !== self ? [{ peer, ip }] : [];
  });
}
