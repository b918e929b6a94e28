import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestLabd, type TestLabd } from "./testing";

/** What root on a node tries against the host. Each attempt is bounded; each must fail and leave the node usable. */
let labd: TestLabd;
const at = { sandboxId: "hostile", node: "controlplane" };
beforeAll(async () => {
  labd = await startTestLabd();
  await labd.client.call("sandbox.create", {
    sandboxId: at.sandboxId,
    network: { cidr: "172.30.3.0/24", gateway: "172.30.3.1" },
    nodes: [{ name: at.node, interface: "eth0", address: "172.30.3.10/24", mac: "02:42:ac:1e:03:0a" }],
  });
}, 400_000);
afterAll(() => labd.close());

const conflist = JSON.stringify({
  cniVersion: "1.0.0",
  name: "bridge",
  plugins: [
    {
      ...{ type: "bridge", bridge: "cni0", isGateway: true, ipMasq: true },
      ipam: {
        ...{ type: "host-local", ranges: [[{ subnet: "10.244.0.0/24" }]], routes: [{ dst: "0.0.0.0/0" }] },
      },
    },
  ],
});

async function attempt(script: string): Promise<{ exitCode: number; output: string }> {
  const result = await labd.client.call("node.exec", {
    ...at,
    argv: ["bash", "-c", script],
    timeoutMs: 60_000,
  });
  return { exitCode: result.exitCode, output: result.stdout + result.stderr };
}

test.each([
  [
    "the shared images revealed",
    "umount /var/lib/examctl/images && ls /var/lib/examctl/images/* && touch /var/lib/examctl/images/x",
  ],
  [
    "the shared images made writable",
    "mount -o remount,rw,bind /var/lib/examctl/images && touch /var/lib/examctl/images/x",
  ],
  ["clusterd's folder written", "mount -o remount,rw,bind /run/examctl; touch /run/examctl/x"],
  ["the sysrq trigger", "echo h > /proc/sysrq-trigger"],
  ["a kernel setting", "echo 1 > /proc/sys/kernel/panic"],
  ["the core pattern", "echo '|/tmp/x' > /proc/sys/kernel/core_pattern"],
  ["a power state", "echo mem > /dev/.kernel/sys/power/state"],
  ["kernel memory", "head -c 16 /proc/kcore"],
  ["a block device node", "mknod /root/disk b 7 0 && head -c 1 /root/disk"],
  ["a loop device", "truncate -s 1M /root/img && losetup -f /root/img"],
  ["a module", "modprobe dummy"],
  ["the clock", "date -s 2020-01-01"],
  [
    "the host's pid namespace",
    "nsenter --target 1 --pid --mount readlink /proc/self/exe && ls /proc/1/root/work",
  ],
  ["a cgroup of its own", "mkdir /sys/fs/cgroup/free"],
  [
    "a limit of its own raised",
    "mkdir -p /root/cg; mount -t cgroup -o memory none /root/cg && echo 99999999999 > /root/cg/memory.limit_in_bytes",
  ],
  ["leaving its cgroup", "mkdir -p /root/cg2; mount -t cgroup2 none /root/cg2 && mkdir /root/cg2/free"],
  ["the control socket of PID 1", "ls /run/examctl-* /run/examctl/ctl"],
  ["the machine's disks", "mount -t ext4 /dev/vda /mnt"],
  ["a write past its uid range", "chown 70000 /root"],
  ["a socket to the hypervisor", "perl -e 'socket(my $s, 40, 1, 0) or exit 1'"],
  [
    "the same with bits that only a filter looks at",
    "perl -e 'syscall(41, 0x100000028, 1, 0) < 0 and exit 1'",
  ],
  ["a socket for packets past the network stack", "perl -e 'syscall(41, 0x20000002c, 3, 0) < 0 and exit 1'"],
  ["a program in the kernel", "perl -e 'syscall(321, 0, 0, 0) == -1 && $!{ENOSYS} and exit 1'"],
  ["a ring past the filter", "perl -e 'syscall(425, 1, 0) == -1 && $!{ENOSYS} and exit 1'"],
  ["a key of its own", "perl -e 'syscall(250, 0, -3, 1) == -1 && $!{ENOSYS} and exit 1'"],
  ["faults of its own to handle", "perl -e 'syscall(323, 1) == -1 && $!{ENOSYS} and exit 1'"],
  [
    "the machine's counters",
    "perl -e 'my $a = pack q(x120); syscall(298, $a, 0, -1, -1, 0) == -1 && $!{ENOSYS} and exit 1'",
  ],
  [
    "a file by its number",
    "perl -e 'my $h = pack q(x128); syscall(304, -100, $h, 0) == -1 && $!{EPERM} and exit 1'",
  ],
  [
    "a program that runs when a group empties",
    "mkdir -p /root/cg3; mount -t cgroup -o memory,release_agent=/x none /root/cg3",
  ],
  [
    "a hierarchy of control groups of its own",
    "mkdir -p /root/cg4; mount -t cgroup -o none,name=free none /root/cg4",
  ],
  [
    "a group below its own, with all rights of a new namespace",
    "unshare --user --map-root-user --mount --cgroup sh -c 'mount -t cgroup2 none /mnt && mkdir /mnt/free'",
  ],
  [
    "a kernel setting, with all rights of a new namespace",
    "unshare -Urm sh -c 'echo 1 > /proc/sys/vm/drop_caches'",
  ],
  ["a file system over FUSE", "test -c /dev/fuse || mknod /dev/fuse c 10 229"],
  ["the kernel's log", "dmesg || head -c 1 /dev/kmsg"],
  ["the kernel's traces", "mount -t tracefs none /mnt || mount -t debugfs none /mnt"],
  ["how many connections the host follows", "echo 1 > /proc/sys/net/netfilter/nf_conntrack_max"],
  ["the size of the host's table of neighbours", "echo 1 > /proc/sys/net/ipv4/neigh/default/gc_thresh3"],
  ["more of what it may make", "echo 9999 > /proc/sys/user/max_user_namespaces"],
  ["another runtime's socket", "ls /var/run/docker.sock /run/docker.sock /run/podman/podman.sock"],
])("%s is refused", async (_what, script) => {
  const { exitCode, output } = await attempt(script);
  expect(exitCode, output).not.toBe(0);
  expect((await attempt("true")).exitCode).toBe(0);
});

