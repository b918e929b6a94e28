import type { Container } from "@/lib/cluster/resources/types";
import { badSetters, containersOf, contextOf, named, plural, quoted, sorted, type Check } from "./check";

const appArmorProfile: Check = (pod) => {
  const values = new Set<string>();
  const setters = [
    badSetters(pod, ({ appArmorProfile }) => {
      const type = (appArmorProfile as { type?: string } | undefined)?.type;
      if (!appArmorProfile || type === "RuntimeDefault" || type === "Localhost") return false;
      values.add(type ?? "");
      return true;
    }),
  ].filter(Boolean);
  const annotations = Object.entries(pod.metadata?.annotations ?? {})
    .filter(
      ([key, value]) =>
        key.startsWith("container.apparmor.security.beta.kubernetes.io/") &&
        value !== "" &&
        value !== "runtime/default" &&
        !value.startsWith("localhost/"),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  if (annotations.length > 0) setters.push(plural("annotation", "annotations", annotations.length));
  if (setters.length === 0) return undefined;
  const bad = [...sorted(values), ...sorted(annotations)];
  return {
    reason: plural("forbidden AppArmor profile", "forbidden AppArmor profiles", bad.length),
    detail: `${setters.join(" and ")} must not set AppArmor profile type to ${quoted(bad)}`,
  };
};

const defaultCapabilities = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

export const capabilitiesOf = (container: Container) =>
  contextOf(container).capabilities as { add?: string[]; drop?: string[] } | undefined;

const capabilities: Check = (pod) => {
  const added = (one: Container) =>
    (capabilitiesOf(one)?.add ?? []).filter((name) => !defaultCapabilities.has(name));
  const bad = containersOf(pod).filter((one) => added(one).length > 0);
  return bad.length === 0
    ? undefined
    : {
        reason: "non-default capabilities",
        detail: `${named(bad)} must not include ${quoted(sorted(bad.flatMap(added)))} in securityContext.capabilities.add`,
      };
};

const hostNamespaces: Check = ({ spec }) => {
  const fields = spec as unknown as Record<string, unknown>;
  const used = ["hostNetwork", "hostPID", "hostIPC"].filter((field) => fields[field] === true);
  return used.length === 0
    ? undefined
    : { reason: "host namespaces", detail: used.map((field) => `${field}=true`).join(", ") };
};

export const hostPathVolumes: Check = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter((volume) => "hostPath" in volume && volume.hostPath);
  return bad.length === 0
    ? undefined
    : {
        reason: "hostPath volumes",
        detail: `${plural("volume", "volumes", bad.length)} ${quoted(bad.map(({ name }) => name))}`,
      };
};

const hostPorts: Check = (pod) => {
  const portsOf = ({ ports = [] }: Container) =>
    ports.flatMap(({ hostPort }) => (hostPort ? [hostPort] : []));
  const bad = containersOf(pod).filter((one) => portsOf(one).length > 0);
  const ports = sorted(bad.flatMap(portsOf).map(String));
  return bad.length === 0
    ? undefined
    : {
        reason: "hostPort",
        detail: `${named(bad)} ${plural("uses", "use", bad.length)} ${plural("hostPort", "hostPorts", ports.length)} ${ports.join(", ")}`,
      };
};

interface Handler {
  httpGet?: { host?: string };
  tcpSocket?: { host?: string };
}

