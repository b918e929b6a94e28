import type { Clock } from "@/lib/core/clock";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { Informers } from "@/lib/cluster/client/informers";
import { refs } from "@/lib/cluster/client/refs";
import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { Lease, Node, Pod } from "@/lib/cluster/resources/types";

const manyYearsMs = 50 * 365 * 24 * 3600_000;

/**
 * The kubelets of all nodes of a test: a bound pod is Running and Ready at once and gone at once when deleted. The image
 * tells what else it does: `exit-3` ends with that code, `unready` never gets ready, `held` stays Pending, `stays` runs but
 * ignores its deletion until `letGo`.
 */
export class FakeKubelet {
  readonly #lost = new Set<string>();
  readonly #release: () => void;
  #nextIp = 1;
  #stopped = false;

  constructor(
    private readonly client: ClusterClient,
    private readonly informers: Informers,
    private readonly clock: Clock,
  ) {
    const act = (pod: Pod) =>
      void this.#act(pod).catch((failure: unknown) => {
        if (!this.#stopped) ignoreRaces(failure); // what was under way at the end finds the cluster closed
      });
    this.#release = informers.pods.onChange((now) => now && act(now));
    informers.pods.list().forEach(act);
  }

  async join(name: string, labels: Record<string, string> = {}): Promise<void> {
    await this.client.create<Node>(refs.nodes, {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", ...labels } },
      spec: {},
    });
    await this.#lease(name, manyYearsMs);
    await this.report(name, "True");
  }

  /** A node whose kubelet reports the condition Ready so. */
  async report(name: string, ready: "True" | "False"): Promise<void> {
    const stamp = this.#stamp();
    await this.client.patch<Node>(
      refs.nodes,
      undefined,
      name,
      "application/merge-patch+json",
      {
        status: {
          allocatable: { cpu: "8", memory: "16Gi", pods: "110" },
          capacity: { cpu: "8", memory: "16Gi", pods: "110" },
          conditions: [
            { type: "Ready", status: ready, reason: "KubeletReady", lastTransitionTime: stamp },
            { type: "MemoryPressure", status: "False", lastTransitionTime: stamp },
          ],
        },
      },
      { subresource: "status" },
    );
  }

  /** The node's kubelet falls silent: its lease is out of date and its pods are reported by nobody. */
  async lose(name: string): Promise<void> {
    this.#lost.add(name);
    await this.#lease(name, -120_000);
    // Anything of a node makes its controller look at the lease again.
    await this.client.patch(refs.nodes, undefined, name, "application/merge-patch+json", {
      metadata: { annotations: { lost: "true" } },
    });
  }

  /** The kubelet of a lost node is back: it reports, and does what was asked of it meanwhile. */
  async recover(name: string): Promise<void> {
    if (!this.#lost.delete(name)) return;
    await this.#lease(name, manyYearsMs);
    await this.report(name, "True");
    for (const pod of this.informers.pods.list())
      if (pod.spec.nodeName === name) await this.#act(pod).catch(ignoreRaces);
  }

  async finish(namespace: string, name: string, exitCode: number): Promise<void> {
    await this.#report(this.informers.pods.get(namespace, name)!, exitCode);
  }

  /** Readiness of one pod, from now on. */
  async setReady(namespace: string, name: string, isReady: boolean): Promise<void> {
    await this.#report(this.informers.pods.get(namespace, name)!, undefined, isReady);
  }

  /** Lets a pod of the image `stays` end. */
  async letGo(namespace: string, name: string): Promise<void> {
    await this.client.delete(refs.pods, namespace, name, { gracePeriodSeconds: 0 }).catch(ignoreRaces);
  }

  stop(): void {
    this.#stopped = true;
    this.#release();
  }

  async #act(pod: Pod): Promise<void> {
    const { nodeName } = pod.spec;
    if (!nodeName || this.#lost.has(nodeName)) return;
    const { namespace, name } = pod.metadata;
    const image = pod.spec.containers[0]!.image ?? "";
    if (pod.metadata.deletionTimestamp) {
      if (image !== "stays" && pod.metadata.deletionGracePeriodSeconds !== 0)
        await this.client.delete(refs.pods, namespace, name, {
          gracePeriodSeconds: 0,
          preconditions: { uid: pod.metadata.uid },
        });
      return;
    }
    if ((pod.status?.phase ?? "Pending") !== "Pending" || image === "held") return;
    const exitCode = /^exit-(\d+)$/.exec(image)?.[1];
    await this.#report(pod, exitCode === undefined ? undefined : Number(exitCode), image !== "unready");
  }

  async #report(pod: Pod, exitCode?: number, isReady = true): Promise<void> {
    const stamp = this.#stamp();
    const hasEnded = exitCode !== undefined;
    const status = hasEnded || !isReady ? "False" : "True";
    const state = hasEnded
      ? {
          terminated: {
            exitCode,
            finishedAt: stamp,
            startedAt: stamp,
            reason: exitCode ? "Error" : "Completed",
          },
        }
      : { running: { startedAt: pod.status?.startTime ?? stamp } };
    const podIP = pod.status?.podIP ?? `10.244.1.${this.#nextIp++ % 250}`;
    await this.client.patch(
      refs.pods,
      pod.metadata.namespace,
      pod.metadata.name,
      "application/strategic-merge-patch+json",
      {
        metadata: { uid: pod.metadata.uid },
        status: {
          phase: hasEnded ? (exitCode === 0 ? "Succeeded" : "Failed") : "Running",
          podIP,
          podIPs: [{ ip: podIP }],
          startTime: pod.status?.startTime ?? stamp,
          conditions: [
            { type: "Ready", status, lastTransitionTime: stamp },
            { type: "ContainersReady", status, lastTransitionTime: stamp },
          ],
          containerStatuses: pod.spec.containers.map(({ name, image }) => ({
            name,
            image,
            imageID: "",
            ready: status === "True",
            restartCount: 0,
            state,
          })),
        },
      },
      { subresource: "status" },
    );
  }

  async #lease(name: string, aheadMs: number): Promise<void> {
    const lease: Lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name, namespace: "kube-node-lease" },
      spec: { renewTime: new Date(this.clock.now() + aheadMs).toISOString().replace("Z", "000Z") },
    };
    const present = await this.client.get<Lease>(refs.leases, "kube-node-lease", name).catch(() => undefined);
    if (present) await this.client.update<Lease>(refs.leases, { ...present, spec: lease.spec });
    else await this.client.create<Lease>(refs.leases, lease);
  }

  #stamp(): string {
    return new Date(this.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
  }
}

function ignoreRaces(failure: unknown): void {
  if (!isNotFound(failure) && !isConflict(failure)) throw failure;
}
