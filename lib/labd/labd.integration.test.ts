import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import type { Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestLabd, type TestLabd } from "./testing";

/** One labd for the file; each test makes sandboxes of its own and removes them. */
let labd: TestLabd;
beforeAll(async () => {
  labd = await startTestLabd();
}, 400_000);
afterAll(() => labd.close());

const network = { cidr: "172.30.1.0/24", gateway: "172.30.1.1" };
const nodes = [
  { name: "controlplane", interface: "ens3", address: "172.30.1.10/24", mac: "02:42:ac:1e:01:0a" },
  { name: "node01", interface: "enp1s0", address: "172.30.1.11/24", mac: "02:42:ac:1e:01:0b" },
];

let count = 0;
async function withSandbox(work: (sandboxId: string) => Promise<void>): Promise<void> {
  const sandboxId = `test-${++count}`;
  await labd.client.call("sandbox.create", { sandboxId, network, nodes });
  try {
    await work(sandboxId);
  } finally {
    await labd.client.call("sandbox.destroy", { sandboxId });
  }
}

async function run(sandboxId: string, node: string, ...argv: string[]): Promise<string> {
  const result = await labd.client.call("node.exec", { sandboxId, node, argv });
  if (result.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${result.exitCode} ${result.stderr}`);
  return result.stdout;
}

function hostCommand(...argv: string[]): string {
  return execFileSync(argv[0]!, argv.slice(1), { encoding: "utf8" });
}

/**
 * What a sandbox could leave behind, as the host and labd's own mount namespace see it. Only what is this labd's, or
 * nobody's: others may run on the same machine.
 */
function traces(): Record<string, string[]> {
  const inLabd = (...argv: string[]) =>
    hostCommand("nsenter", `--mount=/proc/${labd.pid()}/ns/mnt`, "--", ...argv);
  const lines = (text: string) => text.split("\n").filter(Boolean).sort();
  const claims = new Map(
    readdirSync("/run/examctl-slots").map((number) => [
      `examctl-${number}`,
      readFileSync(`/run/examctl-slots/${number}`, "utf8"),
    ]),
  );
  const oursOrNobodys = (name: string) => claims.get(name)?.startsWith(labd.dataDir) ?? true;
  return {
    processes: processesOf(basename(labd.runDir)),
    mounts: lines(inLabd("cat", "/proc/mounts")).filter((line) =>
      [labd.runDir, labd.dataDir, "/run/netns/examctl-"].some((place) => line.includes(place)),
    ),
    namespaces: readdirSync("/run/netns").filter(oursOrNobodys),
    links: lines(hostCommand("ip", "-o", "link"))
      .map((line) => line.split(":")[1]!.trim())
      .filter((link) => /^(port\d|lab\d|veth)/.test(link)),
    loops: lines(hostCommand("losetup", "--list", "--noheadings", "--output", "BACK-FILE")).filter((file) =>
      file.includes(labd.dataDir),
    ),
    groups: lines(inLabd("find", "/sys/fs/cgroup", join(labd.runDir, "cgroup"), "-type", "d")).filter(
      (path) => `${path}/`.includes(`/examctl-${basename(labd.runDir)}/`),
    ),
    slots: [...claims.values()].filter((owner) => owner.startsWith(labd.dataDir)),
    files: lines(hostCommand("find", labd.dataDir, labd.runDir, "-mindepth", "1", "-not", "-type", "s")),
  };
}

/** Live processes in a control group of that name. */
function processesOf(group: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const zombie = /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
      return !zombie && readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(`examctl-${group}/`);
    } catch {
      return false; // ended meanwhile
    }
  });
}

/** Everything that arrives until `done` says enough; fails when the stream ends before. */
function readUntil(socket: Socket, done: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const onData = (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (!done(text)) return;
      socket.off("data", onData);
      resolve(text);
    };
    socket.on("data", onData);
    socket.once("close", () => reject(new Error(`stream ended after: ${text}`)));
    socket.resume();
  });
}

test("a sandbox has the asked-for nodes, and its destruction leaves nothing", async () => {
  await withSandbox(async () => undefined); // what a first sandbox makes for all (disk template, parent groups)
  const before = traces();
  await withSandbox(async (sandboxId) => {
    expect(traces().mounts!.length).toBeGreaterThan(before.mounts!.length);
    const state = await labd.client.call("sandbox.get", { sandboxId });
    expect(state.nodes).toEqual(nodes.map((node) => ({ ...node, state: "running" })));
    for (const { name, interface: link, address, mac } of nodes) {
      const shown = await run(sandboxId, name, "ip", "-o", "address", "show", "dev", link);
      expect(shown).toContain(`inet ${address} brd 172.30.1.255`);
      expect(await run(sandboxId, name, "cat", `/sys/class/net/${link}/address`)).toBe(`${mac}\n`);
      expect(await run(sandboxId, name, "hostname")).toBe(`${name}\n`);
      expect(await run(sandboxId, name, "ip", "route", "show", "default")).toBe(
        `default via 172.30.1.1 dev ${link} \n`,
      );
    }
    await run(sandboxId, "controlplane", "ping", "-c1", "-W2", "node01");
    await run(sandboxId, "node01", "ping", "-c1", "-W2", "172.30.1.1");
    const usage = await labd.client.call("sandbox.usage", { sandboxId });
    expect(usage.processes).toBeGreaterThanOrEqual(2);
    expect(usage.pssBytes).toBeGreaterThan(0);
  });
  expect(traces()).toEqual(before);
});

test("two sandboxes with the same addresses do not see each other, and have uid ranges of their own", async () => {
  await withSandbox((one) =>
    withSandbox(async (other) => {
      await run(one, "controlplane", "ip", "address", "add", "172.30.1.77/24", "dev", "ens3");
      await run(one, "node01", "ping", "-c1", "-W2", "172.30.1.77");
      await expect(run(other, "node01", "ping", "-c1", "-W1", "172.30.1.77")).rejects.toThrow("1 ");
      const ranges = await Promise.all(
        [one, other].map((id) => run(id, "node01", "cat", "/proc/self/uid_map")),
      );
      const [first, second] = ranges.map((text) => Number(text.trim().split(/\s+/)[1]));
      expect(Math.abs(first! - second!)).toBeGreaterThanOrEqual(65_536);
    }),
  );
});

test("a creation that fails half-way is unwound and the id is free again", async () => {
  const before = traces();
  const broken = [nodes[0]!, { ...nodes[1]!, interface: "." }];
  await expect(
    labd.client.call("sandbox.create", { sandboxId: "broken", network, nodes: broken }),
  ).rejects.toThrow();
  expect(traces()).toEqual(before);
  await labd.client.call("sandbox.create", { sandboxId: "broken", network, nodes });
  await expect(
    labd.client.call("sandbox.create", { sandboxId: "broken", network, nodes }),
  ).rejects.toMatchObject({ code: "conflict" });
  await labd.client.call("sandbox.destroy", { sandboxId: "broken" });
  await labd.client.call("sandbox.destroy", { sandboxId: "broken" });
});

test("files are written and read inside the node, and links in it never lead to the host", async () => {
  await withSandbox(async (sandboxId) => {
    const at = { sandboxId, node: "controlplane" };
    const marker = "/tmp/examctl-marker-of-the-host";
    const file = (path: string, text: string) => ({
      path,
      content: Buffer.from(text).toString("base64"),
      mode: 0o600,
    });
    await run(sandboxId, "controlplane", "ln", "-s", "/tmp", "/srv/out");
    await labd.client.call("node.writeFiles", {
      ...at,
      files: [file("/srv/out/examctl-marker-of-the-host", "x"), file("/opt/a/b/c", "deep")],
    });
    expect(() => readFileSync(marker)).toThrow("ENOENT");
    const deep = await labd.client.call("node.readFile", { ...at, path: "/opt/a/b/c" });
    expect(deep).toEqual({ content: Buffer.from("deep").toString("base64"), mode: 0o600, sizeBytes: 4 });
    await run(sandboxId, "controlplane", "ln", "-s", "/../../../../../../etc/hostname", "/srv/name");
    const name = await labd.client.call("node.readFile", { ...at, path: "/srv/name" });
    expect(Buffer.from(name.content, "base64").toString()).toBe("controlplane\n");
    await expect(labd.client.call("node.readFile", { ...at, path: "/nothing" })).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(labd.client.call("node.readFile", { ...at, path: "/etc" })).rejects.toMatchObject({
      code: "invalid",
    });
  });
});

test("a node sees no mount of the host beyond its own and cannot write what is read-only", async () => {
  await withSandbox(async (sandboxId) => {
    const mounts = (await run(sandboxId, "node01", "cat", "/proc/self/mountinfo"))
      .split("\n")
      .filter(Boolean);
    const targets = mounts.map((line) => line.split(" ")[4]!);
    const own = /^\/($|proc$|dev(\/|$)|sys(\/|$)|run(\/examctl)?$|var\/lib\/(containerd|examctl\/images)$)/;
    expect(targets.filter((target) => !own.test(target))).toEqual([]);
    for (const path of ["/run/examctl/x", "/var/lib/examctl/images/x", "/sys/fs/cgroup/x"])
      await expect(run(sandboxId, "node01", "mkdir", path)).rejects.toThrow(/Read-only|Permission/);
    await expect(run(sandboxId, "node01", "mknod", "/root/disk", "b", "7", "0")).rejects.toThrow(
      "not permitted",
    );
  });
});

test("commands: exit code, both outputs, input, deadline, cut output", async () => {
  await withSandbox(async (sandboxId) => {
    const exec = (argv: string[], more: object = {}) =>
      labd.client.call("node.exec", { sandboxId, node: "controlplane", argv, ...more });
    expect(await exec(["sh", "-c", "echo out; echo err >&2; exit 3"])).toMatchObject({
      exitCode: 3,
      stdout: "out\n",
      stderr: "err\n",
      timedOut: false,
    });
    const input = Buffer.alloc(300_000, "abc\n");
    expect(await exec(["wc", "-c"], { stdin: input.toString("base64") })).toMatchObject({
      stdout: "300000\n",
    });
    expect(await exec(["sleep", "60"], { timeoutMs: 100 })).toMatchObject({ timedOut: true, exitCode: 137 });
    expect(await exec(["seq", "100000"], { outputBytesMax: 100 })).toMatchObject({
      truncated: true,
      exitCode: 0,
    });
    expect((await exec(["printenv", "A"], { env: { A: "ü" } })).stdout).toBe("ü\n");
    expect(await exec(["/no/such/program"])).toMatchObject({ exitCode: 127 });
  });
});

test("dial reaches what listens in the node, and a socket in the shared folder is reachable from it", async () => {
  await withSandbox(async (sandboxId) => {
    const at = { sandboxId, node: "controlplane" };
    const { socket: listener } = await labd.client.open("exec", {
      ...at,
      argv: ["socat", "-dd", "-u", "TCP-LISTEN:7000", "STDOUT"],
    });
    await readUntil(listener, (text) => text.includes("listening on"));
    const { socket } = await labd.client.open("dial", { ...at, address: "127.0.0.1:7000" });
    socket.write("hello from outside\n");
    await readUntil(listener, (text) => text.includes("hello from outside"));
    socket.destroy();
    listener.destroy();
    await expect(labd.client.open("dial", { ...at, address: "127.0.0.1:1" })).rejects.toMatchObject({
      code: "unavailable",
    });

    const api = join(labd.runDir, "labs", sandboxId, "api");
    mkdirSync(api, { recursive: true });
    const server = createServer((client) => client.end("from clusterd\n"));
    await new Promise<void>((resolve) => server.listen(join(api, "api.sock"), resolve));
    hostCommand("chmod", "0666", join(api, "api.sock"));
    expect(await run(sandboxId, "controlplane", "nc", "-U", "/run/examctl/api.sock")).toBe("from clusterd\n");
    await new Promise((resolve) => server.close(resolve));
  });
});

test("a shell outlives a labd that is killed, at the byte where its reader left", async () => {
  await withSandbox(async (sandboxId) => {
    const at = { sandboxId, node: "controlplane" };
    const first = await labd.client.open("shell", { ...at, shellId: "s1", cols: 100, rows: 30 });
    expect(first.reply).toEqual({ offset: 0, created: true });
    first.socket.write("stty size; MARK=kept; echo here-$MARK\n");
    const seen = await readUntil(first.socket, (text) => text.includes("here-kept"));
    expect(seen).toContain("root@controlplane:~# ");
    expect(seen).toContain("30 100");
    const pid = (await run(sandboxId, "controlplane", "pgrep", "-f", "bash --login")).trim();
    await labd.kill();
    await labd.restart();
    const states = (await labd.client.call("sandbox.list", {})).sandboxes;
    expect(states.map((state) => [state.sandboxId, state.state])).toEqual([[sandboxId, "running"]]);
    const again = await labd.client.open("shell", {
      ...at,
      shellId: "s1",
      fromOffset: Buffer.byteLength(seen),
    });
    expect(again.reply).toEqual({ offset: Buffer.byteLength(seen), created: false });
    again.socket.write("echo $((6*7))-$MARK\n");
    await readUntil(again.socket, (text) => text.includes("42-kept"));
    expect((await run(sandboxId, "controlplane", "pgrep", "-f", "bash --login")).trim()).toBe(pid);
    await labd.client.call("shell.resize", { ...at, shellId: "s1", cols: 77, rows: 20 });
    again.socket.write("stty size\n");
    await readUntil(again.socket, (text) => text.includes("20 77"));
    again.socket.write("exit 4\n");
    await new Promise((resolve) => again.socket.resume().once("close", resolve));
    expect(await labd.client.call("shell.list", at)).toEqual({
      shells: [{ shellId: "s1", running: false, exitCode: 4 }],
    });
    await labd.client.call("shell.close", { ...at, shellId: "s1" });
    expect(await labd.client.call("shell.list", at)).toEqual({ shells: [] });
  });
});

test("a labd that is killed while it makes a sandbox leaves nothing after the next start", async () => {
  const before = traces();
  const creating = labd.client
    .call("sandbox.create", { sandboxId: "interrupted", network, nodes })
    .catch(() => undefined);
  await expect
    .poll(() => hostCommand("ls", join(labd.dataDir, "labs")), { interval: 1 })
    .toContain("interrupted");
  await labd.kill();
  await creating;
  await labd.restart();
  expect((await labd.client.call("sandbox.list", {})).sandboxes).toEqual([]);
  expect(traces()).toEqual(before);
});

test("a sandbox cannot take more processes or disk than its limits, and goes on", async () => {
  const limits = { pids: 60, diskBytes: 64 << 20, memoryBytes: 96 << 20 };
  await labd.client.call("sandbox.create", { sandboxId: "limited", network, nodes, limits });
  try {
    const at = { sandboxId: "limited", node: "controlplane" };
    const many = "for n in $(seq 200); do sleep 300 & done; wait";
    const forks = await labd.client.call("node.exec", {
      ...at,
      argv: ["bash", "-c", many],
      timeoutMs: 10_000,
    });
    expect(forks.stderr).toContain("Resource temporarily unavailable");
    await expect
      .poll(() => run("limited", "controlplane", "echo", "room again").catch(String))
      .toBe("room again\n");
    const disk = await labd.client.call("node.exec", {
      ...at,
      argv: ["dd", "if=/dev/zero", "of=/big", "bs=1M", "count=200"],
    });
    expect(disk.stderr).toContain("No space left on device");
    const memory = await labd.client.call("node.exec", {
      ...at,
      argv: ["sh", "-c", "tail -c 200M /dev/zero | tail"],
    });
    expect(memory.exitCode).toBe(137);
    expect(await run("limited", "controlplane", "hostname")).toBe("controlplane\n");
    expect(await run("limited", "node01", "hostname")).toBe("node01\n");
  } finally {
    await labd.client.call("sandbox.destroy", { sandboxId: "limited" });
  }
});

test("rules load with iptables-legacy, 500 at once", async () => {
  await withSandbox(async (sandboxId) => {
    const lines = Array.from(
      { length: 500 },
      (_, n) =>
        `-A KUBE-SERVICES -d 10.96.${n >> 8}.${n & 255}/32 -p tcp -m comment --comment "ns/svc-${n}" -m tcp --dport 80 -j KUBE-MARK-MASQ`,
    );
    const rules = ["*nat", ":KUBE-SERVICES - [0:0]", ":KUBE-MARK-MASQ - [0:0]", ...lines, "COMMIT", ""].join(
      "\n",
    );
    await labd.client.call("node.restoreRules", { sandboxId, node: "node01", rules });
    const saved = await run(sandboxId, "node01", "iptables-save", "-t", "nat");
    expect(saved.match(/-A KUBE-SERVICES/g)).toHaveLength(500);
    expect(await run(sandboxId, "node01", "iptables", "--version")).toContain("(legacy)");
    await expect(
      labd.client.call("node.restoreRules", {
        sandboxId,
        node: "node01",
        rules: "*nat\n-A NOPE -j X\nCOMMIT\n",
      }),
    ).rejects.toThrow("iptables");
  });
});
