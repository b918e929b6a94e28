import { refs } from "@/lib/cluster/client/refs";
import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { Job, Pod } from "@/lib/cluster/resources/types";
import {
  isNamespaceEnding,
  keyOf,
  recorderFor,
  runLoop,
  splitKey,
  type ControllerContext,
  type Running,
} from "../controller";
import { deleteOwnedPods } from "../delete-owned-pods";
import { canonical, controllerOf, isControlledBy } from "../pods";
import { slowStart } from "../slow-start";
import { planJob } from "./plan";
import { isTracked, jobPod, trackingFinalizer } from "./pod";

/** Runs the pods of Jobs to their end (kubernetes 1.34 pkg/controller/job). */
export function runJobs(context: ControllerContext): Running {
  const { informers, client, clock } = context;
  const recorder = recorderFor(context, "job-controller");

  /** Takes the finalizer off, whatever else changed meanwhile; a pod that is gone, or another by now, is no failure. */
  async function release({ metadata: { namespace, name, uid } }: Pod): Promise<void> {
    try {
      await client.patch<Pod>(refs.pods, namespace, name, "application/strategic-merge-patch+json", {
        metadata: { uid, "$deleteFromPrimitiveList/finalizers": [trackingFinalizer] },
      });
    } catch (failure) {
      if (!isNotFound(failure) && !isConflict(failure)) throw failure;
    }
    await informers.pods.until(() => {
      const seen = informers.pods.get(namespace, name);
      return seen?.metadata.uid !== uid || !isTracked(seen!);
    });
  }

  /** Pods whose Job is gone must not be held by it. */
  async function releaseOrphans(namespace: string, name: string, job: Job | undefined): Promise<void> {
    const orphans = informers.pods.list(namespace).filter((pod) => {
      if (!isTracked(pod)) return false;
      const owner = controllerOf(pod);
      return !owner || (owner.kind === "Job" && owner.name === name && owner.uid !== job?.metadata.uid);
    });
    await Promise.all(orphans.map(release));
  }

  return runLoop(context, {
    name: "jobs",
    initial: () => [
      ...informers.jobs.list().map(keyOf),
      ...informers.pods
        .list()
        .filter(isTracked)
        .map((pod) => `${pod.metadata.namespace}/${controllerOf(pod)?.name ?? ""}`),
    ],
    watch: (add) => [
      informers.jobs.onChange((now, old) => add(keyOf(now ?? old!))),
      informers.pods.onChange((now, old) => {
        const pod = now ?? old!;
        const owner = controllerOf(pod);
        if (owner?.kind === "Job") add(`${pod.metadata.namespace}/${owner.name}`);
        else if (isTracked(pod) && !owner) add(`${pod.metadata.namespace}/`);
      }),
    ],
    async reconcile(key, addAfter) {
      const { namespace, name } = splitKey(key);
      const job = informers.jobs.get(namespace, name);
      await releaseOrphans(namespace, name, job);
      if (!job || (job.spec.managedBy && job.spec.managedBy !== "kubernetes.io/job-controller")) return;
      const pods = informers.pods.list(namespace).filter((pod) => isControlledBy(pod, job));
      const plan = planJob(job, pods, clock.now());
      if (isNamespaceEnding(context, namespace)) plan.create = [];
      await Promise.all(plan.remove.filter(isTracked).map(release));
      await deleteOwnedPods(context, recorder, job, [...plan.remove, ...plan.kill]);
      const { made, failures } = await slowStart(plan.create.length, (at) => {
        const { index, failures: before } = plan.create[at]!;
        return client.create<Pod>(refs.pods, jobPod(job, index, before));
      });
      for (const pod of made) {
        recorder.event(job, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
        await informers.pods.reached(pod);
      }
      for (const { message } of failures)
        recorder.event(job, "Warning", "FailedCreate", `Error creating: ${message}`);
      plan.status.active = (plan.status.active ?? 0) - (plan.create.length - made.length);
      if (plan.status.active <= 0) delete plan.status.active;
      if (canonical(plan.status) !== canonical(job.status ?? {})) {
        const written = await client.updateStatus<Job>(refs.jobs, { ...job, status: plan.status });
        await informers.jobs.reached(written);
      }
      for (const { type, reason, message } of plan.events) recorder.event(job, type, reason, message);
      await Promise.all(plan.release.map(release));
      if (plan.againMs !== undefined) addAfter(plan.againMs);
      if (failures[0]) throw failures[0];
    },
  });
}
