import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Socket } from "node:net";
import type { ContainerSpec, ContainerStatus } from "@/lib/contract/labd";
import { FrameReader, encodeFrame } from "@/lib/sandbox/frames";
import { startTestLabd, type TestLabd } from "./testing";

/** One sandbox for the file, with a bridge network on each node; each test makes pods of its own. */
let labd: TestLabd;
const sandboxId = "pods";
const nodes = ["controlplane", "node01"];
const at = (node = "controlplane") => ({ sandboxId, node });

const conflist = (node: number) =>
  JSON.stringify({
    cniVersion: "1.0.0",
    name: "testnet",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        ipMasq: true,
        ipam: {
          type: "host-local",
          ranges: [[{ subnet: `10.244.${node}.0/24` }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  });

beforeAll(async () => {
  labd = await startTestLabd();
  await labd.client.call("sandbox.create", {
    sandboxId,
    network: { cidr: "172.30.2.0/24", gateway: "172.30.2.1" },
    nodes: nodes.map((name, index) => ({
      name,
      interface: "eth0",
      address: `172.30.2.${10 + index}/24`,
      mac: `02:42:ac:1e:02:0${index}`,
    })),
  });
}, 400_000);
afterAll(() => labd.close());

beforeEach(async () => {
  for (const [index, node] of nodes.entries())
    await write(node, "/etc/cni/net.d/10-test.conflist", conflist(index));
});

async function write(node: string, path: string, text: string): Promise<void> {
  await labd.client.call("node.writeFiles", {
    ...at(node),
    files: [{ path, content: Buffer.from(text).toString("base64") }],
  });
}

async function run(node: string, ...argv: string[]): Promise<string> {
  const result = await labd.client.call("node.exec", { ...at(node), argv });
  if (result.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${result.exitCode} ${result.stderr}`);
  return result.stdout;
}

let count = 0;
async function withPod(
  options: { node?: string; hostNetwork?: boolean; [key: string]: unknown },
  work: (pod: { podUid: string; ip: string; name: string }) => Promise<void>,
): Promise<void> {
  const { node, ...spec } = options;
  const name = `pod-${++count}`;
  const podUid = `uid-${name}`;
  const { ips } = await labd.client.call("pod.run", {
    ...at(node),
    pod: { podUid, name, namespace: "default", hostname: name, ...spec },
  });
  try {
    await work({ podUid, ip: ips[0] ?? "", name });
  } finally {
    await labd.client.call("pod.stop", { ...at(node), podUid });
  }
}

function start(podUid: string, container: Partial<ContainerSpec>, node?: string): Promise<ContainerStatus> {
  return labd.client.call("container.start", {
    ...at(node),
    container: { podUid, name: "main", image: "busybox:1.28", ...container },
  });
}

async function status(containerId: string, node?: string): Promise<ContainerStatus> {
  const { containers } = await labd.client.call("pod.list", at(node));
  return containers.find((container) => container.containerId === containerId)!;
}

async function exited(containerId: string): Promise<ContainerStatus> {
  let revision = 0;
  for (;;) {
    const now = await status(containerId);
    if (now.state === "exited") return now;
    ({ revision } = await labd.client.call("node.events", { ...at(), revision, timeoutMs: 5000 }));
  }
}

function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
    socket.resume();
  });
}

async function log(containerId: string, options: object = {}): Promise<string[]> {
  const { socket } = await labd.client.open("log", { ...at(), containerId, ...options });
  return (await readAll(socket)).split("\n").filter(Boolean);
}

test("a pod on the bridge network is reached from its node, and leaves no trace when it is stopped", async () => {
  const namespaces = () =>
    run(
      "controlplane",
      "sh",
      "-c",
      "ip netns list; ls /run/containerd/*/* /run/crun; ip -o link | grep -c veth || true",
    );
  await withPod({}, async () => undefined); // the bridge stays after the first
  const before = await namespaces();
  await withPod({}, async ({ podUid, ip }) => {
    expect(ip).toMatch(/^10\.244\.0\.\d+$/);
    await run("controlplane", "ping", "-c1", "-W2", ip);
    const web = await start(podUid, { command: ["httpd", "-f", "-p", "80", "-h", "/etc"] });
    expect(web).toMatchObject({ state: "running", image: "docker.io/library/busybox:1.28" });
    expect(
      await run("controlplane", "curl", "-s", "--retry", "5", "--retry-connrefused", `http://${ip}/passwd`),
    ).toContain("root:x:0:0");
    const { socket } = await labd.client.open("dial", { ...at(), podUid, address: "127.0.0.1:80" });
    socket.write("GET /passwd HTTP/1.0\r\n\r\n");
    expect(await readAll(socket)).toContain("200 OK");
    expect((await run("controlplane", "ls", "/var/log/pods")).split("\n")).toContain(
      `default_pod-${count}_${podUid}`,
    );
  });
  expect(await namespaces()).toBe(before);
});

