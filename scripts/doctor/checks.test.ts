import { expect, test } from "vitest";
import {
  checkCgroups,
  checkCommands,
  checkDisk,
  checkKernel,
  checkNetwork,
  checkNode,
  checkPort,
  checkPortOrExamctl,
  checkRoot,
  checkUserNamespaces,
  type Finding,
  type Host,
} from "./checks.mjs";
import { examine } from "./index.mjs";

const GiB = 2 ** 30;
const v2 = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0";
const v1 = ["cpu,cpuacct", "memory", "pids"].map(
  (name) => `cgroup /sys/fs/cgroup/${name} cgroup rw,nosuid,${name} 0 0`,
);
const unified = "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0";

interface Machine extends Partial<Omit<Host, "read" | "run">> {
  files?: Record<string, string>;
  /** By the program's name; others succeed and say nothing. */
  programs?: Record<string, { exitCode?: number; stdout?: string; stderr?: string }>;
}

/** Debian 12 with everything in place, but for what a test says. */
function machine({ files = {}, programs = {}, ...rest }: Machine = {}): Host {
  const all: Record<string, string> = {
    "/proc/mounts": `proc /proc proc rw 0 0\n${v2}\n`,
    "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids\n",
    "/proc/filesystems": "nodev\tproc\nnodev\tcgroup\nnodev\tcgroup2\nnodev\toverlay\n\text4\n",
    ...files,
  };
  return {
    env: { NODE_ENV: "test", PATH: "/usr/bin:/bin" },
    platform: "linux",
    nodeVersion: "20.19.0",
    kernelRelease: "6.1.0-18-amd64",
    uid: () => 0,
    exists: () => true,
    read: (path) => all[path] ?? "",
    list: () => ["loop-control", "null"],
    freeBytes: () => 100 * GiB,
    run: ([program = ""]) => ({
      ...{ exitCode: 0, stderr: "" },
      stdout: program === "npm" ? "https://registry.npmjs.org/\n" : "",
      ...programs[program],
    }),
    resolves: async () => true,
    listen: async () => undefined,
    fetchText: async () => "",
    ...rest,
  };
}

const port = { host: "0.0.0.0", port: 8080 };
const disk = (isSetUp: boolean) => (host: Host) => checkDisk(host, { dataDir: "/srv/examctl", isSetUp });
const network = (isSetUp: boolean) => (host: Host) => checkNetwork(host, { isSetUp });
const setUp = { ...port, dataDir: "/srv/examctl", isSetUp: true };
const noPrograms = { exitCode: 127, stderr: "npm is not installed" };

