import { z } from "zod";
import { interfaceName } from "@/lib/contract/fields";
import { KeyedRunner } from "@/lib/cluster/client/keyed-runner";
import type { Node } from "@/lib/cluster/resources/types";
import type { Addon, AddonContext, AddonNode } from "../addon";
import { bridgeConflist } from "./conflist";

const options = z.object({ bridge: interfaceName.default("cni0") }).strict();
type Options = z.infer<typeof options>;

export const conflistPath = "/etc/cni/net.d/10-containerd-net.conflist";

/**
 * The network that a node's containerd comes with: a bridge per node, addresses by host-local from the node's pod
 * range, routes between the nodes, which share a link, and the node's address for what leaves the cluster.
 */
export const bridge: Addon<Options> = {
  name: "bridge",
  isNetwork: true,
  parse: (value) => options.parse(value),
  objects: () => [],
  async run(context, { bridge: bridgeName }) {
    const { informers, nodes, clock, logger } = context;
    const runner = new KeyedRunner((name) => wireNode(context, bridgeName, name), {
      clock,
      onError: (node, failure) => logger.warn({ err: failure, node }, "bridge network: trying again"),
    });
    const release = informers.nodes.onChange((now, old) => {
      if (rangeOf(now) === rangeOf(old)) return;
      for (const name of nodes.keys()) runner.add(name);
    });
    for (const name of nodes.keys()) runner.add(name);
    await runner.idle();
    return {
      async stop() {
        release();
        await runner.close();
      },
    };
  },
};

async function wireNode(context: AddonContext, bridgeName: string, name: string): Promise<void> {
  const { informers, nodes } = context;
  const podCidr = rangeOf(informers.nodes.get(undefined, name));
  const node = nodes.get(name);
  if (!node || !podCidr) return;
  await Promise.all([
    setRoutes(context, node, podCidr),
    // Written once: whoever breaks or removes it in the node finds it broken.
    context.once(`bridge:${name}`, async () => {
      await node.writeFiles([
        { path: conflistPath, content: bridgeConflist({ bridge: bridgeName, podCidr }) },
      ]);
      await node.inspectNow();
    }),
  ]);
}

/** To the other nodes' pods by their nodes; what leaves the cluster has the node's address. */
async function setRoutes(context: AddonContext, node: AddonNode, podCidr: string): Promise<void> {
  const { cluster, informers, nodes } = context;
  const routes = [...nodes.values()].flatMap((other) => {
    const range = rangeOf(informers.nodes.get(undefined, other.name));
    return other.name === node.name || !range ? [] : [`route replace ${range} via ${other.ip}\n`];
  });
  const rule = `POSTROUTING -s ${podCidr} ! -d ${cluster.podCidr} ${masqueradeComment} -j MASQUERADE`;
  const { exitCode, stderr } = await node.exec(["sh", "-c", wire, "wire", rule], routes.join(""));
  if (exitCode !== 0) throw new Error(`the routes of ${node.name}: ${stderr.trim()}`);
}

/** As kubenet's (kubernetes 1.23 pkg/kubelet/dockershim/network/kubenet). One word a word: the shell splits it. */
const masqueradeComment = "-m comment --comment kubenet:SNAT-for-outbound-traffic";
const wire = `
iptables -w -t nat -C $1 2>/dev/null || iptables -w -t nat -A $1
exec ip -batch -
`;

function rangeOf(node: Node | undefined): string | undefined {
  return node?.spec?.podCIDR;
}
