import { Duplex } from "node:stream";
import { AppError } from "@/lib/core/app-error";
import type { LabdRpc, PodSandboxStatus } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";

interface FakeNode {
  files: Map<string, string>;
  pods: Map<string, { podUid: string; state: "ready"; ips: string[] }>;
  containers: Map<
    string,
    {
      containerId: string;
      podUid: string;
      name: string;
      attempt: number;
      image: string;
      state: "running";
      startedAtMs: number;
    }
  >;
}

/** A labd whose nodes are maps: everything starts at once, is healthy, and nothing ends by itself. For tests without root. */
export class FakeLabd {
  readonly sandboxes = new Map<string, Map<string, FakeNode>>();
  /** Every call in order, "pod.run controlplane". */
  readonly calls: string[] = [];
  /** Set to make calls of a method fail. */
  readonly failures = new Map<string, AppError>();
  #nextIp = 2;

  readonly client = {
    call: (method: string, input: Record<string, unknown>, options?: { signal?: AbortSignal }) =>
      this.#call(method, input, options?.signal),
    open: () => Promise.resolve({ reply: {}, socket: healthyServer() }),
    close: () => undefined,
  } as unknown as RpcClient<LabdRpc>;

  async #call(method: string, input: Record<string, unknown>, signal?: AbortSignal): Promise<unknown> {
    const sandboxId = input.sandboxId as string;
    const nodeName = input.node as string | undefined;
    if (method !== "node.events") this.calls.push(nodeName ? `${method} ${nodeName}` : method);
    const failure = this.failures.get(method);
    if (failure) throw failure;
    await Promise.resolve();
    const nodes = this.sandboxes.get(sandboxId);
    switch (method) {
      case "sandbox.get":
        if (!nodes) throw new AppError("not-found", "There is no such sandbox.");
        return { sandboxId, state: "running" };
      case "sandbox.create":
        this.sandboxes.set(
          sandboxId,
          new Map(
            (input.nodes as { name: string }[]).map(({ name }) => [
              name,
              { files: new Map(), pods: new Map(), containers: new Map() },
            ]),
          ),
        );
        return { timingsMs: {} };
      case "sandbox.destroy":
        this.sandboxes.delete(sandboxId);
        return {};
    }
    const node = nodes?.get(nodeName ?? "");
    if (!node) throw new AppError("not-found", `There is no node ${nodeName}.`);
    return this.#callNode(method, input, node, signal);
  }

  #callNode(method: string, input: Record<string, unknown>, node: FakeNode, signal?: AbortSignal): unknown {
    switch (method) {
      case "node.writeFiles":
        for (const { path, content } of input.files as { path: string; content: string }[])
          node.files.set(path, content);
        return {};
      case "node.exec": {
        const isInspection = (input.argv as string[])[1] === "inspect";
        return { exitCode: 0, stdout: isInspection ? inspectionOf(node) : "", stderr: "" };
      }
      case "node.events":
        return new Promise((_, reject) =>
          signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
        );
      case "pod.list":
        return { pods: [...node.pods.values()], containers: [...node.containers.values()] };
      case "pod.run": {
        const { podUid, name, namespace, hostNetwork } = input.pod as PodSandboxStatus & {
          hostNetwork: boolean;
        };
        const pod = {
          ...{ podUid, podId: podUid, name, namespace },
          state: "ready" as const,
          ips: hostNetwork ? [] : [`10.244.0.${this.#nextIp++}`],
        };
        node.pods.set(podUid, pod);
        return pod;
      }
      case "pod.stop":
        node.pods.delete(input.podUid as string);
        return {};
      case "image.pull":
        return { imageId: "sha256:0", sizeBytes: 1, entrypoint: [], cmd: [] };
      case "container.start": {
        const { podUid, name, attempt, image } = input.container as {
          podUid: string;
          name: string;
          attempt: number;
          image: string;
        };
        const containerId = `${podUid}-${name}-${attempt}`;
        if (node.containers.has(containerId)) throw new AppError("conflict", `${containerId} runs already.`);
        const state = "running" as const;
        const container = { containerId, podUid, name, attempt, image, state, startedAtMs: 1 };
        node.containers.set(containerId, container);
        return container;
      }
      default:
        return {};
    }
  }
}

/** Whatever is asked, it is well: what probes hear. */
function healthyServer(): Duplex {
  const socket: Duplex = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => {
      socket.push("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
      done();
    },
  });
  return socket;
}

function inspectionOf(node: FakeNode): string {
  const file = (kind: string, path: string, text: string) =>
    `${kind}=${path} ${Buffer.from(text).toString("base64")}`;
  const lines = [
    ...["kernel=6.1", "machine=x86_64", "cpus=2", "disk-kib=2000000", "disk-free-kib=1000000"],
    ...["inodes-free=1000000", "has-manifests=yes"],
    file("file", "/proc/meminfo", "MemTotal: 8000000 kB\n"),
    file("resolv", "/etc/resolv.conf", "nameserver 10.0.0.1\n"),
  ];
  for (const [path, content] of node.files) {
    if (path.startsWith("/etc/kubernetes/manifests/")) lines.push(`manifest=${path} ${content}`);
    if (path.startsWith("/etc/cni/net.d/")) lines.push(`cni=${path} ${content}`);
  }
  return [...lines, "complete=yes", ""].join("\n");
}
