import { setMaxListeners } from "node:events";
import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { Node, Pod } from "@/lib/cluster/resources/types";
import { keyOf, recorderFor, splitKey, type ControllerContext, type Running } from "../controller";
import { bindPod } from "./bind-pod";
import { SchedulerCache } from "./cache";
import { evictVictims } from "./evict-victims";
import { schedule } from "./plan";
import { SchedulingQueue } from "./queue";
import { reportFailure } from "./report-failure";

/** Without a break for the other clusters of the process. */
const sliceMs = 5;

/**
 * kube-scheduler: one pod after another, the most important first; binding and evictions go on beside. What it decided
 * counts in the next cycle before the API shows it.
 */
export function runScheduler(context: ControllerContext): Running {
  const { informers, clock, logger } = context;
  const recorder = recorderFor(context, "default-scheduler");
  const cache = new SchedulerCache(informers);
  const queue = new SchedulingQueue(clock);
  const inHand = new Set<Promise<void>>();
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // one wait a pod whose volumes are not bound yet
  const releases = watch();
  for (const pod of informers.pods.list()) if (isPending(pod)) queue.add(keyOf(pod), priorityOf(pod));
  const loop = run();
  return {
    async stop() {
      for (const release of releases) release();
      queue.close();
      stopping.abort(new Error("The scheduler is stopping."));
      await loop;
      await Promise.all(inHand);
      await recorder.flush();
    },
  };

  async function run(): Promise<void> {
    let sinceMs = performance.now();
    for (;;) {
      const key = await queue.take();
      if (key === undefined) return;
      try {
        await tryPod(key);
      } catch (failure) {
        queue.park(key);
        logger.warn({ err: failure, object: key }, "a scheduling cycle failed; trying again");
      }
      if (performance.now() - sinceMs < sliceMs) continue;
      await new Promise((resolve) => setImmediate(resolve));
      sinceMs = performance.now();
    }
  }

  async function tryPod(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const pod = informers.pods.get(namespace, name);
    if (!isPending(pod)) return queue.remove(key);
    const snapshot = cache.snapshot();
    const decision = schedule(pod, snapshot);
    if (decision.kind === "bind") {
      cache.assume(pod, decision.nodeName);
      return beside(bind(key, pod, decision.nodeName));
    }
    const { plugins, message, nominatedNodeName, victims } = decision;
    // Parked before anything is written: what the writing brings about must find it there.
    queue.park(key, plugins);
    if (nominatedNodeName !== undefined) cache.nominate(pod, nominatedNodeName);
    await reportFailure(context, recorder, pod, { reason: "Unschedulable", message, nominatedNodeName });
    if (victims.length > 0)
      beside(evictVictims(context, recorder, pod, nominatedNodeName!, victims, snapshot));
  }

  async function bind(key: string, pod: Pod, nodeName: string): Promise<void> {
    try {
      await bindPod(context, cache, pod, nodeName, stopping.signal);
      recorder.event(pod, "Normal", "Scheduled", `Successfully assigned ${key} to ${nodeName}`);
      queue.remove(key);
    } catch (failure) {
      if (stopping.signal.aborted) return; // the next scheduler finds the pod where this one left it
      cache.forget(pod.metadata.uid!);
      queue.park(key);
      queue.signal("pod-gone");
      if (isNotFound(failure) || isConflict(failure)) return; // deleted or bound by another meanwhile
      const message = failure instanceof Error ? failure.message : String(failure);
      await reportFailure(context, recorder, pod, { reason: "SchedulerError", message });
    }
  }

  function beside(work: Promise<void>): void {
    const guarded: Promise<void> = work
      .catch((failure: unknown) => logger.warn({ err: failure }, "the scheduler could not write"))
      .finally(() => inHand.delete(guarded));
    inHand.add(guarded);
  }

  function watch(): (() => void)[] {
    return [
      informers.pods.onChange((now, old) => {
        cache.podChanged(now, old);
        const key = keyOf((now ?? old)!);
        if (isPending(now)) {
          // Its own status is no news.
          if (!isPending(old) || hasChanged(now, old, ({ metadata, spec }) => [metadata.labels, spec]))
            queue.add(key, priorityOf(now));
        } else queue.remove(key);
        if (!old?.spec.nodeName && now?.spec.nodeName) queue.signal("pod-placed");
        if (old?.spec.nodeName && isTaking(old) && !isTaking(now)) queue.signal("pod-gone");
        if (old?.spec.nodeName && now && hasChanged(now, old, ({ metadata }) => metadata.labels))
          queue.signal("pod-labels");
      }),
      informers.nodes.onChange((now, old) => {
        if (!now) return queue.signal("node-gone");
        if (!old) return queue.signal("node-added");
        const changed = (of: (node: Node) => unknown) => hasChanged(now, old, of);
        if (changed(({ spec }) => [spec?.taints, spec?.unschedulable])) queue.signal("node-taints");
        if (changed(({ metadata }) => metadata.labels)) queue.signal("node-labels");
        if (changed(({ status }) => status?.allocatable)) queue.signal("node-allocatable");
      }),
      informers.namespaces.onChange((now, old) => {
        if (now && old && hasChanged(now, old, ({ metadata }) => metadata.labels))
          queue.signal("namespace-labels");
      }),
      informers.persistentVolumeClaims.onChange(() => queue.signal("claims")),
      informers.persistentVolumes.onChange(() => queue.signal("volumes")),
      informers.storageClasses.onChange(() => queue.signal("volumes")),
    ];
  }
}

function isPending(pod: Pod | undefined): pod is Pod {
  return (
    pod !== undefined &&
    !pod.spec.nodeName &&
    !pod.metadata.deletionTimestamp &&
    isTaking(pod) &&
    (pod.spec.schedulerName ?? "default-scheduler") === "default-scheduler" &&
    (pod.spec.schedulingGates ?? []).length === 0
  );
}

function isTaking(pod: Pod | undefined): boolean {
  return pod !== undefined && pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed";
}

const priorityOf = ({ spec }: Pod) => spec.priority ?? 0;

function hasChanged<T>(now: T, old: T, of: (object: T) => unknown): boolean {
  return JSON.stringify(of(now)) !== JSON.stringify(of(old));
}
