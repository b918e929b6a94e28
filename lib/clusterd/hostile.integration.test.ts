import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAddonLab, type AddonLab } from "@/lib/cluster/addons/testing";
import { runCommand } from "@/lib/core/run-command";
import { eventually } from "@/lib/core/testing";
import { startReadyLab, startTestClusterd, twoNodes, type TestClusterd } from "./testing";

/**
 * What a student with all rights in a cluster, root on its nodes and in any pod, reaches of what is not theirs: another lab,
 * the host and its database, the network that the host is in. Everything is there and answers whom it should.
 */
let clusterd: TestClusterd;
let lab: AddonLab;
const other = "hostile-other";
const servers: Server[] = [];
let listener: ChildProcess | undefined;
const beyond = { namespace: `examctl-test-${process.pid}`, host: "198.51.100.1", address: "198.51.100.2" };
/** What must not be reached: host/port. */
let targets: string[];

beforeAll(async () => {
  clusterd = await startTestClusterd();
  [lab] = await Promise.all([
    startAddonLab(clusterd, "hostile-lab", [{ name: "bridge" }, { name: "kube-proxy" }, { name: "coredns" }]),
    startOther(),
  ]);
  targets = [...(await otherTargets()), ...(await hostTargets()), await beyondTarget()];
  await makePods();
}, 400_000);
afterAll(async () => {
  for (const server of servers) server.close();
  listener?.kill();
  await runCommand(["ip", "netns", "delete", beyond.namespace], { allowFailure: true });
  await clusterd?.close();
}, 120_000);

/** Where the student is root, and how. */
const places: Record<string, (script: string) => string> = {
  "a node": (script) => script,
  "an ordinary pod": (script) => `kubectl exec ordinary -- bash -c ${quoted(script)}`,
  "a static pod with every right, chrooted into the node": (script) =>
    `kubectl exec everything-controlplane -- chroot /host bash -c ${quoted(script)}`,
};

describe.each(Object.entries(places))("from %s", (_, run) => {
  test("no other lab, no port of the host, no database and nothing beyond answers", async () => {
    const script = targets
      .map((to) => `(timeout 3 bash -c "echo > /dev/tcp/${to}" && echo "reached ${to}") 2>/dev/null &`)
      .join("\n");
    expect(await lab.try(run(`${script}\nwait`))).toBe("");
  });

  test("of all that the same asks of its own lab, everything answers", async () => {
    const own = "172.30.7.10/6443 172.30.7.11/10250 10.96.0.1/443";
    const script = `for to in ${own}; do timeout 5 bash -c "echo > /dev/tcp/$to" && echo "reached $to"; done`;
    expect(await lab.try(run(script))).toBe(own.replaceAll(/(\S+) ?/g, "reached $1\n"));
  });

  test("no socket of the platform is in sight but those that listen for the lab", async () => {
    const find =
      "find / -xdev -type s 2>/dev/null; find /run -type s; grep -o '@.*' /proc/net/unix | sort -u; true";
    const sockets = (await lab.try(run(find)))
      .split("\n")
      .filter((path) => path.startsWith("/host") === false);
    expect(sockets.filter((path) => /labd|clusterd|terminald|PGSQL|docker|@examctl/.test(path))).toEqual([]);
  });
});

test("another lab's keys open nothing here", async () => {
  const config = await clusterd.client.call("lab.exec", {
    ...{ labId: other, node: "controlplane", argv: ["cat", "/etc/kubernetes/admin.conf"] },
  });
  await lab.run(`cat > /root/other.conf <<'END'\n${config.stdout}\nEND`);
  await lab.run("sed -i 's#server: .*#server: https://172.30.7.10:6443#' /root/other.conf");
  expect(await lab.try("kubectl --kubeconfig /root/other.conf get nodes")).toMatch(/unknown authority/);
  expect(await lab.try("kubectl --kubeconfig /root/other.conf --insecure-skip-tls-verify get nodes")).toMatch(
    /Unauthorized|must be logged in/i,
  );
});

test("what the API server connects to for a student, it connects to from the student's own node", async () => {
  const { port } = servers[0]!.address() as AddressInfo;
  const service = (externalName: object) =>
    JSON.stringify({
      ...{ apiVersion: "v1", kind: "Service", metadata: { name: "to-host" } },
      spec: { ports: [{ port }], ...externalName },
    });
  await lab.apply(service({}));
  for (const [index, address] of ["127.0.0.2", ...hostAddresses()].entries()) {
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: `fake-${index}` } };
    await lab.apply(JSON.stringify(node));
    const status = JSON.stringify({ status: { addresses: [{ type: "InternalIP", address }] } });
    await lab.run(`kubectl patch node fake-${index} --subresource=status --type=merge -p ${quoted(status)}`);
    const answer = await lab.try(
      `kubectl get --raw /api/v1/nodes/http:fake-${index}:${port}/proxy/ --request-timeout=2s`,
    );
    expect(answer).not.toContain("of the host");
  }
  await lab.run("kubectl delete node -l '!kubernetes.io/hostname'");
});

async function startOther(): Promise<void> {
  const base = twoNodes();
  await startReadyLab(clusterd.client, other, {
    ...base,
    network: { cidr: "172.30.9.0/24", gateway: "172.30.9.1" },
    nodes: base.nodes.map((node, index) => ({
      ...node,
      address: `172.30.9.1${index}/24`,
      mac: `02:42:ac:1e:09:0${index}`,
    })),
    cluster: { ...base.cluster, podCidr: "10.20.0.0/16", serviceCidr: "10.40.0.0/16" },
  });
}

