import { runCommand } from "@/lib/core/run-command";

/**
 * How much of what only the kernel's own memory pays for one node may make, in its user namespace and all below. Set from
 * outside: root in the node has no CAP_SYS_RESOURCE and cannot raise them.
 */
const nodeLimits: Record<string, number> = {
  max_user_namespaces: 64,
  max_net_namespaces: 512,
  max_cgroup_namespaces: 1024,
  max_ipc_namespaces: 1024,
  max_uts_namespaces: 1024,
  max_time_namespaces: 64,
  max_pid_namespaces: 2048,
  max_mnt_namespaces: 2048,
  max_inotify_instances: 512,
  max_inotify_watches: 65_536,
  max_fanotify_groups: 32,
};

const script = Object.entries(nodeLimits)
  .map(([name, value]) => `[ ! -e /proc/sys/user/${name} ] || echo ${value} > /proc/sys/user/${name}`)
  .join("\n");

/** Limits the user namespace that the node's first process, `pid` on the host, is in. */
export async function limitNode(pid: number): Promise<void> {
  await runCommand(["nsenter", `--user=/proc/${pid}/ns/user`, "sh", "-ec", script]);
}