test("of the kernel's settings only those of the node's own namespaces can be written", async () => {
  const { output } = await attempt(
    "find /proc/sys /sys /dev/.kernel/sys -type f -writable 2>/dev/null | grep -v ^/proc/sys/net/",
  );
  const ownNamespaces =
    /^\/proc\/sys\/(fs\/mqueue\/|kernel\/(hostname|domainname|pid_max|ns_last_pid|sem|shm|msg|auto_msgmni))|^\/dev\/\.kernel\/sys\/devices\/virtual\/net\//;
  expect(output.split("\n").filter((path) => path && !ownNamespaces.test(path))).toEqual([]);
});

test("every process of a node runs under the lab's own range of user ids", async () => {
  const { output } = await attempt("cat /proc/self/uid_map /proc/self/gid_map");
  for (const line of output.trim().split("\n")) {
    const [inside, outside, length] = line.trim().split(/\s+/).map(Number);
    expect([inside, length]).toEqual([0, 65_536]);
    expect(outside).toBeGreaterThanOrEqual(0x7000_0000);
  }
});

test("every process of a node runs under the system call filter", async () => {
  const { output } = await attempt("grep -h ^Seccomp: /proc/1/status /proc/self/status");
  expect(output.trim().split("\n")).toEqual(["Seccomp:\t2", "Seccomp:\t2"]);
});

