import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { Lease, Node, Pod } from "@/lib/cluster/resources/types";
import { withCondition } from "../conditions";
import { recorderFor, runLoop, type ControllerContext, type Running } from "../controller";
import { isReady } from "../pods";
import { leaseGraceMs, plannedTaints, silentConditions } from "./plan";

/** Taints nodes by their conditions, and marks those whose kubelet is silent. */
export function runNodeLifecycle(context: ControllerContext): Running {
  const { informers, client, clock } = context;
  const recorder = recorderFor(context, "node-controller");

  /** Nobody can say that a pod of a silent node is ready: it leaves the Services. */
  async function unready(pod: Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    const conditions = withCondition(
      pod.status?.conditions ?? [],
      { type: "Ready", status: "False" },
      clock.now(),
    );
    recorder.event(pod, "Warning", "NodeNotReady", "Node is not ready");
    await client
      .patch(
        refs.pods,
        namespace,
        name,
        "application/merge-patch+json",
        { metadata: { uid }, status: { conditions } },
        { subresource: "status" },
      )
      .catch((failure: unknown) => {
        if (!isNotFound(failure)) throw failure;
      });
  }

  return runLoop(context, {
    name: "node-lifecycle",
    initial: () => informers.nodes.list().map(({ metadata }) => metadata.name),
    watch: (add) => [
      informers.nodes.onChange((now, old) => {
        if (!now) return;
        if (!old)
          recorder.event(
            now,
            "Normal",
            "RegisteredNode",
            `Node ${now.metadata.name} event: Registered Node ${now.metadata.name} in Controller`,
          );
        add(now.metadata.name);
      }),
    ],
    async reconcile(name, addAfter) {
      const node = informers.nodes.get(undefined, name);
      if (!node) return;
      const lease = await client.get<Lease>(refs.leases, "kube-node-lease", name).catch(() => undefined);
      addAfter(leaseGraceMs / 5);
      const conditions = silentConditions(node, lease, clock.now());
      if (conditions) {
        recorder.event(node, "Normal", "NodeNotReady", `Node ${name} status is now: NodeNotReady`);
        const written = await client.updateStatus<Node>(refs.nodes, {
          ...node,
          status: { ...node.status, conditions },
        });
        await informers.nodes.reached(written);
        await Promise.all(informers.pods.list().filter(runsOn(name)).map(unready));
        return; // the change makes the node due again, for its taints
      }
      const taints = plannedTaints(node, clock.now());
      if (!taints) return;
      const written = await client.patch<Node>(refs.nodes, undefined, name, "application/merge-patch+json", {
        // The version guards the taints that somebody else adds meanwhile.
        metadata: { resourceVersion: node.metadata.resourceVersion },
        spec: { taints: taints.length > 0 ? taints : null },
      });
      await informers.nodes.reached(written);
    },
  });
}

const runsOn = (nodeName: string) => (pod: Pod) => pod.spec.nodeName === nodeName && isReady(pod);
