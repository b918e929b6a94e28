import { refs } from "@/lib/cluster/client/refs";
import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { Job } from "@/lib/cluster/resources/types";
import { keyOf, runLoop, splitKey, type ControllerContext, type Running } from "../controller";

/** When a finished Job with a time to live goes; undefined: not by itself. */
export function expiresAtMs({ metadata, spec, status }: Job): number | undefined {
  if (spec.ttlSecondsAfterFinished === undefined || metadata.deletionTimestamp) return undefined;
  const end = status?.conditions?.find(
    ({ type, status: value }) => value === "True" && (type === "Complete" || type === "Failed"),
  );
  return end && Date.parse(end.lastTransitionTime!) + spec.ttlSecondsAfterFinished * 1000;
}

/** Deletes finished Jobs after ttlSecondsAfterFinished (kubernetes 1.34 pkg/controller/ttlafterfinished). */
export function runTtlAfterFinished(context: ControllerContext): Running {
  const { informers, client, clock } = context;
  return runLoop(context, {
    name: "ttl-after-finished",
    initial: () => informers.jobs.list().map(keyOf),
    watch: (add) => [informers.jobs.onChange((now) => now && add(keyOf(now)))],
    async reconcile(key, addAfter) {
      const { namespace, name } = splitKey(key);
      const job = informers.jobs.get(namespace, name);
      const atMs = job && expiresAtMs(job);
      if (atMs === undefined) return;
      if (atMs > clock.now()) return addAfter(atMs - clock.now());
      const { uid, resourceVersion } = job!.metadata;
      await client
        .delete(refs.jobs, namespace, name, {
          propagationPolicy: "Foreground",
          preconditions: { uid, resourceVersion },
        })
        .catch((failure: unknown) => {
          if (!isNotFound(failure) && !isConflict(failure)) throw failure;
        });
    },
  });
}
