import { randomBytes } from "node:crypto";
import { AppError } from "@/lib/core/app-error";
import { podProgram, type LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";
import type {
  ContainerRequest,
  ContainerRuntime,
  NodeInspection,
  PodSandboxRequest,
  VolumeFiles,
  VolumeStep,
} from "@/lib/cluster/node/container-runtime";
import { parseInspection } from "./inspect-node";
import {
  refusedVolume,
  removeVolumesScript,
  stepWords,
  volumeCommand,
  volumeRefused,
} from "./volume-command";

/** The container runtime of one node, over labd's calls. */
export class LabdRuntime implements ContainerRuntime {
  readonly #present = new Set<string>();

  constructor(
    private readonly labd: RpcClient<LabdRpc>,
    private readonly sandboxId: string,
    private readonly node: string,
    /** Images that the node was made with. */
    preloaded: readonly string[],
  ) {
    for (const image of preloaded) this.#present.add(image);
  }

  async listPods() {
    const { pods, containers } = await this.labd.call("pod.list", this.#ref);
    for (const { image } of containers) this.#present.add(image);
    return { sandboxes: pods, containers };
  }

  /** What the node has of images, by what they were asked for as. */
  async listImages(): Promise<{ name: string; imageId: string; sizeBytes: number }[]> {
    await this.listPods();
    const found = await Promise.all(
      [...this.#present].map((name) => this.#lookUp(name).catch(() => undefined)),
    );
    return found.flatMap((one) => one ?? []);
  }

  async listAll() {
    const { pods, containers } = await this.labd.call("pod.list", this.#ref);
    return { pods, containers };
  }

  runPod(pod: PodSandboxRequest) {
    return this.labd.call("pod.run", { ...this.#ref, pod }, { timeoutMs: 60_000 });
  }

  async stopPod(podUid: string) {
    await this.labd.call("pod.stop", { ...this.#ref, podUid }, { timeoutMs: 60_000 });
  }

  async findImage(image: string) {
    const found = await this.#lookUp(image).catch(() => undefined);
    return found && (this.#present.has(found.name) || this.#present.has(image)) ? found : undefined;
  }

  async pullImage(image: string) {
    const found = await this.#lookUp(image);
    this.#present.add(found.name);
    return found;
  }

  /** Of those that containers run from the runtime learns again. */
  removeImage(image: string): Promise<void> {
    this.#present.delete(image);
    return Promise.resolve();
  }

  #lookUp(image: string) {
    return this.labd.call("image.pull", { ...this.#ref, image }, { timeoutMs: 300_000 });
  }

  startContainer({ volumeSteps, ...request }: ContainerRequest) {
    const container = { ...request, volumeSteps: volumeSteps.flatMap(stepWords) };
    return this.labd.call("container.start", { ...this.#ref, container }, { timeoutMs: 60_000 });
  }

  stopContainer(containerId: string, graceMs: number) {
    return this.labd.call(
      "container.stop",
      { ...this.#ref, containerId, graceMs },
      { timeoutMs: graceMs + 30_000 },
    );
  }

  async removeContainer(containerId: string) {
    await this.labd.call("container.remove", { ...this.#ref, containerId });
  }

  async exec(containerId: string, argv: string[], timeoutMs: number) {
    const { exitCode, stdout, stderr, timedOut } = await this.labd.call(
      "container.exec",
      { ...this.#ref, containerId, argv, timeoutMs: Math.ceil(timeoutMs) },
      { timeoutMs: timeoutMs + 5000 },
    );
    return { exitCode, output: stdout + stderr, timedOut };
  }

  async dial(address: string, timeoutMs: number) {
    const { socket } = await this.labd.open("dial", {
      ...this.#ref,
      address,
      timeoutMs: Math.ceil(timeoutMs),
    });
    return socket;
  }

  async waitForChange(revision: number, signal: AbortSignal) {
    const reply = await this.labd.call(
      "node.events",
      { ...this.#ref, revision, timeoutMs: 25_000 },
      { timeoutMs: 40_000, signal },
    );
    const services = new Map(
      reply.services.map(({ name, active, pid }) => [name, { isActive: active === "active", pid }]),
    );
    return { revision: reply.revision, files: reply.files, services };
  }

  async watchFolders(folders: string[]) {
    await this.labd.call("node.watch", { ...this.#ref, folders });
  }

  async log(lines: string[]) {
    await this.labd.call("node.log", { ...this.#ref, service: "kubelet", lines });
  }

  async inspect(staticPodPath: string): Promise<NodeInspection> {
    const { stdout } = await this.labd.call("node.exec", {
      ...this.#ref,
      argv: [podProgram, "inspect", staticPodPath],
      cwd: "/",
      timeoutMs: 10_000,
      outputBytesMax: 8 << 20,
    });
    return parseInspection(stdout);
  }

  async makeVolumes(steps: VolumeStep[], projections: VolumeFiles[], gid?: number) {
    const stamp = `..${new Date().toISOString().replace(/[-:T]/g, "_").replace("Z", "")}${randomBytes(3).toString("hex")}`;
    const { argv, stdin } = volumeCommand(steps, projections, gid, stamp);
    if (argv.length === 0) return;
    const result = await this.labd.call("node.exec", {
      ...this.#ref,
      argv,
      stdin: stdin.toString("base64"),
      cwd: "/",
    });
    if (result.exitCode === volumeRefused) throw refusedVolume(result.stderr);
    if (result.exitCode !== 0)
      throw new AppError("internal", `Volumes on ${this.node}: ${result.stderr.trim()}`);
  }

  async removeVolumes(podFolder: string) {
    const argv = ["/bin/sh", "-c", removeVolumesScript, "remove", podFolder];
    const { exitCode, stderr } = await this.labd.call("node.exec", { ...this.#ref, argv, cwd: "/" });
    if (exitCode !== 0) throw new AppError("internal", `${podFolder} on ${this.node}: ${stderr.trim()}`);
  }

  get #ref() {
    return { sandboxId: this.sandboxId, node: this.node };
  }
}

/** What `kubeadm config images pull` fetched before the node joined. */
export function preloadedImages(version: string): string[] {
  return [
    ...["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"].map(
      (name) => `registry.k8s.io/${name}:${version}`,
    ),
    "registry.k8s.io/coredns/coredns:v1.12.1",
    "registry.k8s.io/pause:3.10.1",
    "registry.k8s.io/etcd:3.6.5-0",
  ];
}
