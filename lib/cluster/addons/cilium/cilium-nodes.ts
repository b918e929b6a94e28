import type { ClusterClient, ResourceRef } from "@/lib/cluster/client/client";
import { isAlreadyExists, isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Clock } from "@/lib/core/clock";
import { parseRange, toAddress } from "../ipv4";

export const ciliumGroup = { group: "cilium.io", version: "v2" };
export const ciliumNodes: ResourceRef = { ...ciliumGroup, plural: "ciliumnodes" };

/** What an agent tells the others of its node (cilium/cilium pkg/nodediscovery). */
export interface CiliumNode extends KubeObject {
  spec: {
    addresses?: { type: string; ip: string }[];
    ipam?: { podCIDRs?: string[] };
  };
}

export function addressOf({ spec }: CiliumNode, type: "InternalIP" | "CiliumInternalIP"): string | undefined {
  return spec.addresses?.find((one) => one.type === type)?.ip;
}

/** Makes or changes the node's object; what `change` leaves alone stays. */
export async function writeCiliumNode(
  client: ClusterClient,
  name: string,
  change: (spec: CiliumNode["spec"]) => CiliumNode["spec"],
): Promise<CiliumNode> {
  for (;;) {
    try {
      const present = await client.get<CiliumNode>(ciliumNodes, undefined, name).catch((failure: unknown) => {
        if (!isNotFound(failure)) throw failure;
        return undefined;
      });
      if (present) return await client.update(ciliumNodes, { ...present, spec: change(present.spec) });
      return await client.create<CiliumNode>(ciliumNodes, {
        apiVersion: `${ciliumGroup.group}/${ciliumGroup.version}`,
        kind: "CiliumNode",
        metadata: { name },
        spec: change({}),
      });
    } catch (failure) {
      if (!isConflict(failure) && !isAlreadyExists(failure)) throw failure;
    }
  }
}

/** The first part of the pool that no node has; undefined when all are given out (operator's cluster-pool). */
export function freePodCidr(pool: string, prefix: number, taken: string[]): string | undefined {
  const { first, size } = parseRange(pool);
  const share = 2 ** (32 - prefix);
  for (let at = first; at + share <= first + size; at += share) {
    const cidr = `${toAddress(at)}/${prefix}`;
    if (!taken.includes(cidr)) return cidr;
  }
  return undefined;
}

/** A source for watchLoop: triggers with each change of a CiliumNode, and goes on after failures. */
export function onCiliumNodes(client: ClusterClient, clock: Clock): (trigger: () => void) => () => void {
  return (trigger) => {
    const abort = new AbortController();
    const follow = async () => {
      while (!abort.signal.aborted) {
        try {
          for await (const event of client.watch<CiliumNode>(ciliumNodes, { signal: abort.signal }))
            if (event.type !== "BOOKMARK") trigger();
        } catch {
          // The rights or the kind are gone for now; the next round tells.
        }
        await clock.sleep(1_000, abort.signal).catch(() => undefined);
      }
    };
    void follow();
    return () => abort.abort();
  };
}
