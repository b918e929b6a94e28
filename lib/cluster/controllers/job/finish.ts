import type { Job, Pod } from "@/lib/cluster/resources/types";
import { hasCondition } from "../conditions";
import { parseIndexes } from "./indexes";
import { isIndexed } from "./pod";

/** How a Job ends: the condition that announces it, with its reason and message. */
export interface Finish {
  type: "FailureTarget" | "SuccessCriteriaMet";
  reason: string;
  message: string;
}

interface Facts {
  failed: number;
  done: Set<number>;
  failedIndexes: Set<number>;
  policyMessage?: string;
  active: number;
  pods: Pod[];
  nowMs: number;
}

const failure = (reason: string, message: string): Finish => ({ type: "FailureTarget", reason, message });

/** The end that a Job has come to, be it said before or new; undefined while it goes on. */
export function finishOf(job: Job, facts: Facts): Finish | undefined {
  const { spec } = job;
  for (const type of ["FailureTarget", "SuccessCriteriaMet"] as const)
    if (hasCondition(job.status?.conditions, type)) {
      const { reason = "", message = "" } = job.status!.conditions!.find((one) => one.type === type)!;
      return { type, reason, message };
    }
  if (facts.policyMessage) return failure("PodFailurePolicy", facts.policyMessage);
  const backoffLimit = spec.backoffLimit ?? 6;
  if (facts.failed > backoffLimit || hasRestartedTooOften(job, facts.pods))
    return failure("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  const startMs = Date.parse(job.status?.startTime ?? "");
  if (
    spec.activeDeadlineSeconds !== undefined &&
    !spec.suspend &&
    facts.nowMs - startMs >= spec.activeDeadlineSeconds * 1000
  )
    return failure("DeadlineExceeded", "Job was active longer than specified deadline");
  if (!isIndexed(job)) return undefined;
  const { failedIndexes, done } = facts;
  if (spec.maxFailedIndexes !== undefined && failedIndexes.size > spec.maxFailedIndexes)
    return failure(
      "MaxFailedIndexesExceeded",
      "Job has exceeded the specified maximal number of failed indexes",
    );
  if (failedIndexes.size > 0 && failedIndexes.size + done.size >= (spec.completions ?? 0))
    return failure("FailedIndexes", "Job has failed indexes");
  return metPolicy(job, done);
}

/** With restartPolicy OnFailure the kubelet's restarts are what the limit counts. */
function hasRestartedTooOften({ spec }: Job, pods: Pod[]): boolean {
  if (spec.template.spec.restartPolicy !== "OnFailure") return false;
  const limit = spec.backoffLimit ?? 6;
  const restarts = pods
    .filter(({ status }) => status?.phase === "Running" || status?.phase === "Pending")
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

function metPolicy({ spec }: Job, done: Set<number>): Finish | undefined {
  const rules = (spec.successPolicy?.rules ?? []) as { succeededIndexes?: string; succeededCount?: number }[];
  for (const [at, { succeededIndexes, succeededCount }] of rules.entries()) {
    const wanted =
      succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes, spec.completions ?? 0);
    const counted = wanted ? [...wanted].filter((index) => done.has(index)).length : done.size;
    if (counted >= (succeededCount ?? wanted?.size ?? Infinity))
      return { type: "SuccessCriteriaMet", reason: "SuccessPolicy", message: `Matched rules at index ${at}` };
  }
  return undefined;
}