test("nothing outside the lab answers: not the host on any of its addresses, nor what is beyond", async () => {
  const host = createServer((socket) => socket.destroy()).listen(0, "0.0.0.0");
  try {
    await once(host, "listening");
    const { port } = host.address() as AddressInfo;
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const addresses = own.filter(({ family }) => family === "IPv4").map(({ address }) => address);
    // The host itself gets through to each, and a node to what listens in it: the way of asking is a good one.
    for (const address of addresses) await once(connect(port, address), "connect");
    const reach = (to: string[]) =>
      attempt(
        `for to in ${to.join(" ")}; do timeout 3 bash -c "echo > /dev/tcp/$to" && echo "reached $to"; done 2>/dev/null; true`,
      );
    const listens =
      "IO::Socket::INET->new(Listen => 9, LocalPort => 7777) or die; $| = 1; print qq(up); sleep 60";
    await attempt(
      `perl -MIO::Socket::INET -e '$s = ${listens}' >/tmp/up 2>/dev/null & until [ -s /tmp/up ]; do sleep 0.1; done`,
    );
    expect((await reach(["127.0.0.1/7777", "172.30.3.10/7777"])).output).toBe(
      "reached 127.0.0.1/7777\nreached 172.30.3.10/7777\n",
    );
    const outside = [...new Set([...addresses, "172.30.3.1", "192.0.2.1"])];
    expect((await reach(outside.map((address) => `${address}/${port}`))).output).toBe("");
  } finally {
    host.close();
  }
});

/** Pods of the node: one as any student's, and one that the node lets do everything. */
const pods = {
  ordinary: { hostNetwork: false, hostPid: false, privileged: false },
  privileged: { hostNetwork: true, hostPid: true, privileged: true },
};

describe.each(Object.entries(pods))("from a pod as root: %s", (name, { privileged, ...namespaces }) => {
  let containerId: string;
  beforeAll(async () => {
    await labd.client.call("node.writeFiles", {
      ...at,
      files: [
        { path: "/etc/cni/net.d/10-bridge.conflist", content: Buffer.from(conflist).toString("base64") },
      ],
    });
    const pod = { podUid: `uid-${name}`, name, namespace: "default", hostname: name, ...namespaces };
    await labd.client.call("pod.run", { ...at, pod });
    const container = {
      podUid: pod.podUid,
      name: "main",
      image: "debian",
      command: ["sleep", "1000"],
      privileged,
    };
    ({ containerId } = await labd.client.call("container.start", { ...at, container }));
  });
  afterAll(async () => void (await labd.client.call("pod.stop", { ...at, podUid: `uid-${name}` })));

  async function tryInPod(script: string): Promise<{ exitCode: number; output: string }> {
    const argv = ["bash", "-c", script];
    const result = await labd.client.call("container.exec", { ...at, containerId, argv, timeoutMs: 60_000 });
    return { exitCode: result.exitCode, output: result.stdout + result.stderr };
  }

  test.each([
    ["the sysrq trigger", "echo h > /proc/sysrq-trigger"],
    ["a kernel setting", "echo 1 > /proc/sys/kernel/panic"],
    ["the core pattern", "echo '|/tmp/x' > /proc/sys/kernel/core_pattern"],
    ["kernel memory", "head -c 16 /proc/kcore | grep -q ."],
    ["a power state", "mkdir -p /tmp/s; mount -t sysfs none /tmp/s && echo mem > /tmp/s/power/state"],
    ["a block device node", "mknod /tmp/disk b 7 0 && head -c 1 /tmp/disk"],
    ["the machine's disks", "mount -t ext4 /dev/vda /mnt"],
    ["a cgroup of its own", "mkdir /sys/fs/cgroup/free"],
    [
      "a limit of its own raised",
      "mkdir -p /tmp/cg; mount -t cgroup -o memory none /tmp/cg && echo 99999999999 > /tmp/cg/memory.limit_in_bytes",
    ],
    ["the shared images written", "touch /proc/1/root/var/lib/examctl/images/x /var/lib/examctl/images/x"],
    ["labd's socket", "find / -xdev -name labd.sock -o -xdev -name 'examctl-ctl*' 2>/dev/null | grep -q ."],
    ["a write past its uid range", "chown 70000 /root"],
    ["a program in the kernel", "perl -e 'syscall(321, 0, 0, 0) == -1 && $!{ENOSYS} and exit 1'"],
    ["a ring past the filter", "perl -e 'syscall(425, 1, 0) == -1 && $!{ENOSYS} and exit 1'"],
    ["a socket to the hypervisor", "perl -e 'syscall(41, 0x100000028, 1, 0) < 0 and exit 1'"],
    ["more of what it may make", "echo 9999 > /proc/sys/user/max_user_namespaces"],
    ["a module", "perl -e 'my $o = q(); syscall(313, 0, $o, 0) == -1 && $!{EPERM} and exit 1'"],
    ["the clock", "date -s 2020-01-01"],
    [
      "a group below its own, with all rights of a new namespace",
      "unshare --user --map-root-user --mount --cgroup sh -c 'mount -t cgroup2 none /mnt && mkdir /mnt/free'",
    ],
    ["another runtime's socket", "find / -xdev -name docker.sock -o -xdev -name podman.sock | grep -q ."],
  ])("%s is refused", async (_what, script) => {
    const { exitCode, output } = await tryInPod(script);
    expect(exitCode, output).not.toBe(0);
    expect((await tryInPod("true")).exitCode).toBe(0);
  });

  test("its root is the lab's, and the system call filter is on", async () => {
    const { output } = await tryInPod("cat /proc/self/uid_map; grep ^Seccomp: /proc/self/status");
    const [map = "", seccomp] = output.trim().split("\n");
    expect(Number(map.trim().split(/\s+/)[1])).toBeGreaterThanOrEqual(0x7000_0000);
    expect(seccomp).toBe("Seccomp:\t2");
  });

  test("the host answers on none of its addresses", async () => {
    const host = createServer((socket) => socket.destroy()).listen(0, "0.0.0.0");
    try {
      await once(host, "listening");
      const { port } = host.address() as AddressInfo;
      const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
      const addresses = own.filter(({ family }) => family === "IPv4").map(({ address }) => address);
      const script = [...new Set([...addresses, "172.30.3.1"])].map(
        (address) =>
          `(timeout 3 bash -c "echo > /dev/tcp/${address}/${port}" && echo "reached ${address}") 2>/dev/null &`,
      );
      expect((await tryInPod([...script, "wait"].join("\n"))).output).toBe("");
    } finally {
      host.close();
    }
  });

  test.runIf(name === "ordinary")("what is its node's stays its node's", async () => {
    for (const script of [
      "mount -t tmpfs none /mnt",
      "unshare --mount true",
      "nsenter --target 1 --net true",
      "mount -o remount,rw /sys",
      "ls /proc/1/root/etc/kubernetes",
      "ip link add dummy0 type dummy",
    ]) {
      const { exitCode, output } = await tryInPod(script);
      expect(exitCode, `${script}: ${output}`).not.toBe(0);
    }
  });
});

