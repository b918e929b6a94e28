import type { Condition } from "@/lib/cluster/resources/types";

/** A condition before it is somebody's: without the generation and the time. */
export interface Finding {
  type: string;
  status: "True" | "False";
  reason: string;
  message: string;
}

export function isTrue(type: string, reason: string, message: string): Finding {
  return { type, status: "True", reason, message };
}

export function isFalse(type: string, reason: string, message: string): Finding {
  return { type, status: "False", reason, message };
}

/** One a type: what comes later overrides. */
export function lastOfEach(findings: Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [finding.type, finding])).values()];
}

/** As they stand in a status; a condition that is as before keeps its time. */
export function conditionsOf(
  findings: Finding[],
  generation: number | undefined,
  former: Condition[] | undefined,
  now: string,
): Condition[] {
  return lastOfEach(findings).map((finding) => {
    const old = former?.find(({ type }) => type === finding.type);
    return {
      type: finding.type,
      status: finding.status,
      observedGeneration: generation ?? 1,
      lastTransitionTime: (old?.status === finding.status && old.lastTransitionTime) || now,
      reason: finding.reason,
      message: finding.message,
    };
  });
}
