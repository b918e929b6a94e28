import { createHash } from "node:crypto";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { isAlreadyExists } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { parseRange, toAddress } from "../ipv4";
import { calicoRef, calicoVersion } from "./api";

export interface BlockAffinity extends KubeObject {
  spec: { cidr: string; node: string; state: string; deleted: string };
}

/**
 * The node's blocks of the pool, `wanted` of them: those that it has, and new ones where it has fewer
 * (projectcalico/calico libcalico-go/lib/ipam). The block's object decides who gets it: two nodes never share one.
 */
export async function claimBlocks(
  client: ClusterClient,
  node: string,
  pool: { cidr: string; blockSize: number },
  wanted: number,
): Promise<string[]> {
  const { items } = await client.list<BlockAffinity>(calicoRef("blockaffinities"));
  const inPool = (cidr: string) => {
    const range = parseRange(pool.cidr);
    const { first } = parseRange(cidr);
    return first >= range.first && first < range.first + range.size;
  };
  const own = items
    .filter(({ spec }) => spec.node === node && inPool(spec.cidr))
    .map(({ spec }) => spec.cidr);
  const { first, size } = parseRange(pool.cidr);
  const blockAddresses = 2 ** (32 - pool.blockSize);
  const count = Math.max(1, Math.floor(size / blockAddresses));
  const start = createHash("sha256").update(node).digest().readUInt32BE(0) % count;
  for (let step = 0; own.length < wanted && step < count; step++) {
    const cidr = `${toAddress(first + ((start + step) % count) * blockAddresses)}/${pool.blockSize}`;
    if (items.some(({ spec }) => spec.cidr === cidr)) continue;
    if (!(await create(client, "ipamblocks", newBlock(cidr, node, blockAddresses)))) continue;
    await create(client, "blockaffinities", {
      apiVersion: calicoVersion,
      kind: "BlockAffinity",
      metadata: { name: `${node}-${dashed(cidr)}` },
      spec: { cidr, deleted: "false", node, state: "confirmed" },
    });
    own.push(cidr);
  }
  return own;
}

function newBlock(cidr: string, node: string, addresses: number): KubeObject {
  return {
    apiVersion: calicoVersion,
    kind: "IPAMBlock",
    metadata: { name: dashed(cidr) },
    spec: {
      affinity: `host:${node}`,
      allocations: Array.from({ length: addresses }, () => null),
      attributes: [],
      cidr,
      deleted: false,
      strictAffinity: false,
      unallocated: Array.from({ length: addresses }, (_, index) => index),
    },
  };
}

/** False when there is one of that name. */
async function create(client: ClusterClient, plural: string, object: KubeObject): Promise<boolean> {
  try {
    await client.create(calicoRef(plural), object);
    return true;
  } catch (failure) {
    if (!isAlreadyExists(failure)) throw failure;
    return false;
  }
}

function dashed(cidr: string): string {
  return cidr.replaceAll(/[./]/g, "-");
}

/** For the plugin: every address of the blocks but the first block's first one, which is the node's tunnel's. */
export function ipamFile(blocks: string[]): string {
  const ranges = blocks.map((cidr, index) => {
    const { first, size } = parseRange(cidr);
    return {
      subnet: cidr,
      rangeStart: toAddress(first + (index === 0 ? 1 : 0)),
      rangeEnd: toAddress(first + size - 1),
      gateway: "169.254.1.1",
    };
  });
  return `${JSON.stringify({ ranges: [ranges] })}\n`;
}
