import type { FieldError } from "@/lib/cluster/resources/kind";
import { fieldInvalid } from "@/lib/cluster/client/status";

export type Level = "privileged" | "baseline" | "restricted";

/** A level as one minor version of Kubernetes 1 defined it; Infinity is "latest". */
export interface LevelVersion {
  level: Level;
  minor: number;
}

/** What a namespace's pod-security.kubernetes.io labels ask for. */
export interface PodSecurityPolicy {
  enforce: LevelVersion;
  audit: LevelVersion;
  warn: LevelVersion;
}

type Mode = keyof PodSecurityPolicy;

const strictness: Record<Level, number> = { privileged: 0, baseline: 1, restricted: 2 };
const prefix = "pod-security.kubernetes.io/";

export const isStricter = (a: Level, b: Level) => strictness[a] > strictness[b];

/** "restricted:latest", "baseline:v1.30". */
export const levelText = ({ level, minor }: LevelVersion) =>
  `${level}:${minor === Infinity ? "latest" : `v1.${minor}`}`;

export const sameLevel = (a: LevelVersion, b: LevelVersion) => a.level === b.level && a.minor === b.minor;

/**
 * Follows pod-security-admission 0.34 api/helpers.go: labels that cannot be read mean the strictest for `enforce` and
 * nothing for the other two, and are told as errors; `warn` follows a stricter `enforce` unless it is set.
 */
export function policyOf(labels: Record<string, string> = {}): {
  policy: PodSecurityPolicy;
  errors: FieldError[];
} {
  const errors: FieldError[] = [];
  const read = (mode: Mode): LevelVersion => {
    const found: LevelVersion = { level: "privileged", minor: Infinity };
    const level = labels[prefix + mode];
    const version = labels[`${prefix}${mode}-version`];
    const refuse = (label: string, value: string, why: string) =>
      errors.push(fieldInvalid(`metadata.labels[${prefix}${label}]`, value, why));
    if (level !== undefined) {
      if (Object.hasOwn(strictness, level)) found.level = level as Level;
      else {
        found.level = mode === "enforce" ? "restricted" : "privileged";
        refuse(mode, level, "must be one of privileged, baseline, restricted");
      }
    }
    if (version === undefined || version === "latest") return found;
    const minor = /^v1\.(0|[1-9]\d{0,5})$/.exec(version)?.[1];
    if (minor === undefined) refuse(`${mode}-version`, version, 'must be "latest" or "v1.x"');
    else found.minor = Number(minor);
    return found;
  };
  const policy = { enforce: read("enforce"), audit: read("audit"), warn: read("warn") };
  const isEnforceGood = policy.enforce.level === labels[`${prefix}enforce`];
  if (
    labels[`${prefix}warn`] === undefined &&
    isEnforceGood &&
    isStricter(policy.enforce.level, policy.warn.level)
  ) {
    policy.warn.level = policy.enforce.level;
    if (labels[`${prefix}warn-version`] === undefined) policy.warn.minor = policy.enforce.minor;
  }
  return { policy, errors };
}
