import { Duplex } from "node:stream";
import { systemClock } from "@/lib/core/clock";
import { createLogger } from "@/lib/core/logger";
import { Scope } from "@/lib/core/scope";
import { createCluster } from "@/lib/cluster/api/create-cluster";
import { testFacts } from "@/lib/cluster/api/testing";
import { createTestAuthority } from "@/lib/cluster/api/testing-pki";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { EventRecorder } from "@/lib/cluster/client/event-recorder";
import { Informers } from "@/lib/cluster/client/informers";
import { refs } from "@/lib/cluster/client/refs";
import type { Node } from "@/lib/cluster/resources/types";
import type {
  ContainerInstance,
  ContainerRequest,
  ContainerRuntime,
  NodeChange,
  NodeInspection,
  PodSandboxRequest,
  SandboxState,
  VolumeFiles,
  VolumeStep,
} from "./container-runtime";
import { Kubelet } from "./kubelet";

const gib = 1024 * 1024;

/** A node in memory: what is started runs until it is told to stop, or a test ends it. */
export class FakeRuntime implements ContainerRuntime {
  readonly sandboxes = new Map<string, SandboxState>();
  readonly containers = new Map<string, ContainerInstance>();
  readonly requests: ContainerRequest[] = [];
  readonly logged: string[] = [];
  /** What volumes show, by path on the node. */
  readonly files = new Map<string, string>();
  readonly inspection: NodeInspection = {
    staticPodPath: "/etc/kubernetes/manifests",
    apiServer: "",
    hasStaticPodPath: true,
    manifests: [],
    hasCniConfig: true,
    kernelVersion: "6.1",
    osImage: "Debian",
    machineId: "0",
    bootId: "0",
    systemUuid: "0",
    architecture: "amd64",
    cpuCount: 2,
    memoryKib: 4 * gib,
    diskKib: 10 * gib,
    diskFreeKib: 8 * gib,
    inodes: 1000,
    inodesFree: 900,
    resolvConf: { servers: [], searches: [], options: [] },
    resolvConfPath: "/etc/resolv.conf",
    pressureTransitionMs: 0,
  };
  /** Containers by name that do not heed SIGTERM: their stop ends when the test calls `kill`. */
  readonly deaf = new Set<string>();
  /** Images by name whose pull takes until the promise resolves. */
  readonly slowImages = new Map<string, Promise<void>>();
  #revision = 1;
  #files = 1;
  #waiting: (() => void)[] = [];
  #nextIp = 2;

  /** Tells the kubelet that something changed on the node. */
  changed(what: "files" | "containers" = "containers"): void {
    this.#revision++;
    if (what === "files") this.#files++;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Ends a container by itself, as a crash does. */
  end(name: string, exitCode: number): void {
    for (const [id, instance] of this.containers)
      if (instance.name === name && instance.state === "running")
        this.containers.set(id, { ...instance, state: "exited", exitCode, finishedAtMs: Date.now() });
    this.changed();
  }

  running(): string[] {
    return [...this.containers.values()].flatMap(({ name, state }) => (state === "running" ? [name] : []));
  }

  async listPods() {
    await Promise.resolve();
    return { sandboxes: [...this.sandboxes.values()], containers: [...this.containers.values()] };
  }

  async runPod({ podUid, hostNetwork }: PodSandboxRequest) {
    await Promise.resolve();
    const sandbox: SandboxState = {
      podUid,
      state: "ready",
      ips: hostNetwork ? [] : [`10.244.1.${this.#nextIp++}`],
    };
    this.sandboxes.set(podUid, sandbox);
    this.changed();
    return sandbox;
  }

  async stopPod(podUid: string) {
    await Promise.resolve();
    this.sandboxes.delete(podUid);
  }

  findImage(image: string) {
    return Promise.resolve(this.slowImages.has(image) ? undefined : imageOf(image));
  }

  async pullImage(image: string) {
    await this.slowImages.get(image);
    return imageOf(image);
  }

  async startContainer(request: ContainerRequest) {
    await Promise.resolve();
    this.requests.push(request);
    const { podUid, name, attempt, image } = request;
    const instance: ContainerInstance = {
      ...{ containerId: `${podUid}-${name}-${attempt}`, podUid, name, attempt, image },
      imageId: imageOf(image).imageId,
      state: "running",
      startedAtMs: Date.now(),
    };
    this.containers.set(instance.containerId, instance);
    this.changed();
    return instance;
  }

  async stopContainer(containerId: string) {
    const { name } = this.containers.get(containerId)!;
    while (this.deaf.has(name)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const ended: ContainerInstance = {
      ...this.containers.get(containerId)!,
      ...{ state: "exited", exitCode: 143, finishedAtMs: Date.now() },
    };
    this.containers.set(containerId, ended);
    return ended;
  }

  /** What did not heed SIGTERM ends now. */
  kill(): void {
    this.deaf.clear();
    this.changed();
  }

  async removeContainer(containerId: string) {
    await Promise.resolve();
    this.containers.delete(containerId);
  }

  exec() {
    return Promise.resolve({ exitCode: 0, output: "", timedOut: false });
  }

  dial() {
    return Promise.resolve(new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() }));
  }

