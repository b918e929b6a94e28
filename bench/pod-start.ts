import { request as httpsRequest, Agent } from "node:https";
import { connect } from "node:tls";
import { connect as connectUnix } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import type { Pod } from "@/lib/cluster/resources/types";
import { startReadyLab, startTestClusterd, type TestClusterd } from "@/lib/clusterd/testing";
import { Scope } from "@/lib/core/scope";
import { summarize, type Bench } from "./report";

const labId = "bench-pod";
/** A node without a kubelet: one would end pods that it does not know. */
const bareId = "bench-bare";
const image = "busybox:1.28";

/** The kernel goes on taking a network namespace apart after it is gone. */
const restMs = 300;

/**
 * From the request that creates a pod (its node given, its image there) until a watch tells that it runs: one pod at a
 * time, over the API's socket, the one before it gone. The floor is the same pod asked of the container runtime alone.
 * Needs root.
 */
const podStart: Bench = async ({ log, quick }) => {
  const scope = new Scope();
  try {
    const clusterd = scope.use(await startTestClusterd(), (it) => it.close());
    await startReadyLab(clusterd.client, labId);
    await startBareNode(clusterd);
    const api = scope.use(await openApi(clusterd), (it) => it.close());
    const running: number[] = [];
    const floor: number[] = [];
    const rounds = quick ? 5 : 50;
    // The first pod meets cold caches in the node; it is none of the samples.
    for (let round = -1; round < rounds; round++) {
      const name = `pod-${round + 1}`;
      const tookMs = await timePod(api, name);
      await sleep(restMs);
      const bareMs = await timeBarePod(clusterd, name);
      await sleep(restMs);
      if (round < 0) continue;
      running.push(tookMs);
      floor.push(bareMs);
      log(`round ${round + 1}: ${Math.round(tookMs)} ms, the runtime alone ${Math.round(bareMs)} ms`);
    }
    return [
      summarize("pod", "ms", running, {
        floor: { name: "sandbox with CNI and container by the runtime alone", samples: floor },
      }),
    ];
  } finally {
    await scope.close();
  }
};

interface ApiConnection {
  send(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Calls back with each pod of the namespace as it changes. */
  watch(onPod: (pod: Pod, type: string) => void): { close(): void };
  close(): void;
}

async function timePod(api: ApiConnection, name: string): Promise<number> {
  const path = "/api/v1/namespaces/default/pods";
  let onRunning = () => undefined as void;
  const isRunning = new Promise<void>((resolve) => (onRunning = resolve));
  let onGone = () => undefined as void;
  const isGone = new Promise<void>((resolve) => (onGone = resolve));
  const watch = api.watch((pod, type) => {
    if (pod.metadata.name !== name) return;
    if (type === "DELETED") onGone();
    else if (pod.status?.phase === "Running") onRunning();
  });
  const startedMs = performance.now();
  await api.send("POST", path, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      nodeName: "node01",
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "main", image, command: ["sleep", "1000"] }],
    },
  });
  await isRunning;
  const tookMs = performance.now() - startedMs;
  // Not by force: then it is gone when its node has taken it down.
  await api.send("DELETE", `${path}/${name}`);
  await isGone;
  watch.close();
  return tookMs;
}

async function startBareNode({ client, labd }: TestClusterd): Promise<void> {
  const path = "/etc/cni/net.d/10-bridge.conflist";
  const { stdout } = await client.call("lab.exec", {
    labId,
    node: "node01",
    argv: ["sh", "-c", "cat /etc/cni/net.d/*.conflist"],
  });
  await labd.client.call("sandbox.create", {
    sandboxId: bareId,
    network: { cidr: "172.30.9.0/24", gateway: "172.30.9.1" },
    nodes: [{ name: "node01", interface: "eth0", address: "172.30.9.11/24", mac: "02:42:ac:1e:09:0b" }],
  });
  await labd.client.call("node.writeFiles", {
    sandboxId: bareId,
    node: "node01",
    files: [{ path, content: Buffer.from(stdout).toString("base64") }],
  });
}

async function timeBarePod({ labd }: TestClusterd, name: string): Promise<number> {
  const at = { sandboxId: bareId, node: "node01" };
  const podUid = `bare-${name}`;
  const startedMs = performance.now();
  await labd.client.call("pod.run", {
    ...at,
    pod: { podUid, name, namespace: "default", hostname: name },
  });
  await labd.client.call("container.start", {
    ...at,
    container: { podUid, name: "main", image, command: ["sleep", "1000"] },
  });
  const tookMs = performance.now() - startedMs;
  await labd.client.call("pod.stop", { ...at, podUid });
  return tookMs;
}

/** The API as the lab's admin, over the socket that its nodes are relayed to. */
async function openApi({ client, labd }: TestClusterd): Promise<ApiConnection> {
  const { stdout } = await client.call("lab.exec", {
    labId,
    node: "controlplane",
    argv: ["cat", "/etc/kubernetes/admin.conf"],
  });
  const { users } = parse(stdout) as {
    users: { user: { "client-certificate-data": string; "client-key-data": string } }[];
  };
  const pem = (base64: string) => Buffer.from(base64, "base64").toString("utf8");
  const keys = {
    cert: pem(users[0]!.user["client-certificate-data"]),
    key: pem(users[0]!.user["client-key-data"]),
  };
  const socketPath = join(labd.runDir, "labs", labId, "api", "api.sock");
  const createConnection = () =>
    connect({ socket: connectUnix(socketPath), rejectUnauthorized: false, ...keys });
  const agent = Object.assign(new Agent({ keepAlive: true }), { createConnection });
  const options = { agent, headers: { "Content-Type": "application/json" } };
  return {
    send: (method, path, body) =>
      new Promise((resolve, reject) => {
        const outgoing = httpsRequest({ ...options, method, path }, (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            if ((response.statusCode ?? 500) < 300) resolve(JSON.parse(text));
            else reject(new Error(text));
          });
        });
        outgoing.on("error", reject);
        outgoing.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    watch(onPod) {
      let rest = "";
      const path = "/api/v1/namespaces/default/pods?watch=true";
      const outgoing = httpsRequest({ createConnection, method: "GET", path }, (response) => {
        response.on("data", (chunk: Buffer) => {
          const lines = (rest + chunk.toString("utf8")).split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) {
            const { object, type } = JSON.parse(line) as { object: Pod; type: string };
            onPod(object, type);
          }
        });
        response.on("error", () => undefined); // it was closed
      });
      outgoing.on("error", () => undefined);
      outgoing.end();
      return { close: () => outgoing.destroy() };
    },
    close: () => agent.destroy(),
  };
}

export default podStart;
