import { baselineChecks } from "./baseline";
import type { Check, PodLike, Violation } from "./check";
import type { LevelVersion } from "./policy";
import { restrictedChecks } from "./restricted";

/** All rules of the level that the pod breaks (pod-security-admission 0.34 policy/registry.go). */
export function violations({ level, minor }: LevelVersion, pod: PodLike): Violation[] {
  if (level === "privileged") return [];
  const checks: Check[] = baselineChecks
    .filter(({ since = 0, restrictedSince = Infinity }) =>
      level === "restricted" ? minor >= since && minor < restrictedSince : minor >= since,
    )
    .map(({ check }) => check);
  if (level === "restricted")
    checks.push(...restrictedChecks.filter(({ since }) => minor >= since).map(({ check }) => check));
  return checks.flatMap((check) => check(pod, minor) ?? []);
}

export const detailText = (found: Violation[]) =>
  found.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(", ");

export const reasonText = (found: Violation[]) => found.map(({ reason }) => reason).join(", ");