type Look = (host: Host) => Finding | Promise<Finding>;
const states: [state: string, look: Look, machine: Machine, sentence: string, remedy?: RegExp][] = [
  ["Node as old as it may be", checkNode, {}, "Node 20.19.0 is new enough."],
  ["an older Node", checkNode, { nodeVersion: "20.18.3" }, "Node 20.18.3 is too old.", /20\.19/],
  ["Node of another age", checkNode, { nodeVersion: "18.20.0" }, "Node 18.20.0 is too old.", /20\.19/],
  ["a newer Node", checkNode, { nodeVersion: "24.1.0" }, "Node 24.1.0 is new enough."],
  ["not Linux", checkNode, { platform: "darwin" }, "Labs are Linux network namespaces.", /Debian/],

  ["root", checkRoot, {}, "Running as root."],
  [
    "an ordinary user",
    checkRoot,
    { uid: () => 1000 },
    "Not running as root: namespaces and mounts cannot be made.",
    /sudo/,
  ],

  ["a free port", (host) => checkPort(host, port), {}, "Port 8080 is free."],
  [
    "a taken port whose holder is seen",
    (host) => checkPort(host, port),
    {
      listen: async () => "EADDRINUSE",
      programs: { ss: { stdout: 'LISTEN 0 511 *:8080 *:* users:(("nginx",pid=812,fd=6))' } },
    },
    "Port 8080 is taken by nginx (process 812).",
    /--port/,
  ],
  [
    "a taken port whose holder is another user's",
    (host) => checkPortOrExamctl(host, setUp),
    { listen: async () => "EADDRINUSE", uid: () => 1000, fetchText: async () => "<h1>nginx</h1>" },
    "Port 8080 is taken.",
    /--port/,
  ],
  [
    "a port that examctl has, as an ordinary user sees it",
    (host) => checkPortOrExamctl(host, setUp),
    {
      listen: async () => "EADDRINUSE",
      uid: () => 1000,
      fetchText: async (url) =>
        url === "http://127.0.0.1:8080/healthz" ? '{"service":"examctl","status":"ok"}' : "",
    },
    "examctl itself answers on port 8080.",
  ],
  [
    "a port for root only",
    (host) => checkPort(host, { ...port, port: 80 }),
    { listen: async () => "EACCES", uid: () => 1000 },
    "Port 80 is for root, which examctl runs as.",
  ],
  [
    "an address that is another machine's",
    (host) => checkPort(host, { ...port, host: "192.0.2.1" }),
    { listen: async () => "EADDRNOTAVAIL" },
    "This machine has no address 192.0.2.1.",
    /EXAMCTL_HOST/,
  ],

  ["room for set-up", disk(false), { freeBytes: () => 6 * GiB }, "6.0 GiB are free for /srv/examctl."],
  [
    "a disk too full for set-up",
    disk(false),
    { freeBytes: () => 5.5 * GiB },
    "Only 5.5 GiB are free for /srv/examctl: too little for packages, builds and the file systems of nodes.",
    /at least 6 GiB.*--data-dir/,
  ],
  [
    "the same disk when all is set up",
    disk(true),
    { freeBytes: () => 5.5 * GiB },
    "5.5 GiB are free for /srv/examctl.",
  ],
  [
    "a full disk",
    disk(true),
    { freeBytes: () => 0, exists: (path) => path === "/" },
    "Only 0.0 GiB are free for /srv/examctl: too little for the disks of labs.",
    /at least 1 GiB/,
  ],

  ["user namespaces", checkUserNamespaces, {}, "User and network namespaces can be made."],
  [
    "user namespaces turned off",
    checkUserNamespaces,
    {
      programs: { unshare: { exitCode: 1, stderr: "unshare: unshare failed: No space left on device\n" } },
      files: { "/proc/sys/user/max_user_namespaces": "0\n" },
    },
    "User namespaces cannot be made: unshare: unshare failed: No space left on device",
    /sysctl user\.max_user_namespaces=/,
  ],
  [
    "user namespaces that Ubuntu keeps for root",
    checkUserNamespaces,
    {
      uid: () => 1000,
      programs: { unshare: { exitCode: 1, stderr: "unshare: write failed: Operation not permitted" } },
      files: { "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n" },
    },
    "User namespaces cannot be made: unshare: write failed: Operation not permitted This kernel keeps them for root.",
    /sudo.*apparmor_restrict/,
  ],
  [
    "user namespaces that a container forbids",
    checkUserNamespaces,
    { programs: { unshare: { exitCode: 1, stderr: "unshare failed: Operation not permitted" } } },
    "User namespaces cannot be made: unshare failed: Operation not permitted",
    /container/,
  ],
  [
    "no unshare",
    checkUserNamespaces,
    { programs: { unshare: noPrograms } },
    "Whether user namespaces can be made is not known: unshare is not installed.",
    /util-linux/,
  ],

  ["cgroups v2", checkCgroups, {}, "cgroups are v2."],
  ["cgroups v1", checkCgroups, { files: { "/proc/mounts": v1.join("\n") } }, "cgroups are v1."],
  [
    "both, with the controllers in v1",
    checkCgroups,
    { files: { "/proc/mounts": [...v1, unified].join("\n") } },
    "cgroups are hybrid (v1 and v2).",
  ],
  [
    "both, with memory in v2 and the others in v1",
    checkCgroups,
    {
      files: {
        "/proc/mounts": [v1[0], v1[2], unified].join("\n"),
        "/sys/fs/cgroup/unified/cgroup.controllers": "memory\n",
      },
    },
    "cgroups are hybrid (v1 and v2).",
  ],
  [
    "v2 without the memory controller",
    checkCgroups,
    { files: { "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io pids\n" } },
    "cgroups are v2, but there is no controller for memory.",
    /cgroup_enable=memory/,
  ],
  [
    "v1 without two controllers",
    checkCgroups,
    { files: { "/proc/mounts": v1[1]! } },
    "cgroups are v1, but there is no controller for pids, cpu.",
    /Mount cgroup2/,
  ],
  [
    "v1 of a kernel without v2",
    checkCgroups,
    { files: { "/proc/mounts": v1.join("\n"), "/proc/filesystems": "nodev\tcgroup\n" } },
    "cgroups are v1, and this kernel has no v2 beside them.",
    /5\.14/,
  ],
  [
    "no cgroups",
    checkCgroups,
    { files: { "/proc/mounts": "proc /proc proc rw 0 0\n" } },
    "No cgroup file system is mounted: labs cannot be limited.",
    /mount -t cgroup2/,
  ],

  ["Debian's kernel", checkKernel, {}, "Linux 6.1.0-18-amd64 has overlay file systems and loop devices."],
  [
    "an old kernel",
    checkKernel,
    { kernelRelease: "5.10.0-28-amd64" },
    "Linux 5.10.0-28-amd64 is too old.",
    /5\.14/,
  ],
  [
    "a kernel without loop devices and overlays",
    checkKernel,
    { list: () => [], files: { "/proc/filesystems": "" }, programs: { modinfo: { exitCode: 1 } } },
    "The kernel lacks overlay file systems and loop devices.",
    /modprobe/,
  ],
  [
    "an overlay module that is not loaded",
    checkKernel,
    { files: { "/proc/filesystems": "" } },
    "Linux 6.1.0-18-amd64 has overlay file systems and loop devices.",
  ],

  ["all commands", checkCommands, {}, "All host commands are installed."],
  [
    "missing commands",
    checkCommands,
    { exists: (path) => !/crun|iptables/.test(path) },
    "Not installed: crun, iptables.",
    /npm run up/,
  ],

  ["a network", network(false), {}, "The npm registry's name resolves."],
  [
    "no network",
    network(false),
    { resolves: async () => false },
    "The npm registry's name (registry.npmjs.org) does not resolve: there is no network, or no DNS.",
    /connect/,
  ],
  [
    "no network after set-up",
    network(true),
    { resolves: async () => false },
    "The npm registry's name (registry.npmjs.org) does not resolve: there is no network, or no DNS. examctl is set up and runs without it.",
  ],
  [
    "a proxy, behind which registries have no names here",
    network(false),
    {
      env: { NODE_ENV: "test", https_proxy: "http://proxy.example:3128" },
      resolves: async (name) => name === "proxy.example",
    },
    "The proxy's name resolves.",
  ],
  [
    "no npm before set-up",
    network(false),
    { programs: { npm: noPrograms } },
    "npm is not installed.",
    /Install Node with npm/,
  ],
  [
    "no npm after set-up",
    network(true),
    { programs: { npm: noPrograms } },
    "npm is not installed; examctl is set up and runs without it.",
  ],
];

test.each(states)("%s", async (_state, look, facts, sentence, remedy) => {
  const finding = await look(machine(facts));
  expect(finding.sentence).toBe(sentence);
  expect(finding.ok).toBe(remedy === undefined);
  if (remedy) expect(finding.remedy).toMatch(remedy);
  else expect(finding.remedy).toBeUndefined();
});

test("a check that fails itself is told among the others", async () => {
  const broken = machine({
    freeBytes: () => {
      throw new Error("ENOSYS: statfs");
    },
  });
  const { ok, findings } = await examine(setUp, broken);
  expect(ok).toBe(false);
  expect(findings.filter((finding) => !finding.ok)).toEqual([
    { check: "disk", ok: false, sentence: "This could not be looked at: ENOSYS: statfs" },
  ]);
  expect(findings).toHaveLength(10);
});

test("a healthy machine has nothing to mend", async () => {
  const { ok, findings } = await examine(setUp, machine());
  expect(findings.filter((finding) => !finding.ok)).toEqual([]);
  expect(ok).toBe(true);
});
