import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Scope } from "@/lib/core/scope";
import { request } from "../test-client";
import { binary, run, startNode, type TestNode } from "../test-node";

const names = [
  "kube-apiserver",
  "etcd",
  "kube-scheduler",
  "kube-controller-manager",
  "kube-proxy",
  "kubelet",
  "containerd",
  "coredns",
  "pause",
];

let scope: Scope;
let node: TestNode;
let bin: string;
beforeEach(async () => {
  scope = new Scope();
  node = await startNode(scope);
  bin = join(node.folder, "bin");
  mkdirSync(bin);
  for (const name of names) symlinkSync(binary("examctl-daemon"), join(bin, name));
  writeFileSync(
    join(node.folder, "kubeconfig"),
    "clusters:\n- cluster:\n    server: https://127.0.0.1:6443\n",
  );
});
afterEach(() => scope.close());

const apiserver = () =>
  `EXAMCTL_API_SOCKET=${node.folder}/api.sock ${bin}/kube-apiserver --etcd-servers=https://127.0.0.1:2379 ` +
  `--service-account-issuer=https://kubernetes.default.svc --secure-port=6443`;
const etcd = () =>
  `${bin}/etcd --listen-client-urls=https://127.0.0.1:2379,https://127.0.0.2:2379 ` +
  `--listen-peer-urls=https://127.0.0.2:2380 --listen-metrics-urls=http://127.0.0.1:2381 --data-dir=/tmp/etcd`;

/** Starts daemons that go on after the script; their output goes to NAME.log in the folder. */
const background = (commands: Record<string, string>) =>
  run(
    node,
    Object.entries(commands)
      .map(([name, command]) => `${command} >${node.folder}/${name}.log 2>&1 </dev/null &`)
      .join("\n"),
  );

/** Repeats a script until its output satisfies; the tests' deadline ends it. */
async function until(script: string, satisfies: (output: string) => boolean): Promise<string> {
  for (;;) {
    const output = await run(node, script);
    if (satisfies(output)) return output;
  }
}

async function apiStub(handler: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, handler);
  server.listen(join(node.folder, "api.sock"));
  await once(server, "listening");
  scope.defer(() => server.close());
  return server;
}

