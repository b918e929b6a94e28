import type { Node } from "@/lib/cluster/resources/types";

/** `podCidr` is undefined when none is left. */
export interface CidrAssignment {
  node: Node;
  podCidr: string | undefined;
}

/** Ranges for the nodes that have none, the oldest node first; nobody is given what another has, or part of it. */
export function planPodCidrs(clusterCidr: string, nodes: Node[]): CidrAssignment[] {
  const used = new Set(nodes.flatMap(({ spec }) => spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : [])));
  return [...nodes]
    .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .filter(({ spec }) => !spec?.podCIDR)
    .map((node) => {
      const podCidr = nextPodCidr(clusterCidr, used);
      if (podCidr) used.add(podCidr);
      return { node, podCidr };
    });
}

/**
 * The lowest free range of `prefix` bits for a node (kubernetes 1.34 pkg/controller/nodeipam, RangeAllocator).
 * Undefined when the cluster's range is used up.
 */
export function nextPodCidr(clusterCidr: string, used: Iterable<string>, prefix = 24): string | undefined {
  const [address = "", bits = "32"] = clusterCidr.split("/");
  const clusterBits = Number(bits);
  const nodeBits = Math.max(prefix, clusterBits);
  const base = toNumber(address);
  const size = 2 ** (32 - nodeBits);
  const taken = [...used].map((cidr) => {
    const [start = "", length = "32"] = cidr.split("/");
    return { from: toNumber(start), to: toNumber(start) + 2 ** (32 - Number(length)) };
  });
  for (let index = 0; index < 2 ** (nodeBits - clusterBits); index++) {
    const from = base + index * size;
    if (!taken.some((range) => from < range.to && range.from < from + size))
      return `${toText(from)}/${nodeBits}`;
  }
  return undefined;
}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
