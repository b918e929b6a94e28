import { refs } from "@/lib/cluster/client/refs";
import type { Node } from "@/lib/cluster/resources/types";
import { recorderFor, runLoop, type ControllerContext, type Running } from "../controller";
import { planPodCidrs } from "./plan";

/** Gives each node its range of pod addresses, in the order in which the nodes appear. */
export function runNodeIpam(context: ControllerContext): Running {
  const { informers, client, cluster } = context;
  const recorder = recorderFor(context, "cidrAllocator");
  // One key for all: two nodes must never be given the same range.
  return runLoop(context, {
    name: "node-ipam",
    initial: () => ["nodes"],
    watch: (add) => [
      informers.nodes.onChange((now) => {
        // A range that a node leaves is free for the one that waits for it.
        if (!now || !now.spec?.podCIDR) add("nodes");
      }),
    ],
    async reconcile() {
      for (const { node, podCidr } of planPodCidrs(cluster.podCidr, informers.nodes.list())) {
        const { name } = node.metadata;
        if (!podCidr) {
          recorder.event(node, "Normal", "CIDRNotAvailable", `Node ${name} status is now: CIDRNotAvailable`);
          continue;
        }
        const patch = { spec: { podCIDR: podCidr, podCIDRs: [podCidr] } };
        const written = await client.patch<Node>(
          refs.nodes,
          undefined,
          name,
          "application/merge-patch+json",
          patch,
        );
        await informers.nodes.reached(written);
      }
    },
  });
}
