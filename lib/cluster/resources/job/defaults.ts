import { defaultPodTemplate, orDefault } from "../pod-spec/defaults";
import type { Job } from "../types";

/** SetDefaults_Job. */
export function defaultJob(job: Job): void {
  const { spec } = job;
  if (!spec) return;
  if (spec.completions === undefined && spec.parallelism === undefined) {
    spec.completions = 1;
    spec.parallelism = 1;
  }
  orDefault(spec, "parallelism", 1);
  if (spec.backoffLimit === undefined)
    spec.backoffLimit = spec.backoffLimitPerIndex === undefined ? 6 : 2147483647;
  orDefault(spec, "completionMode", "NonIndexed");
  orDefault(spec, "suspend", false);
  orDefault(spec, "manualSelector", false);
  orDefault(spec, "podReplacementPolicy", spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed");
  labelLikePods(job);
  defaultPodTemplate(spec.template);
}

/** A job without labels of its own has those of its pods. */
function labelLikePods({ spec, metadata }: Job): void {
  const labels = spec.template?.metadata?.labels;
  if (Object.keys(labels ?? {}).length > 0 && Object.keys(metadata.labels ?? {}).length === 0) {
    metadata.labels = { ...labels };
  }
}

/** The strategy's generateSelector: pods of a job are told by its uid. */
export function selectOwnPods(job: Job): void {
  const { spec, metadata } = job;
  if (!spec?.template || spec.manualSelector) return;
  const uid = metadata.uid ?? "";
  const { name } = metadata;
  spec.template.metadata ??= {};
  spec.template.metadata.labels = {
    ...spec.template.metadata.labels,
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    "job-name": name,
  };
  spec.selector ??= {};
  spec.selector.matchLabels = { ...spec.selector.matchLabels, "batch.kubernetes.io/controller-uid": uid };
  labelLikePods(job);
}