describe("the daemons of a control plane", () => {
  it("listen where the real ones do, as ss shows it", async () => {
    await background({
      containerd: `${bin}/containerd`,
      etcd: etcd(),
      apiserver: apiserver(),
      scheduler: `${bin}/kube-scheduler --bind-address=127.0.0.1 --kubeconfig=${node.folder}/kubeconfig`,
      manager: `${bin}/kube-controller-manager --bind-address=127.0.0.1 --kubeconfig=${node.folder}/kubeconfig`,
      proxy: `${bin}/kube-proxy --kubeconfig=${node.folder}/kubeconfig`,
    });
    await until("ls /run/containerd || true", (output) => output.includes("containerd.sock"));
    await background({ kubelet: `${bin}/kubelet --kubeconfig=${node.folder}/kubeconfig` });
    const wanted: [string, string][] = [
      ["*:6443", "kube-apiserver"],
      ["127.0.0.1:2379", "etcd"],
      ["127.0.0.2:2379", "etcd"],
      ["127.0.0.2:2380", "etcd"],
      ["127.0.0.1:2381", "etcd"],
      ["127.0.0.1:10259", "kube-scheduler"],
      ["127.0.0.1:10257", "kube-controller"],
      ["127.0.0.1:10249", "kube-proxy"],
      ["*:10256", "kube-proxy"],
      ["*:10250", "kubelet"],
      ["127.0.0.1:10248", "kubelet"],
    ];
    // ss reads sockets first and their owners then: of a process that is just starting it may miss the name.
    const lineOf = (output: string, address: string) =>
      output.split("\n").find((line) => line.includes(` ${address} `)) ?? "";
    const lines = await until("ss -Hltnp", (output) =>
      wanted.every(([address, name]) => lineOf(output, address).includes(`(("${name}"`)),
    );
    for (const [address, name] of wanted) expect(lineOf(lines, address)).toContain(`(("${name}"`);
    expect(lines).toMatch(/127\.0\.0\.1:\d{4,5} .*\(\("containerd"/);
  });

  it("keep more connections to etcd's client port than to its peer port", async () => {
    await background({ apiserver: apiserver(), etcd: etcd() });
    const count = (port: number) => `ss -Htn state established '( sport = :${port} )' | wc -l`;
    const clients = await until(count(2379), (output) => Number(output) > 30);
    expect(Number(clients)).toBeLessThan(100);
    expect(Number(await run(node, count(2380)))).toBe(0);
  });

  it("answer health checks and kube-proxy's mode over plain HTTP", async () => {
    await background({ etcd: etcd(), proxy: `${bin}/kube-proxy --proxy-mode=iptables` });
    await until("ss -Hltn", (output) => output.includes(":10249") && output.includes(":2381"));
    expect(await run(node, "curl -s http://127.0.0.1:2381/health")).toBe('{"health":"true","reason":""}');
    expect(await run(node, "curl -s http://127.0.0.1:10249/proxyMode")).toBe("iptables");
    expect(await run(node, "curl -s -w ' %{http_code}' http://127.0.0.1:10249/nothing")).toContain(" 404");
  });

  it("leave with the real ones' words when a flag or file is wrong", async () => {
    const failing = (command: string) => run(node, `${bin}/${command} 2>&1 && exit 99 || echo "exit $?"`);
    expect(await failing("kube-apiserver --this-is-very-wrong")).toMatch(
      /^Error: unknown flag: --this-is-very-wrong\n[^]*exit 1\n$/,
    );
    expect(await failing("kube-scheduler --kubeconfig=/nowhere.conf")).toContain(
      `"command failed" err="open /nowhere.conf: no such file or directory"`,
    );
    expect(await failing("etcd --nonsense=1")).toContain("flag provided but not defined: -nonsense");
    expect(await failing("kubelet --config=/var/lib/kubelet/nothing.yaml")).toContain(
      "failed to load kubelet config file, path: /var/lib/kubelet/nothing.yaml",
    );
    expect(await failing("kube-proxy --config=/var/lib/kube-proxy/configuration.conf")).toContain(
      "open /var/lib/kube-proxy/configuration.conf: no such file or directory",
    );
  });

  it("take less than 300 kB of memory each", async () => {
    await background({ etcd: etcd(), apiserver: apiserver() });
    await until("ss -Hltn", (output) => output.includes(":6443"));
    const sizes = await run(
      node,
      "grep -h VmRSS /proc/$(pidof etcd)/status /proc/$(pidof kube-apiserver)/status",
    );
    const kilobytes = [...sizes.matchAll(/(\d+) kB/g)].map((match) => Number(match[1]));
    expect(kilobytes).toHaveLength(2);
    if (!process.env.EXAMCTL_NATIVE_BUILD) for (const size of kilobytes) expect(size).toBeLessThan(300);
  });
});

describe("kube-apiserver's relay", () => {
  const dial = async () => {
    await background({ apiserver: apiserver(), etcd: etcd() });
    await until("ss -Hltn", (output) => output.includes(":6443"));
    const { connection, reply } = await request(node.socket, "dial", ["address=127.0.0.1:6443"]);
    expect(reply.status).toBe("ok");
    return connection;
  };

  it("carries 32 MB there and back and passes half-close on", async () => {
    await apiStub((socket) => socket.pipe(socket));
    const connection = await dial();
    const bytes = Buffer.alloc(32 << 20, "relay");
    connection.socket.end(bytes);
    const echoed = await connection.readToEnd();
    expect(echoed.equals(bytes)).toBe(true);
  });

  it("waits for an API process that is not up yet", async () => {
    const connection = await dial();
    connection.socket.write("hello");
    await apiStub((socket) => socket.once("data", () => socket.end("late but here")));
    expect((await connection.readToEnd()).toString()).toBe("late but here");
  });

  it("serves only once etcd is reached, and says why not", async () => {
    await background({ apiserver: apiserver() });
    await until(`cat ${node.folder}/apiserver.log`, (output) => output.includes("connection refused"));
    expect(await run(node, "ss -Hltn")).not.toContain(":6443");
    await background({ etcd: etcd() });
    await until("ss -Hltn", (output) => output.includes(":6443"));
  });
});
