import type { FieldError } from "../kind";
import type { PodSpec } from "../types";
import { forbidden, notSupported, required } from "../validation/errors";
import { containerContexts } from "./container-contexts";

const systems = ["linux", "windows"];

/** What a Windows pod may not say, of the pod, its security context, and that of each container. */
const ofLinux = {
  pod: ["hostUsers", "hostPID", "hostIPC", "shareProcessNamespace"],
  podContext: [
    "appArmorProfile",
    "seLinuxOptions",
    "seLinuxChangePolicy",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
  ],
  containerContext: [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
  ],
};

/** validateOS, validateLinux and validateWindows of kubernetes 1.34 pkg/apis/core/validation. */
export function validateOs(spec: PodSpec, field: string): FieldError[] {
  if (!spec.os) return [];
  const { name } = spec.os;
  if (!name) return [required(`${field}.os.name`, "cannot be empty")];
  if (!systems.includes(name)) return [notSupported(`${field}.os`, name, systems)];
  const contexts = containerContexts(spec, field);
  const refuse = (at: string, object: object | undefined, names: string[], why: string) =>
    names.flatMap((one) => (isSet(object, one) ? [forbidden(`${at}.${one}`, why)] : []));
  if (name === "linux")
    return [{ at: `${field}.securityContext`, context: spec.securityContext }, ...contexts].flatMap(
      ({ at, context }) =>
        refuse(at, context, ["windowsOptions"], "windows options cannot be set for a linux pod"),
    );
  const why = "cannot be set for a windows pod";
  return [
    ...refuse(`${field}.securityContext`, spec.securityContext, ofLinux.podContext, why),
    ...refuse(field, spec, ofLinux.pod, why),
    ...contexts.flatMap(({ at, context }) => refuse(at, context, ofLinux.containerContext, why)),
  ];
}

/** Go's nil and empty lists are not set, and neither is a namespace of the host that is not asked for. */
function isSet(object: object | undefined, name: string): boolean {
  const value = (object as Record<string, unknown> | undefined)?.[name];
  if (value === undefined || value === null) return false;
  if (name === "hostPID" || name === "hostIPC") return value === true;
  return !Array.isArray(value) || value.length > 0;
}