const probeHosts: Check = (pod) => {
  const hostsOf = (container: Container) => {
    const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container as {
      livenessProbe?: Handler;
      readinessProbe?: Handler;
      startupProbe?: Handler;
      lifecycle?: { postStart?: Handler; preStop?: Handler };
    };
    return [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap(
      (handler) =>
        [handler?.httpGet?.host, handler?.tcpSocket?.host].filter(
          (host) => host !== undefined && host !== "",
        ),
    ) as string[];
  };
  const bad = containersOf(pod).filter((one) => hostsOf(one).length > 0);
  if (bad.length === 0) return undefined;
  const hosts = sorted(bad.flatMap(hostsOf));
  const names = sorted(bad.map(({ name }) => name));
  const what = plural("probe or lifecycle host", "probe or lifecycle hosts", hosts.length);
  return {
    reason: "probe or lifecycle host",
    detail: `${plural("container", "containers", names.length)} ${quoted(names)} ${plural("uses", "use", names.length)} ${what} ${quoted(hosts)}`,
  };
};

const privileged: Check = (pod) => {
  const bad = containersOf(pod).filter((one) => contextOf(one).privileged === true);
  return bad.length === 0
    ? undefined
    : { reason: "privileged", detail: `${named(bad)} must not set securityContext.privileged=true` };
};

const procMount: Check = (pod) => {
  const mountOf = (one: Container) => contextOf(one).procMount as string | undefined;
  const bad = containersOf(pod).filter((one) => (mountOf(one) ?? "Default") !== "Default");
  return bad.length === 0
    ? undefined
    : {
        reason: "procMount",
        detail: `${named(bad)} must not set securityContext.procMount to ${quoted(sorted(bad.map((one) => mountOf(one)!)))}`,
      };
};

const seLinuxOptions: Check = (pod, minor) => {
  const allowed = ["", "container_t", "container_init_t", "container_kvm_t"];
  if (minor >= 31) allowed.push("container_engine_t");
  const types = new Set<string>();
  let setsUser = false;
  let setsRole = false;
  const setters = badSetters(pod, ({ seLinuxOptions: options }) => {
    if (!options) return false;
    const { type = "", user, role } = options as { type?: string; user?: string; role?: string };
    const isBadType = !allowed.includes(type);
    if (isBadType) types.add(type);
    setsUser ||= Boolean(user);
    setsRole ||= Boolean(role);
    return isBadType || Boolean(user) || Boolean(role);
  });
  if (!setters) return undefined;
  const data = [
    ...(types.size > 0 ? [`${plural("type", "types", types.size)} ${quoted(sorted(types))}`] : []),
    ...(setsUser ? ["user may not be set"] : []),
    ...(setsRole ? ["role may not be set"] : []),
  ];
  return {
    reason: "seLinuxOptions",
    detail: `${setters} set forbidden securityContext.seLinuxOptions: ${data.join("; ")}`,
  };
};

export const seccompType = (context: Record<string, unknown>) =>
  context.seccompProfile ? ((context.seccompProfile as { type?: string }).type ?? "") : undefined;
export const isGoodSeccomp = (type: string) => type === "Localhost" || type === "RuntimeDefault";

/** Who names a seccomp profile that is not one of the two good ones. */
export const badSeccomp: Check = (pod) => {
  const values = new Set<string>();
  const setters = badSetters(pod, (context) => {
    const type = seccompType(context);
    if (type === undefined || isGoodSeccomp(type)) return false;
    values.add(type);
    return true;
  });
  return setters
    ? {
        reason: "seccompProfile",
        detail: `${setters} must not set securityContext.seccompProfile.type to ${quoted(sorted(values))}`,
      }
    : undefined;
};

/** Before 1.19 the profile was an annotation. */
const seccomp: Check = (pod, minor) => {
  if (minor >= 19) return badSeccomp(pod, minor);
  const keys = [
    "seccomp.security.alpha.kubernetes.io/pod",
    ...containersOf(pod).map(({ name }) => `container.seccomp.security.alpha.kubernetes.io/${name}`),
  ];
  const bad = keys.flatMap((key) => {
    const value = pod.metadata?.annotations?.[key];
    const isGood =
      value === undefined ||
      value === "runtime/default" ||
      value === "docker/default" ||
      value.startsWith("localhost/");
    return isGood ? [] : [`${key}=${JSON.stringify(value)}`];
  });
  return bad.length === 0
    ? undefined
    : {
        reason: "seccompProfile",
        detail: `forbidden ${plural("annotation", "annotations", bad.length)} ${sorted(bad).join(", ")}`,
      };
};

/** Sysctls with the minor version that allowed them. */
const safeSysctls: Record<string, number> = {
  "kernel.shm_rmid_forced": 0,
  "net.ipv4.ip_local_port_range": 0,
  "net.ipv4.tcp_syncookies": 0,
  "net.ipv4.ping_group_range": 0,
  "net.ipv4.ip_unprivileged_port_start": 0,
  "net.ipv4.ip_local_reserved_ports": 27,
  "net.ipv4.tcp_keepalive_time": 29,
  "net.ipv4.tcp_fin_timeout": 29,
  "net.ipv4.tcp_keepalive_intvl": 29,
  "net.ipv4.tcp_keepalive_probes": 29,
  "net.ipv4.tcp_rmem": 32,
  "net.ipv4.tcp_wmem": 32,
};

const sysctls: Check = ({ spec }, minor) => {
  const set = (contextOf(spec).sysctls ?? []) as { name: string }[];
  const bad = set
    .map(({ name }) => name)
    .filter((name) => !Object.hasOwn(safeSysctls, name) || safeSysctls[name]! > minor);
  return bad.length === 0 ? undefined : { reason: "forbidden sysctls", detail: bad.join(", ") };
};

const windowsHostProcess: Check = (pod) => {
  const setters = badSetters(
    pod,
    ({ windowsOptions }) => (windowsOptions as { hostProcess?: boolean } | undefined)?.hostProcess === true,
  );
  return setters
    ? {
        reason: "hostProcess",
        detail: `${setters} must not set securityContext.windowsOptions.hostProcess=true`,
      }
    : undefined;
};

/** The checks of the baseline level, in upstream's order; `since` is the minor version that brought one. */
export const baselineChecks: { check: Check; since?: number; restrictedSince?: number }[] = [
  { check: appArmorProfile },
  // Where `restrictedSince` is set, the restricted level has a stricter check of its own from that version on.
  { check: capabilities, restrictedSince: 22 },
  { check: hostNamespaces },
  { check: hostPathVolumes, restrictedSince: 0 },
  { check: hostPorts },
  { check: probeHosts, since: 34 },
  { check: privileged },
  { check: procMount },
  { check: seLinuxOptions },
  { check: seccomp, restrictedSince: 19 },
  { check: sysctls },
  { check: windowsHostProcess },
];
