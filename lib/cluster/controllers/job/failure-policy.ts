import type { JobSpec, Pod } from "@/lib/cluster/resources/types";

interface FailureRule {
  action: "FailJob" | "Ignore" | "Count" | "FailIndex";
  onExitCodes?: { containerName?: string; operator: "In" | "NotIn"; values: number[] };
  onPodConditions?: { type: string; status?: string }[];
}

export interface FailureVerdict {
  action: FailureRule["action"];
  /** Says which container or condition matched which rule. */
  message: string;
}

/** What the first matching rule makes of a failed pod (kubernetes 1.34 pkg/controller/job/pod_failure_policy.go). */
export function judgeFailure(policy: JobSpec["podFailurePolicy"], pod: Pod): FailureVerdict | undefined {
  const rules = (policy?.rules ?? []) as FailureRule[];
  for (const [index, rule] of rules.entries()) {
    const why = exitCodeMatch(rule, pod) ?? conditionMatch(rule, pod);
    if (why) return { action: rule.action, message: `${why} matching ${rule.action} rule at index ${index}` };
  }
  return undefined;
}

function exitCodeMatch({ onExitCodes }: FailureRule, pod: Pod): string | undefined {
  if (!onExitCodes) return undefined;
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  for (const { name, state } of statuses) {
    const exitCode = state?.terminated?.exitCode;
    if (!exitCode || (onExitCodes.containerName && onExitCodes.containerName !== name)) continue;
    if (onExitCodes.values.includes(exitCode) === (onExitCodes.operator === "In"))
      return `Container ${name} for pod ${pod.metadata.namespace}/${pod.metadata.name} failed with exit code ${exitCode}`;
  }
  return undefined;
}

function conditionMatch({ onPodConditions }: FailureRule, pod: Pod): string | undefined {
  for (const { type, status = "True" } of onPodConditions ?? [])
    if (pod.status?.conditions?.some((one) => one.type === type && one.status === status))
      return `Pod ${pod.metadata.namespace}/${pod.metadata.name} has condition ${type}`;
  return undefined;
}
