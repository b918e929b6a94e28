import type { Job, Pod } from "@/lib/cluster/resources/types";
import { podOf } from "../pods";

/** Holds a pod until its end is counted in the Job's status. */
export const trackingFinalizer = "batch.kubernetes.io/job-tracking";
const indexKey = "batch.kubernetes.io/job-completion-index";
const failureCountKey = "batch.kubernetes.io/job-index-failure-count";

export const isIndexed = (job: Job) => job.spec.completionMode === "Indexed";

export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(trackingFinalizer) ?? false;
}

/** The completion index of a pod; -1 for one that has none. */
export function indexOf(pod: Pod): number {
  const text = pod.metadata.annotations?.[indexKey];
  return text === undefined || !/^\d{1,9}$/.test(text) ? -1 : Number(text);
}

/** How often its index had failed when the pod ended, this failure included. */
export function indexFailures(pod: Pod): number {
  return Number(pod.metadata.annotations?.[failureCountKey] ?? 0) + 1;
}

/** A pod of the Job; an Indexed Job gives it its index in name, labels, annotations, host name and environment. */
export function jobPod(job: Job, index: number | undefined, failures: number): Pod {
  const pod = podOf(job.spec.template, job);
  pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), trackingFinalizer];
  if (index === undefined) return pod;
  pod.metadata.generateName = `${job.metadata.name}-${index}-`;
  pod.metadata.labels = { ...pod.metadata.labels, [indexKey]: String(index) };
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [indexKey]: String(index),
    ...(job.spec.backoffLimitPerIndex === undefined ? {} : { [failureCountKey]: String(failures) }),
  };
  pod.spec.hostname ??= `${job.metadata.name}-${index}`;
  for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])])
    if (!container.env?.some(({ name }) => name === "JOB_COMPLETION_INDEX"))
      container.env = [
        ...(container.env ?? []),
        {
          name: "JOB_COMPLETION_INDEX",
          valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: `metadata.labels['${indexKey}']` } },
        },
      ];
  return pod;
}
