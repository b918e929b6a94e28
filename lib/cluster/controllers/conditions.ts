import type { Condition } from "@/lib/cluster/resources/types";
import { rfc3339 } from "./rfc3339";

/** `conditions` with `next` in place of the one of its type; the time of transition stays while the status does. */
export function withCondition(conditions: Condition[], next: Condition, nowMs: number): Condition[] {
  const old = conditions.find(({ type }) => type === next.type);
  const lastTransitionTime =
    old?.status === next.status ? (old.lastTransitionTime ?? rfc3339(nowMs)) : rfc3339(nowMs);
  const fresh = { ...next, lastTransitionTime };
  return old ? conditions.map((one) => (one === old ? fresh : one)) : [...conditions, fresh];
}

export function hasCondition(conditions: Condition[] | undefined, type: string): boolean {
  return conditions?.some((one) => one.type === type && one.status === "True") ?? false;
}