async function inOther(script: string): Promise<string> {
  const argv = ["bash", "-c", script];
  const result = await clusterd.client.call("lab.exec", {
    labId: other,
    node: "controlplane",
    argv,
    timeoutMs: 90_000,
  });
  expect(result.exitCode, result.stderr).toBe(0);
  return result.stdout;
}

/** Nodes, API server, a Service, its node port and a pod of the other lab; from within all answer. */
async function otherTargets(): Promise<string[]> {
  const made = await inOther(`export KUBECONFIG=/etc/kubernetes/admin.conf
kubectl create deployment web --image=nginx:alpine --port=80 >/dev/null
kubectl expose deployment web --type=NodePort >/dev/null
kubectl rollout status deployment web --timeout=80s >/dev/null
kubectl get pod -l app=web -o jsonpath='{.items[0].status.podIP}/80 '
kubectl get service web -o jsonpath='{.spec.clusterIP}/80 172.30.9.11/{.spec.ports[0].nodePort}'`);
  const all = [
    ...made.split(" "),
    "172.30.9.10/6443",
    "172.30.9.11/10250",
    "10.40.0.1/443",
    "172.30.9.10/22",
  ];
  const reached = await eventually(
    () =>
      inOther(
        `for to in ${all.join(" ")}; do timeout 3 bash -c "echo > /dev/tcp/$to" 2>/dev/null && echo $to; done; true`,
      ),
    (text) => text.split("\n").length > all.length,
  );
  expect(reached.trim().split("\n")).toEqual(all);
  return all;
}

function hostAddresses(): string[] {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return [...new Set(own.filter(({ family }) => family === "IPv4").map(({ address }) => address))];
}

/** A server on all of the host's addresses, and sockets where the database's are: by a file, and by a name without one. */
async function hostTargets(): Promise<string[]> {
  const listen = async (where: object | string): Promise<Server> => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end("HTTP/1.0 200 OK\r\n\r\nof the host");
    });
    servers.push(server);
    server.listen(where as object);
    await once(server, "listening");
    return server;
  };
  const server = await listen({ host: "0.0.0.0", port: 0 });
  await mkdir(join(clusterd.labd.runDir, "pg"), { recursive: true });
  await listen({ path: join(clusterd.labd.runDir, "pg/.s.PGSQL.5432"), writableAll: true });
  await listen({ path: `\0examctl-test-${process.pid}` });
  const { port } = server.address() as AddressInfo;
  for (const address of hostAddresses()) await reaches(address, port);
  // On its own loopback a node reaches itself: the host's port is not there.
  return [...hostAddresses(), "172.30.7.1"].map((address) => `${address}/${port}`);
}

/** A machine on a network of the host's: a namespace of this test's own, behind a cable. */
async function beyondTarget(): Promise<string> {
  const ip = (line: string) => runCommand(["ip", ...line.split(" ")]);
  const [near, far] = [`exh${process.pid}`, `exf${process.pid}`];
  await ip(`netns add ${beyond.namespace}`);
  await ip(`link add ${near} type veth peer name ${far} netns ${beyond.namespace}`);
  await ip(`address add ${beyond.host}/24 dev ${near}`);
  await ip(`link set ${near} up`);
  await ip(`-n ${beyond.namespace} address add ${beyond.address}/24 dev ${far}`);
  await ip(`-n ${beyond.namespace} link set ${far} up`);
  await ip(`-n ${beyond.namespace} link set lo up`);
  const listen =
    "require('net').createServer((socket) => socket.destroy()).listen(7, () => console.log('up'))";
  listener = spawn("ip", ["netns", "exec", beyond.namespace, process.execPath, "-e", listen], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(listener.stdout!, "data");
  await reaches(beyond.address, 7);
  return `${beyond.address}/7`;
}

async function reaches(host: string, port: number): Promise<void> {
  const socket = connect(port, host);
  await once(socket, "connect");
  socket.destroy();
}

async function makePods(): Promise<void> {
  const pod = (name: string, spec: object, container: object) => ({
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name } },
    spec: {
      terminationGracePeriodSeconds: 0,
      ...spec,
      containers: [{ name: "main", image: "debian", command: ["sleep", "3600"], ...container }],
    },
  });
  const everything = pod(
    "everything",
    {
      hostNetwork: true,
      hostPID: true,
      hostIPC: true,
      volumes: [{ name: "host", hostPath: { path: "/" } }],
    },
    {
      securityContext: { privileged: true },
      volumeMounts: [{ name: "host", mountPath: "/host", mountPropagation: "Bidirectional" }],
    },
  );
  await lab.run(
    `cat > /etc/kubernetes/manifests/everything.yaml <<'END'\n${JSON.stringify(everything)}\nEND`,
  );
  await lab.apply(JSON.stringify(pod("ordinary", { nodeName: "controlplane" }, {})));
  await eventually(
    () => lab.try("kubectl get pod everything-controlplane ordinary"),
    (text) => !text.includes("NotFound"),
  );
  await lab.run("kubectl wait --for=condition=Ready pod/ordinary pod/everything-controlplane --timeout=90s");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
