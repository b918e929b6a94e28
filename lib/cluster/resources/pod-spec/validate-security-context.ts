import type { FieldError } from "../kind";
import type { PodSpec, SecurityContext } from "../types";
import { invalid, notSupported, required } from "../validation/errors";
import { validateSysctls } from "./validate-sysctls";
import { validateWindowsOptions } from "./validate-windows-options";

const idMax = 2 ** 31 - 1;
const profileTypes = ["Localhost", "RuntimeDefault", "Unconfined"];
const procMounts = ["Default", "Unmasked"];
const groupChangePolicies = ["OnRootMismatch", "Always"];

/** ValidateSecurityContext of kubernetes 1.34 pkg/apis/core/validation. */
export function validateSecurityContext(context: SecurityContext | undefined, field: string): FieldError[] {
  if (!context) return [];
  const { runAsUser, runAsGroup, procMount, seccompProfile, appArmorProfile } = context;
  const errors = [...id(runAsUser, `${field}.runAsUser`), ...id(runAsGroup, `${field}.runAsGroup`)];
  if (procMount !== undefined && !procMounts.includes(procMount))
    errors.push(notSupported(`${field}.procMount`, procMount, procMounts));
  errors.push(...profile(seccompProfile, `${field}.seccompProfile`, "seccomp"));
  if (context.allowPrivilegeEscalation === false) {
    const because = "cannot set `allowPrivilegeEscalation` to false and";
    if (context.privileged) errors.push(invalid(field, context, `${because} \`privileged\` to true`));
    if (context.capabilities?.add?.includes("CAP_SYS_ADMIN"))
      errors.push(invalid(field, context, `${because} \`capabilities.Add\` CAP_SYS_ADMIN`));
  }
  return [
    ...errors,
    ...validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`),
    ...profile(appArmorProfile, `${field}.appArmorProfile`, "AppArmor"),
  ];
}

/** ValidatePodSecurityContext. */
export function validatePodSecurityContext(spec: PodSpec, field: string): FieldError[] {
  const context = spec.securityContext;
  if (!context) return [];
  const { fsGroup, runAsUser, runAsGroup, supplementalGroups = [], fsGroupChangePolicy } = context;
  const errors = [
    ...id(fsGroup, `${field}.fsGroup`),
    ...id(runAsUser, `${field}.runAsUser`),
    ...id(runAsGroup, `${field}.runAsGroup`),
    ...supplementalGroups.flatMap((group, at) => id(group, `${field}.supplementalGroups[${at}]`)),
    ...validateSysctls(spec, `${field}.sysctls`),
  ];
  if (fsGroupChangePolicy !== undefined && !groupChangePolicies.includes(fsGroupChangePolicy))
    errors.push(notSupported(`${field}.fsGroupChangePolicy`, fsGroupChangePolicy, groupChangePolicies));
  return [
    ...errors,
    ...profile(context.seccompProfile, `${field}.seccompProfile`, "seccomp"),
    ...validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`),
  ];
}

function id(value: number | undefined, field: string): FieldError[] {
  if (value === undefined || (value >= 0 && value <= idMax)) return [];
  return [invalid(field, value, `must be between 0 and ${idMax}, inclusive`)];
}

function profile(value: SecurityContext["seccompProfile"], field: string, what: string): FieldError[] {
  if (!value) return [];
  const { type, localhostProfile } = value;
  if (!type) return [required(`${field}.type`, `type is required when ${field.split(".").at(-1)} is set`)];
  if (!profileTypes.includes(type)) return [notSupported(`${field}.type`, type, profileTypes)];
  if (type !== "Localhost")
    return localhostProfile === undefined
      ? []
      : [invalid(`${field}.localhostProfile`, value, `can only be set when ${what} type is Localhost`)];
  if (localhostProfile === undefined)
    return [required(`${field}.localhostProfile`, `must be set when ${what} type is Localhost`)];
  if (what !== "seccomp") return [];
  if (localhostProfile.startsWith("/"))
    return [invalid(`${field}.localhostProfile`, localhostProfile, "must be a relative path")];
  return localhostProfile.split("/").includes("..")
    ? [invalid(`${field}.localhostProfile`, localhostProfile, "must not contain '..'")]
    : [];
}
