/**
 * System calls that no process of a node may make. Most of them the kernel refuses to root of a user namespace anyway;
 * here they never reach its code, so that a flaw in one is out of a student's reach. What a node lives from (nested
 * crun, CNI, iptables, sshd, kubectl) uses none of them. The filter passes on to every container in the node.
 */
interface SeccompRule {
  names: string[];
  action: "SCMP_ACT_ERRNO";
  errnoRet: number;
  args?: (
    | { index: number; value: number; op: "SCMP_CMP_NE" }
    | { index: number; value: number; valueTwo: number; op: "SCMP_CMP_MASKED_EQ" }
  )[];
}

const EPERM = 1;
/** Programs that probe for a feature take "not implemented" as an answer and do without. */
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

const privileged = [
  // The running kernel: its code, its clock, its log, its power.
  ...["init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot"],
  ...["clock_settime", "clock_settime64", "settimeofday", "stime", "syslog", "lookup_dcookie"],
  // The machine's devices and disks.
  ...["iopl", "ioperm", "swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "nfsservctl", "vhangup"],
  // Files by number instead of by path, past what is mounted.
  "open_by_handle_at",
];

const unneeded = [
  ...["bpf", "perf_event_open", "userfaultfd", "vmsplice"],
  // A ring makes calls that no filter sees.
  ...["io_uring_setup", "io_uring_enter", "io_uring_register"],
  ...["add_key", "request_key"],
];

/** crun gives each container a keyring of its own (KEYCTL_JOIN_SESSION_KEYRING) and does nothing else with keys. */
const keyctlJoin = 1;

/**
 * What a node's processes talk through: AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET. Every other family up to the
 * kernel's last (AF_MCTP) is refused: they have no use on a node, some reach past a network namespace (AF_VSOCK ends at the
 * hypervisor), and asking for most would load a module.
 */
const allowedFamilies = new Set([1, 2, 10, 16, 17]);
const lastFamily = 45;
const otherFamilies = Array.from({ length: lastFamily + 1 }, (_, family) => family).filter(
  (family) => !allowedFamilies.has(family),
);
/** The kernel looks at the lower half of the register alone, whatever a caller puts into the upper one. */
const lowerHalf = 0xffff_ffff;

const refuse = (names: string[], errnoRet: number): SeccompRule => ({
  names,
  action: "SCMP_ACT_ERRNO",
  errnoRet,
});

/** For `linux.seccomp` of an OCI configuration. No architectures named: calls of any but the host's own end the caller. */
export const nodeSeccomp: { defaultAction: "SCMP_ACT_ALLOW"; syscalls: SeccompRule[] } = {
  defaultAction: "SCMP_ACT_ALLOW",
  syscalls: [
    refuse(privileged, EPERM),
    refuse(unneeded, ENOSYS),
    { ...refuse(["keyctl"], ENOSYS), args: [{ index: 0, value: keyctlJoin, op: "SCMP_CMP_NE" }] },
    ...otherFamilies.map((family): SeccompRule => ({
      ...refuse(["socket", "socketpair"], EAFNOSUPPORT),
      args: [{ index: 0, value: lowerHalf, valueTwo: family, op: "SCMP_CMP_MASKED_EQ" }],
    })),
  ],
};
