import { refs } from "@/lib/cluster/client/refs";
import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { Taint } from "@/lib/cluster/resources/types";
import { keyOf, recorderFor, runLoop, splitKey, type ControllerContext, type Running } from "../controller";
import { markDisruption } from "../disruption-target";
import { canonical } from "../pods";
import { evictionAtMs, FirstSights } from "./plan";

const evicting = (taints: Taint[] | undefined) =>
  (taints ?? []).filter(({ effect }) => effect === "NoExecute");

/** Deletes the pods that do not tolerate their node's NoExecute taints (kubernetes 1.34 pkg/controller/tainteviction). */
export function runTaintEviction(context: ControllerContext): Running {
  const { informers, client, clock } = context;
  const recorder = recorderFor(context, "taint-eviction-controller");
  const pending = new Set<string>();
  const sights = new FirstSights();
  return runLoop(context, {
    name: "taint-eviction",
    initial: () => informers.pods.list().map(keyOf),
    watch: (add) => [
      informers.nodes.onChange((now, old) => {
        if (!now || canonical(evicting(now.spec?.taints)) === canonical(evicting(old?.spec?.taints))) return;
        for (const pod of informers.pods.list()) if (pod.spec.nodeName === now.metadata.name) add(keyOf(pod));
      }),
      informers.pods.onChange((now, old) => {
        const isMoved = now?.spec.nodeName !== old?.spec.nodeName;
        const isTold = canonical(now?.spec.tolerations ?? []) !== canonical(old?.spec.tolerations ?? []);
        if (!now) {
          pending.delete(keyOf(old!));
          sights.forget(keyOf(old!));
        } else if (now.spec.nodeName && (isMoved || isTold)) add(keyOf(now));
      }),
    ],
    async reconcile(key, addAfter) {
      const { namespace, name } = splitKey(key);
      const pod = informers.pods.get(namespace, name);
      if (!pod?.spec.nodeName || pod.metadata.deletionTimestamp) return;
      const node = informers.nodes.get(undefined, pod.spec.nodeName);
      const taints = evicting(node?.spec?.taints);
      const nowMs = clock.now();
      const atMs = evictionAtMs(pod, taints, nowMs, sights.of(key, pod, taints, nowMs));
      if (atMs === undefined) {
        if (pending.delete(key))
          recorder.event(pod, "Normal", "TaintManagerEviction", `Cancelling deletion of Pod ${key}`);
        return;
      }
      if (atMs > nowMs) {
        pending.add(key);
        return addAfter(atMs - nowMs);
      }
      pending.delete(key);
      recorder.event(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${key}`);
      await markDisruption(context, pod, {
        reason: "DeletionByTaintManager",
        message: "Taint manager: deleting due to NoExecute taint",
      });
      await client
        .delete(refs.pods, namespace, name, { preconditions: { uid: pod.metadata.uid } })
        .catch((failure: unknown) => {
          if (!isNotFound(failure) && !isConflict(failure)) throw failure;
        });
    },
  });
}