test("without a CNI configuration a pod fails with the kubelet's words, and one on the host's network runs", async () => {
  await run("node01", "rm", "/etc/cni/net.d/10-test.conflist");
  await expect(withPod({ node: "node01" }, async () => undefined)).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(
      /^failed to setup network for sandbox "[0-9a-f]{64}": cni plugin not initialized$/,
    ),
  });
  await withPod({ node: "node01", hostNetwork: true }, async ({ podUid, ip }) => {
    expect(ip).toBe("");
    const { containerId } = await start(podUid, { command: ["sleep", "100"] }, "node01");
    const seen = await labd.client.call("container.exec", {
      ...at("node01"),
      containerId,
      argv: ["sh", "-c", "hostname; ip -4 -o addr; cat /etc/hosts"],
    });
    expect(seen.stdout).toMatch(/^node01\n/);
    expect(seen.stdout).toContain("172.30.2.11/24");
    expect(seen.stdout).toContain("172.30.2.10 controlplane");
  });
});

test("a plugin that is missing or fails is named as libcni names it", async () => {
  const list = (type: string, more = {}) =>
    JSON.stringify({ cniVersion: "1.0.0", name: "n", plugins: [{ type, name: "own", ...more }] });
  await write("controlplane", "/etc/cni/net.d/10-test.conflist", list("nosuch"));
  await expect(withPod({}, async () => undefined)).rejects.toThrow(
    'plugin type="nosuch" name="own" failed (add): failed to find plugin "nosuch" in path [/opt/cni/bin]',
  );
  await write(
    "controlplane",
    "/etc/cni/net.d/10-test.conflist",
    list("bridge", { ipam: { type: "host-local" } }),
  );
  await expect(withPod({}, async () => undefined)).rejects.toThrow(
    /plugin type="bridge" name="own" failed \(add\): .*no IP ranges specified/,
  );
  expect((await labd.client.call("pod.list", at())).pods).toEqual([]);
});

test("a container's life: output in the log, exit code, restart as a new attempt, removal", async () => {
  await withPod({}, async ({ podUid, name }) => {
    const first = await start(podUid, { command: ["sh", "-c", "echo out; echo err >&2; exit 7"] });
    expect(await exited(first.containerId)).toMatchObject({ exitCode: 7, reason: "Error", attempt: 0 });
    const lines = await log(first.containerId);
    expect(lines.map((line) => line.replace(/^\S+ /, "")).sort()).toEqual(["stderr F err", "stdout F out"]);
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(Z|\+00:00) /);
    const second = await start(podUid, { attempt: 1, command: ["true"] });
    expect(await exited(second.containerId)).toMatchObject({ exitCode: 0, reason: "Completed", attempt: 1 });
    const files = await run("controlplane", "ls", `/var/log/pods/default_${name}_${podUid}/main`);
    expect(files).toBe("0.log\n1.log\n");
    await labd.client.call("container.remove", { ...at(), containerId: first.containerId });
    expect(await status(first.containerId)).toBeUndefined();
  });
});