test("a fork bomb ends at the lab's limit and another lab does not notice", async () => {
  await labd.client.call("sandbox.create", {
    sandboxId: "neighbour",
    network: { cidr: "172.30.3.0/24", gateway: "172.30.3.1" },
    nodes: [{ name: "controlplane", interface: "eth0", address: "172.30.3.10/24", mac: "02:42:ac:1e:03:0a" }],
  });
  try {
    const bomb = labd.client.call("node.exec", {
      ...at,
      argv: ["bash", "-c", "bomb() { bomb | bomb & }; bomb; sleep 20"],
      timeoutMs: 30_000,
    });
    // The bomb meets its limit: nothing more starts where it is, and all the while everything starts next door.
    await expect
      // Its limit is met in bursts: what looks seldom may find room each time.
      .poll(() => attempt("true").then(({ exitCode, output }) => `${exitCode} ${output}`, String), {
        interval: 20,
      })
      .toMatch(/Resource temporarily unavailable|limit|fork|did not answer/i);
    for (let turn = 0; turn < 10; turn++)
      expect(
        await labd.client.call("node.exec", {
          ...{
            sandboxId: "neighbour",
            node: "controlplane",
            argv: ["sh", "-c", "for n in 1 2 3; do sleep 0 & done; wait"],
          },
        }),
      ).toMatchObject({ exitCode: 0, stderr: "" });
    await bomb.catch(() => undefined);
  } finally {
    await labd.client.call("sandbox.destroy", { sandboxId: "neighbour" });
  }
  await labd.client.call("sandbox.destroy", { sandboxId: at.sandboxId });
  expect((await labd.client.call("sandbox.list", {})).sandboxes).toEqual([]);
});
