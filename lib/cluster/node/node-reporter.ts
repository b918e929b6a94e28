import type { Clock } from "@/lib/core/clock";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { EventRecorder } from "@/lib/cluster/client/event-recorder";
import { refs } from "@/lib/cluster/client/refs";
import { isAlreadyExists, isNotFound } from "@/lib/cluster/client/status";
import type { Lease, Node } from "@/lib/cluster/resources/types";
import type { NodeInspection } from "./container-runtime";
import { newNode, nodeStatusOf, type NodeIdentity } from "./node-status";

export type { NodeIdentity };

export interface NodeReporterOptions {
  node: NodeIdentity;
  cluster: { version: string };
  client: ClusterClient;
  recorder: EventRecorder;
  clock: Clock;
  inspection(): NodeInspection | undefined;
  /** Why the container runtime makes the node unready; undefined while it does not. */
  runtimeProblem?(): string | undefined;
  hasDiskPressure?(): boolean;
}

/** What `kubectl get nodes -o wide` shows in the column CONTAINER-RUNTIME. */
export const containerRuntimeVersion = "containerd://1.7.27";
const reportEveryMs = 300_000;
const leaseSeconds = 40;

/** Keeps the API's picture of one node: the Node object, its status and its Lease in kube-node-lease. */
export class NodeReporter {
  #reportedAtMs = 0;
  #reported = "";

  constructor(private readonly options: NodeReporterOptions) {}

  /** Creates the Node unless it is there, and reports its status and lease. True when it was made. */
  async register(): Promise<boolean> {
    let isNew = true;
    const { client, node, inspection, recorder } = this.options;
    try {
      const blank = newNode(node, inspection()!);
      const status = this.#statusOf(blank);
      const created = await client.create<Node>(refs.nodes, { ...blank, status });
      recorder.event(created, "Normal", "Starting", "Starting kubelet.");
      this.#sayWhatChanged(blank, status);
      this.#remember();
    } catch (failure) {
      if (!isAlreadyExists(failure)) throw failure;
      isNew = false;
    }
    await Promise.all([this.report(), this.renewLease()]);
    return isNew;
  }

  /** The kubelet was started again: tells so, and reports at once. */
  async restarted(): Promise<void> {
    const { client, node, recorder } = this.options;
    this.reportAnew();
    await this.report();
    await this.renewLease();
    const current = await client.get<Node>(refs.nodes, undefined, node.name);
    recorder.event(current, "Normal", "Starting", "Starting kubelet.");
  }

  /**
   * Writes the status when something changed, when the cluster gave the node up meanwhile, or after five minutes. A Node
   * that was deleted stays away until the kubelet is started again, as upstream.
   */
  async report(): Promise<void> {
    const { client, node, clock, inspection } = this.options;
    const facts = inspection();
    if (!facts) return;
    let current: Node;
    try {
      current = await client.get<Node>(refs.nodes, undefined, node.name);
    } catch (failure) {
      if (!isNotFound(failure)) throw failure;
      if (this.#reported !== "") return;
      current = await client.create<Node>(refs.nodes, newNode(node, facts));
    }
    const isRecent = clock.now() - this.#reportedAtMs < reportEveryMs;
    if (isRecent && this.#fingerprint() === this.#reported && !isGivenUp(current)) return;
    const status = this.#statusOf(current);
    await client.patch<Node>(
      refs.nodes,
      undefined,
      node.name,
      "application/merge-patch+json",
      { status },
      { subresource: "status" },
    );
    this.#sayWhatChanged(current, status);
    this.#remember();
  }

  /** The next report writes the status whatever it was: somebody else may have changed it. */
  reportAnew(): void {
    this.#reported = "";
  }

  #statusOf(current: Node): NonNullable<Node["status"]> {
    const { node, cluster, clock, inspection } = this.options;
    return nodeStatusOf(
      current,
      node,
      inspection()!,
      cluster.version,
      containerRuntimeVersion,
      clock.now(),
      this.#problems(),
    );
  }

  #remember(): void {
    this.#reported = this.#fingerprint();
    this.#reportedAtMs = this.options.clock.now();
  }

  /** What the status tells of. */
  #fingerprint(): string {
    // What is free changes all the time; whether it is too little counts.
    const { manifests: _, diskFreeKib: _free, inodesFree: _inodes, ...facts } = this.options.inspection()!;
    return JSON.stringify([facts, this.#problems()]);
  }

  #problems(): { runtimeProblem?: string; hasDiskPressure: boolean } {
    const runtimeProblem = this.options.runtimeProblem?.();
    const hasDiskPressure = this.options.hasDiskPressure?.() ?? false;
    return { hasDiskPressure, ...(runtimeProblem === undefined ? {} : { runtimeProblem }) };
  }

  async renewLease(): Promise<void> {
    const { client, node, clock } = this.options;
    const renewTime = new Date(clock.now()).toISOString().replace("Z", "000Z");
    try {
      await client.patch(refs.leases, "kube-node-lease", node.name, "application/merge-patch+json", {
        spec: { renewTime },
      });
      await this.report();
    } catch (failure) {
      if (!isNotFound(failure)) throw failure;
      const owner = await client.get<Node>(refs.nodes, undefined, node.name).catch((gone: unknown) => {
        if (isNotFound(gone)) return undefined;
        throw gone;
      });
      if (!owner) return;
      await client.create<Lease>(refs.leases, {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: {
          name: node.name,
          namespace: "kube-node-lease",
          ownerReferences: [{ apiVersion: "v1", kind: "Node", name: node.name, uid: owner.metadata.uid! }],
        },
        spec: { holderIdentity: node.name, leaseDurationSeconds: leaseSeconds, renewTime },
      });
    }
  }

  #sayWhatChanged(before: Node, status: NonNullable<Node["status"]>): void {
    const { recorder, node } = this.options;
    const names: Record<string, [string, string]> = {
      Ready: ["NodeReady", "NodeNotReady"],
      MemoryPressure: ["NodeHasInsufficientMemory", "NodeHasSufficientMemory"],
      DiskPressure: ["NodeHasDiskPressure", "NodeHasNoDiskPressure"],
      PIDPressure: ["NodeHasInsufficientPID", "NodeHasSufficientPID"],
    };
    for (const { type, status: value } of status.conditions ?? []) {
      const old = before.status?.conditions?.find((condition) => condition.type === type);
      const reasons = names[type];
      if (!reasons || old?.status === value || (!old && type === "Ready" && value !== "True")) continue;
      const reason = reasons[value === "True" ? 0 : 1];
      recorder.event(before, "Normal", reason, `Node ${node.name} status is now: ${reason}`);
    }
  }
}

/** Without a status yet, or marked by the node controller as one that nobody hears of. */
function isGivenUp({ status }: Node): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return !ready || ready.status === "Unknown";
}
