import { bindMount, nodeCapabilities, type OciMount } from "../oci";

/** What a container may do unless its pod says otherwise: containerd's default set. */
const defaultCapabilities = [
  "CAP_AUDIT_WRITE",
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_MKNOD",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_RAW",
  "CAP_SETFCAP",
  "CAP_SETGID",
  "CAP_SETPCAP",
  "CAP_SETUID",
  "CAP_SYS_CHROOT",
];

const maskedPaths = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/firmware",
];
const readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

export interface ContainerConfig {
  rootPath: string;
  args: string[];
  env: string[];
  cwd: string;
  user: { uid: number; gid: number };
  additionalGids?: number[];
  noNewPrivileges?: boolean;
  /** Of the namespaces that it makes or joins first. */
  sysctls?: Record<string, string>;
  terminal: boolean;
  privileged: boolean;
  capabilities: { add: string[]; drop: string[] };
  readOnlyRoot: boolean;
  mounts: OciMount[];
  /** Of the node's mounts that it begins with; default: private. */
  rootPropagation?: "slave" | "shared";
  /** Set for a pod's first container where the pod has a name of its own. */
  hostname?: string;
  /** Namespaces joined by path; a type without a path is made new, one that is absent is the node's. */
  namespaces: { type: string; path?: string }[];
}

/** A container inside a node: no user namespace of its own, every other as the pod has it. */
export function containerOciConfig(container: ContainerConfig): unknown {
  return {
    ociVersion: "1.0.2",
    ...(container.hostname ? { hostname: container.hostname } : {}),
    process: {
      terminal: container.terminal,
      user: { ...container.user, additionalGids: container.additionalGids ?? [] },
      args: container.args,
      env: container.env,
      cwd: container.cwd,
      capabilities: processCapabilities(container, container.user.uid),
      noNewPrivileges: container.noNewPrivileges ?? false,
    },
    root: { path: container.rootPath, readonly: container.readOnlyRoot },
    mounts: [...systemMounts(container.privileged), ...container.mounts],
    linux: {
      namespaces: container.namespaces,
      ...(container.rootPropagation ? { rootfsPropagation: `r${container.rootPropagation}` } : {}),
      ...(container.sysctls ? { sysctl: container.sysctls } : {}),
      ...(container.privileged ? {} : { maskedPaths, readonlyPaths }),
    },
  };
}

/** Who is not root has none of them, and gets them only by file capabilities or setuid. */
export function processCapabilities(
  container: Pick<ContainerConfig, "privileged" | "capabilities">,
  uid: number,
): Record<string, string[]> {
  const names = effectiveCapabilities(container);
  const held = uid === 0 ? names : [];
  return { bounding: names, effective: held, permitted: held, inheritable: [], ambient: [] };
}

/** Names with or without "CAP_", "ALL" for everything that the node has; drop goes before add, as in containerd. */
export function effectiveCapabilities({
  privileged,
  capabilities,
}: Pick<ContainerConfig, "privileged" | "capabilities">): string[] {
  if (privileged) return nodeCapabilities;
  const full = (name: string) => (name.startsWith("CAP_") ? name : `CAP_${name}`);
  const drop = capabilities.drop.map(full);
  const add = capabilities.add.map(full);
  const names = new Set(drop.includes("CAP_ALL") ? [] : defaultCapabilities);
  if (add.includes("CAP_ALL")) for (const name of nodeCapabilities) names.add(name);
  for (const name of drop) names.delete(name);
  for (const name of add) if (nodeCapabilities.includes(name)) names.add(name);
  return [...names].sort();
}

function systemMounts(privileged: boolean): OciMount[] {
  const safe = ["nosuid", "noexec", "nodev"];
  return [
    { destination: "/proc", type: "proc", source: "proc", options: safe },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=4m"],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: safe },
    {
      destination: "/dev/shm",
      type: "tmpfs",
      source: "shm",
      options: [...safe, "mode=1777", "size=64m"],
    },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: [...safe, "ro"] },
    ...(privileged
      ? [bindMount("/sys/fs/cgroup", "/sys/fs/cgroup", ["rbind", "ro", "nosuid", "noexec"])]
      : []),
  ];
}