test("stop asks first and kills after the grace period", async () => {
  await withPod({}, async ({ podUid }) => {
    const polite = await start(podUid, {
      name: "polite",
      command: ["sh", "-c", "trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done"],
    });
    const deaf = await start(podUid, {
      name: "deaf",
      command: ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"],
    });
    for (const { containerId } of [polite, deaf]) await expect.poll(() => log(containerId)).toHaveLength(1);
    const stop = (containerId: string, graceMs: number) =>
      labd.client.call("container.stop", { ...at(), containerId, graceMs });
    expect(await stop(polite.containerId, 60_000)).toMatchObject({ state: "exited", exitCode: 3 });
    await expect(
      labd.client.call("container.remove", { ...at(), containerId: deaf.containerId }),
    ).rejects.toMatchObject({ code: "conflict" });
    expect(await stop(deaf.containerId, 100)).toMatchObject({ state: "exited", exitCode: 137 });
  });
});

test("exec: in the container's root, with its environment, a terminal and the runtime's own errors", async () => {
  await withPod(
    {
      hostAliases: [{ ip: "1.2.3.4", hostnames: ["foo", "bar"] }],
      dns: { servers: ["10.96.0.10"], searches: ["default.svc.cluster.local"], options: ["ndots:5"] },
    },
    async ({ podUid, name, ip }) => {
      await write("controlplane", "/srv/data/file", "from the node");
      const { containerId } = await start(podUid, {
        command: ["sleep", "100"],
        env: [{ name: "COLOR", value: "blue" }],
        workingDir: "/tmp",
        mounts: [{ source: "/srv/data", target: "/data", readOnly: true }],
      });
      const exec = (...argv: string[]) => labd.client.call("container.exec", { ...at(), containerId, argv });
      expect(
        (await exec("sh", "-c", "pwd; echo $COLOR; hostname; cat /data/file; touch /data/x || echo refused"))
          .stdout,
      ).toBe(`/tmp\nblue\n${name}\nfrom the noderefused\n`);
      expect((await exec("cat", "/etc/resolv.conf")).stdout).toBe(
        "search default.svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
      );
      const hosts = (await exec("cat", "/etc/hosts")).stdout;
      expect(hosts).toContain(`${ip}\t${name}\n`);
      expect(hosts).toContain("1.2.3.4\tfoo\tbar\n");
      expect((await exec("sh", "-c", "exit 9")).exitCode).toBe(9);
      const missing = await exec("nosuchprogram");
      expect(missing.exitCode).not.toBe(0);
      expect(missing.stderr).toContain("nosuchprogram");

      const { socket } = await labd.client.open("exec", {
        ...at(),
        containerId,
        argv: ["sh"],
        tty: true,
        stdin: true,
        cols: 91,
        rows: 23,
      });
      const reader = new FrameReader();
      let screen = "";
      let exit = "";
      socket.on("data", (chunk: Buffer) => {
        for (const frame of reader.push(chunk))
          if (frame.channel === 1) screen += frame.payload.toString();
          else if (frame.channel === 3) exit = frame.payload.toString();
      });
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.resume();
      socket.write(encodeFrame(0, Buffer.from("stty size; tty; exit 5\n")));
      await closed;
      expect(screen).toContain("23 91");
      expect(screen).toContain("/dev/pts/");
      expect(JSON.parse(exit)).toEqual({ exitCode: 5 });
    },
  );
});

test("unknown images and programs fail as they do on a real node", async () => {
  await expect(labd.client.call("image.pull", { ...at(), image: "nosuch/image:1" })).rejects.toMatchObject({
    code: "not-found",
    message: expect.stringContaining('failed to resolve reference "docker.io/nosuch/image:1"'),
  });
  const pulled = await labd.client.call("image.pull", {
    ...at(),
    image: "registry.k8s.io/kube-apiserver:v1.34.5",
  });
  expect(pulled.sizeBytes).toBeGreaterThan(0);
  await withPod({}, async ({ podUid }) => {
    expect(await start(podUid, { command: ["nosuchprogram"] })).toMatchObject({
      state: "exited",
      exitCode: 128,
      reason: "StartError",
      message: expect.stringContaining('exec: "nosuchprogram": executable file not found in $PATH') as string,
    });
    // It is there as one that has ended, and gone with its pod.
    expect((await labd.client.call("pod.list", at())).containers).toHaveLength(1);
  });
  expect((await labd.client.call("pod.list", at())).containers).toEqual([]);
});

