/**
 * System calls that no process of a node may make. Most of them the kernel refuses to root of a user namespace anyway;
 * here they never reach its code, so that a flaw in one is out of a student's reach. What a node lives from (nested
 * crun, CNI, iptables, sshd, kubectl) uses none of them. The filter passes on to every container in the node.
 */
interface SeccompRule {
  names: string[];
  action: "SCMP_ACT_ERRNO";
  errnoRet: number;
  args?: { index: number; value: number; op: "SCMP_CMP_EQ" | "SCMP_CMP_NE" }[];
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
 * Address families that reach past a network namespace or have no use on a node. AF_VSOCK above all: it ends at the
 * hypervisor and at the host's own listeners, whatever the network namespace.
 */
const families = {
  AX25: 3,
  IPX: 4,
  APPLETALK: 5,
  X25: 9,
  RDS: 21,
  LLC: 26,
  CAN: 29,
  TIPC: 30,
  BLUETOOTH: 31,
  ALG: 38,
  NFC: 39,
  VSOCK: 40,
  KCM: 41,
  QIPCRTR: 42,
  SMC: 43,
  XDP: 44,
};

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
    ...Object.values(families).map((value): SeccompRule => ({
      ...refuse(["socket"], EAFNOSUPPORT),
      args: [{ index: 0, value, op: "SCMP_CMP_EQ" }],
    })),
  ],
};
