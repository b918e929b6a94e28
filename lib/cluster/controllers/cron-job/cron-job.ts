import { refs } from "@/lib/cluster/client/refs";
import { isAlreadyExists, isNotFound } from "@/lib/cluster/client/status";
import type { CronJob, Job } from "@/lib/cluster/resources/types";
import { keyOf, recorderFor, runLoop, splitKey, type ControllerContext, type Running } from "../controller";
import { canonical, controllerOf, isControlledBy } from "../pods";
import { planCronJob } from "./plan";

/** Makes Jobs by the clock (kubernetes 1.34 pkg/controller/cronjob). */
export function runCronJobs(context: ControllerContext): Running {
  const { informers, client, clock } = context;
  const recorder = recorderFor(context, "cronjob-controller");

  async function remove({ metadata: { namespace, name, uid } }: Job): Promise<void> {
    await client
      .delete(refs.jobs, namespace, name, { propagationPolicy: "Background", preconditions: { uid } })
      .catch((failure: unknown) => {
        if (!isNotFound(failure)) throw failure;
      });
    await informers.jobs.until(() => {
      const seen = informers.jobs.get(namespace, name);
      return seen?.metadata.uid !== uid || seen?.metadata.deletionTimestamp !== undefined;
    });
  }

  /** The Job, be it made now or by a run that ended before it could say so. */
  async function make(cronJob: CronJob, job: Job): Promise<Job> {
    try {
      const created = await client.create<Job>(refs.jobs, job);
      await informers.jobs.reached(created);
      recorder.event(cronJob, "Normal", "SuccessfulCreate", `Created job ${created.metadata.name}`);
      return created;
    } catch (failure) {
      if (isAlreadyExists(failure)) {
        const there = await client.get<Job>(refs.jobs, job.metadata.namespace, job.metadata.name);
        if (isControlledBy(there, cronJob)) return there;
      }
      recorder.event(cronJob, "Warning", "FailedCreate", `Error creating job: ${(failure as Error).message}`);
      throw failure;
    }
  }

  return runLoop(context, {
    name: "cronjobs",
    initial: () => informers.cronJobs.list().map(keyOf),
    watch: (add) => [
      informers.cronJobs.onChange((now) => now && add(keyOf(now))),
      informers.jobs.onChange((now, old) => {
        const job = now ?? old!;
        const owner = controllerOf(job);
        if (owner?.kind === "CronJob") add(`${job.metadata.namespace}/${owner.name}`);
      }),
    ],
    async reconcile(key, addAfter) {
      const { namespace, name } = splitKey(key);
      const cronJob = informers.cronJobs.get(namespace, name);
      if (!cronJob) return;
      const jobs = informers.jobs.list(namespace).filter((job) => isControlledBy(job, cronJob));
      const plan = planCronJob(cronJob, jobs, clock.now());
      await Promise.all(plan.delete.map(remove));
      for (const { type, reason, message } of plan.events) recorder.event(cronJob, type, reason, message);
      if (plan.create) {
        const { apiVersion, kind, metadata } = await make(cronJob, plan.create);
        const reference = {
          apiVersion,
          kind,
          namespace,
          name: metadata.name,
          uid: metadata.uid,
          resourceVersion: metadata.resourceVersion,
        };
        plan.status.active = [...(plan.status.active ?? []), reference];
      }
      if (canonical(plan.status) !== canonical(cronJob.status ?? {})) {
        const written = await client.updateStatus<CronJob>(refs.cronJobs, {
          ...cronJob,
          status: plan.status,
        });
        await informers.cronJobs.reached(written);
      }
      if (plan.nextMs !== undefined) addAfter(plan.nextMs);
    },
  });
}