test("nginx serves its page and logs to where the kubelet looks", async () => {
  await withPod({}, async ({ podUid, ip }) => {
    const { containerId } = await start(podUid, { image: "nginx:1.29" });
    const page = await run(
      "controlplane",
      "curl",
      "-s",
      "--retry",
      "5",
      "--retry-connrefused",
      `http://${ip}/`,
    );
    expect(page).toContain("Welcome to nginx!");
    expect((await log(containerId)).join("\n")).toContain("GET / HTTP/1.1");
  });
});

test("a container over its memory limit is killed for it, and its neighbour goes on", async () => {
  await withPod({}, async ({ podUid }) => {
    const neighbour = await start(podUid, { name: "neighbour", command: ["sleep", "100"] });
    const greedy = await start(podUid, {
      name: "greedy",
      memoryBytes: 16 << 20,
      cpuMillis: 500,
      command: ["sh", "-c", "sleep 0.2; exec dd if=/dev/zero of=/dev/null bs=100M count=2"],
    });
    expect(await exited(greedy.containerId)).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
    expect(await status(neighbour.containerId)).toMatchObject({ state: "running" });
  });
});

test("a log is followed to the container's end", async () => {
  await withPod({}, async ({ podUid }) => {
    const { containerId } = await start(podUid, {
      command: ["sh", "-c", "for i in 1 2 3; do echo line-$i; sleep 0.1; done"],
    });
    const lines = await log(containerId, { follow: true });
    expect(lines.map((line) => line.split(" ").at(-1))).toEqual(["line-1", "line-2", "line-3"]);
    expect((await log(containerId, { tailLines: 1 })).map((line) => line.split(" ").at(-1))).toEqual([
      "line-3",
    ]);
  });
});

test("pods and containers are known again after labd was killed, and what ended meanwhile is seen", async () => {
  await withPod({}, async ({ podUid, ip }) => {
    const lasting = await start(podUid, { name: "lasting", command: ["sleep", "1000"] });
    const ending = await start(podUid, {
      name: "ending",
      command: ["sh", "-c", "read line; exit 4"],
      stdin: true,
    });
    await labd.kill();
    await labd.restart();
    const { pods } = await labd.client.call("pod.list", at());
    expect(pods).toMatchObject([{ podUid, state: "ready", ips: [ip] }]);
    expect(await status(lasting.containerId)).toMatchObject({ state: "running", pid: lasting.pid });
    await run("controlplane", "kill", "-9", String(ending.pid));
    expect(await exited(ending.containerId)).toMatchObject({ exitCode: 137 });
  });
});

test("a node that is rebooted comes back with its disk and address, and its pods are started anew", async () => {
  const podUid = "uid-rebooted";
  const pod = { podUid, name: "rebooted", namespace: "default", hostname: "rebooted" };
  await labd.client.call("pod.run", { ...at("node01"), pod });
  const { containerId } = await start(podUid, { command: ["sleep", "100"] }, "node01");
  await write("node01", "/root/kept", "kept");
  await run("node01", "touch", "/run/gone");
  await labd.client
    .call("node.exec", { ...at("node01"), argv: ["kill", "-TERM", "1"] })
    .catch(() => undefined);
  const look = "test ! -e /run/gone; cat /root/kept; ip -4 -o address show eth0";
  await expect.poll(() => run("node01", "sh", "-ec", look).catch(() => "")).toMatch(/kept.*172\.30\.2\.11/s);
  expect(await status(containerId, "node01")).toMatchObject({ state: "exited", reason: "Unknown" });
  await labd.client.call("pod.stop", { ...at("node01"), podUid });
  await withPod({ node: "node01" }, async ({ ip }) => {
    await run("node01", "ping", "-c1", "-W2", ip);
  });
});

test("a host port leads to the pod, also from the other node", async () => {
  await withPod(
    { portMappings: [{ hostPort: 30880, containerPort: 80, protocol: "tcp" }] },
    async ({ podUid }) => {
      await start(podUid, { command: ["httpd", "-f", "-p", "80", "-h", "/etc"] });
      expect(
        await run(
          "node01",
          "curl",
          "-s",
          "--retry",
          "5",
          "--retry-connrefused",
          "http://172.30.2.10:30880/passwd",
        ),
      ).toContain("root");
    },
  );
});
