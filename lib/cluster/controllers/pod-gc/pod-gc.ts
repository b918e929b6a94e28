import { refs } from "@/lib/cluster/client/refs";
import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import { keyOf, runLoop, splitKey, type ControllerContext, type Running } from "../controller";
import { markDisruption } from "../disruption-target";
import { planPodGc, quarantineMs } from "./plan";

/** Removes pods that no kubelet will remove any more. */
export function runPodGc(context: ControllerContext): Running {
  const { informers, client, clock } = context;
  const missingSinceMs = new Map<string, number>();
  return runLoop(context, {
    name: "pod-gc",
    initial: () => informers.pods.list().map(keyOf),
    watch: (add) => [
      informers.nodes.onChange((now, old) => {
        const { name } = (now ?? old)!.metadata;
        if (now) missingSinceMs.delete(name);
        for (const pod of informers.pods.list())
          if (pod.spec.nodeName === name && (!now || pod.metadata.deletionTimestamp)) add(keyOf(pod));
      }),
      informers.pods.onChange((now, old) => {
        const isNew = now && (!old || old.spec.nodeName !== now.spec.nodeName);
        if (now && (isNew || now.metadata.deletionTimestamp)) add(keyOf(now));
      }),
    ],
    async reconcile(key, addAfter) {
      const { namespace, name } = splitKey(key);
      const pod = informers.pods.get(namespace, name);
      if (!pod) return;
      const nodeName = pod.spec.nodeName ?? "";
      const node = informers.nodes.get(undefined, nodeName);
      if (nodeName && !node && !missingSinceMs.has(nodeName)) missingSinceMs.set(nodeName, clock.now());
      const sinceMs = missingSinceMs.get(nodeName);
      const plan = planPodGc(pod, node, sinceMs, clock.now());
      if (plan === "wait") return addAfter(sinceMs! + quarantineMs - clock.now());
      if (!plan) return;
      const hasEnded = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
      if (plan.message && !hasEnded)
        await markDisruption(context, pod, {
          reason: "DeletionByPodGC",
          message: plan.message,
          phase: "Failed",
        });
      await client
        .delete(refs.pods, namespace, name, {
          gracePeriodSeconds: 0,
          preconditions: { uid: pod.metadata.uid },
        })
        .catch((failure: unknown) => {
          if (!isNotFound(failure) && !isConflict(failure)) throw failure;
        });
    },
  });
}