  async waitForChange(revision: number, signal: AbortSignal): Promise<NodeChange> {
    while (revision === this.#revision)
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve);
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
    return { revision: this.#revision, files: this.#files, services: new Map() };
  }

  watchFolders() {
    return Promise.resolve();
  }

  inspect() {
    return Promise.resolve({ ...this.inspection, manifests: [...this.inspection.manifests] });
  }

  async log(lines: string[]) {
    await Promise.resolve();
    this.logged.push(...lines);
  }

  async makeVolumes(_steps: VolumeStep[], projections: VolumeFiles[]) {
    await Promise.resolve();
    for (const { root, files } of projections)
      for (const { path, content } of files) this.files.set(`${root}/${path}`, content.toString());
  }

  removeVolumes() {
    return Promise.resolve();
  }
}

function imageOf(image: string) {
  return { imageId: `sha256:${image}`, sizeBytes: 1, uid: 0 };
}

export interface TestKubelet {
  admin: ClusterClient;
  informers: Informers;
  runtime: FakeRuntime;
  /** As a restart of the process: another kubelet over the same node. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A real kubelet of node01 over a real API in memory, on a fake runtime. */
export async function startTestKubelet(runtime = new FakeRuntime()): Promise<TestKubelet> {
  const scope = new Scope();
  const clock = systemClock;
  const logger = createLogger("test");
  logger.level = "silent";
  const cluster = scope.use(
    await createCluster({
      ...{ journalPath: ":memory:", facts: testFacts, ca: await createTestAuthority(), clock, logger },
    }),
    (one) => one.close(),
  );
  const admin = cluster.client({ name: "admin", groups: ["system:masters", "system:authenticated"] });
  await admin.create(refs.serviceAccounts, {
    ...{ apiVersion: "v1", kind: "ServiceAccount" },
    metadata: { name: "default", namespace: "default" },
  });
  const informers = scope.use(new Informers(admin), (one) => one.stop());
  await informers.start();
  const start = async () => {
    const client = cluster.client({
      name: "system:node:node01",
      groups: ["system:nodes", "system:authenticated"],
    });
    const kubelet = new Kubelet({
      node: { name: "node01", ip: "172.30.0.11", role: "worker", labels: {} },
      cluster: { dnsIp: "10.96.0.10", domain: "cluster.local", version: testFacts.version },
      ...{ client, informers, runtime, clock, logger },
      recorder: new EventRecorder(client, { component: "kubelet", host: "node01" }, clock),
    });
    await kubelet.start();
    await admin.patch<Node>(refs.nodes, undefined, "node01", "application/merge-patch+json", {
      spec: { taints: null },
    });
    return kubelet;
  };
  let kubelet = await start();
  return {
    ...{ admin, informers, runtime },
    async restart() {
      await kubelet.stop();
      kubelet = await start();
    },
    async close() {
      await kubelet.stop();
      await scope.close();
    },
  };
}
