import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import { runLoop, type ControllerContext, type Running } from "../controller";
import { ttlAnnotation, ttlSeconds } from "./plan";

/** Tells each node's kubelet by an annotation how long it may keep what it read. */
export function runNodeTtl(context: ControllerContext): Running {
  const { informers, client } = context;
  let seconds = 0;
  const names = () => informers.nodes.list().map(({ metadata }) => metadata.name);
  return runLoop(context, {
    name: "node-ttl",
    initial: names,
    watch: (add) => [
      informers.nodes.onChange((now) => {
        if (now) add(now.metadata.name);
        // The size of the cluster is everybody's.
        if (ttlSeconds(informers.nodes.list().length, seconds) !== seconds) names().forEach(add);
      }),
    ],
    async reconcile(name) {
      const node = informers.nodes.get(undefined, name);
      seconds = ttlSeconds(informers.nodes.list().length, seconds);
      if (!node || node.metadata.annotations?.[ttlAnnotation] === String(seconds)) return;
      const patch = { metadata: { annotations: { [ttlAnnotation]: String(seconds) } } };
      await client
        .patch(refs.nodes, undefined, name, "application/merge-patch+json", patch)
        .catch((failure: unknown) => {
          if (!isNotFound(failure)) throw failure;
        });
    },
  });
}
