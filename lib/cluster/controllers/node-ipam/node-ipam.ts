import { refs } from "@/lib/cluster/client/refs";
import type { Node } from "@/lib/cluster/resources/types";
import { recorderFor, runLoop, type ControllerContext, type Running } from "../controller";
import { nextPodCidr } from "./plan";

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
        if (now && !now.spec?.podCIDR) add("nodes");
      }),
    ],
    async reconcile() {
      const byAge = informers.nodes
        .list()
        .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
      const used = new Set(byAge.flatMap((node) => node.spec?.podCIDRs ?? []));
      for (const node of byAge.filter((candidate) => !candidate.spec?.podCIDR)) {
        const podCIDR = nextPodCidr(cluster.podCidr, used);
        if (!podCIDR) {
          recorder.event(
            node,
            "Normal",
            "CIDRNotAvailable",
            `Node ${node.metadata.name} status is now: CIDRNotAvailable`,
          );
          continue;
        }
        used.add(podCIDR);
        const written = await client.patch<Node>(
          refs.nodes,
          undefined,
          node.metadata.name,
          "application/merge-patch+json",
          { spec: { podCIDR, podCIDRs: [podCIDR] } },
        );
        await informers.nodes.reached(written);
      }
    },
  });
}
