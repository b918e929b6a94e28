import { nodeSeccomp } from "./seccomp";

/** The parts of an OCI runtime configuration (runtime-spec 1.0) that examctl uses. */
export interface OciMount {
  destination: string;
  type: string;
  source: string;
  options: string[];
}

export interface NodeConfig {
  hostname: string;
  /** The overlay, mounted. */
  root: string;
  baseId: number;
  idCount: number;
  args: string[];
  /** Binds beyond the system's own. */
  mounts: OciMount[];
}

/**
 * What root on a node may do inside the lab's user namespace. Left out: everything that reaches the host's kernel as a
 * whole (modules, clock, raw I/O, reboot, syslog, BPF and tracing), which a user namespace refuses anyway.
 */
export const nodeCapabilities = [
  "CAP_AUDIT_WRITE",
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_KILL",
  "CAP_LEASE",
  "CAP_LINUX_IMMUTABLE",
  "CAP_MKNOD",
  "CAP_NET_ADMIN",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_RAW",
  "CAP_SETFCAP",
  "CAP_SETGID",
  "CAP_SETPCAP",
  "CAP_SETUID",
  "CAP_SYS_ADMIN",
  "CAP_SYS_CHROOT",
  "CAP_SYS_NICE",
  "CAP_SYS_PTRACE",
];

/**
 * A node: every namespace of its own. Nothing of /proc is masked: in a user namespace the kernel mounts another one (for
 * a pod) only while one is fully visible, and what Docker masks there is readable by the host's root alone.
 */
export function nodeOciConfig(node: NodeConfig): unknown {
  const capabilities = {
    bounding: nodeCapabilities,
    effective: nodeCapabilities,
    permitted: nodeCapabilities,
    inheritable: [],
    ambient: [],
  };
  const idMap = [{ containerID: 0, hostID: node.baseId, size: node.idCount }];
  return {
    ociVersion: "1.0.2",
    hostname: node.hostname,
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: node.args,
      env: [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME=/root",
        "LANG=C.UTF-8",
        "container=examctl",
      ],
      cwd: "/",
      capabilities,
      rlimits: [{ type: "RLIMIT_CORE", hard: 0, soft: 0 }],
      noNewPrivileges: false,
    },
    root: { path: node.root, readonly: false },
    mounts: [...systemMounts, ...node.mounts],
    linux: {
      uidMappings: idMap,
      gidMappings: idMap,
      namespaces: ["user", "pid", "mount", "network", "uts", "ipc", "cgroup"].map((type) => ({ type })),
      sysctl: {
        "net.ipv4.ip_forward": "1",
        "net.ipv4.ping_group_range": "0 0",
        "net.ipv4.ip_unprivileged_port_start": "0",
      },
      rootfsPropagation: "rshared",
      seccomp: nodeSeccomp,
    },
  };
}

const systemMounts: OciMount[] = [
  { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
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
  {
    destination: "/dev/shm",
    type: "tmpfs",
    source: "shm",
    options: ["nosuid", "nodev", "mode=1777", "size=64m"],
  },
  { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
  {
    destination: "/sys/fs/cgroup",
    type: "cgroup",
    source: "cgroup",
    options: ["nosuid", "noexec", "nodev", "ro"],
  },
  {
    destination: "/run",
    type: "tmpfs",
    source: "tmpfs",
    options: ["nosuid", "nodev", "mode=755", "size=64m", "tmpcopyup"],
  },
];

export function bindMount(source: string, destination: string, options: string[] = []): OciMount {
  return { destination, type: "bind", source, options: ["bind", "nodev", ...options] };
}
