import type { FieldError } from "../kind";
import type { PodSpec } from "../types";
import { duplicate, invalid, required } from "../validation/errors";

const segment = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const pattern = `^(${segment}[\\./])*${segment}$`;
const nameBytesMax = 253;
/** The same names as `pattern`, in linear time. */
const isSegment = (text: string) => /^[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?$/.test(text);
const isName = (name: string) => name.length <= nameBytesMax && name.split(/[./]/).every(isSegment);

const ofIpc = ["kernel.shm", "kernel.msg", "fs.mqueue."];

/** validateSysctls and ValidateHostSysctl of kubernetes 1.34 pkg/apis/core/validation. */
export function validateSysctls(spec: PodSpec, field: string): FieldError[] {
  const names = new Set<string>();
  return (spec.securityContext?.sysctls ?? []).flatMap(({ name }, index) => {
    const at = `${field}[${index}].name`;
    const errors: FieldError[] = [];
    if (!name) errors.push(required(at));
    else if (!isName(name))
      errors.push(
        invalid(at, name, `must have at most ${nameBytesMax} characters and match regex ${pattern}`),
      );
    else if (names.has(name)) errors.push(duplicate(at, name));
    names.add(name);
    const shared = sharedWithHost(spec, withDots(name ?? ""));
    if (shared) errors.push(invalid(at, name, `may not be specified when '${shared}' is true`));
    return errors;
  });
}

/** What gives the pod the host's own setting. */
function sharedWithHost(spec: PodSpec, name: string): "hostNetwork" | "hostIPC" | undefined {
  if (spec.hostNetwork && name.startsWith("net.")) return "hostNetwork";
  const isOfIpc = name === "kernel.sem" || ofIpc.some((prefix) => name.startsWith(prefix));
  return spec.hostIPC && isOfIpc ? "hostIPC" : undefined;
}

/** `net/ipv4/conf/eth0.1/mtu` is `net.ipv4.conf.eth0/1.mtu`: whichever comes first separates (sysctl(8)). */
function withDots(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  return first === "/" ? name.replace(/[./]/g, (one) => (one === "/" ? "." : "/")) : name;
}
