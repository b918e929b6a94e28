import type { Clock } from "@/lib/core/clock";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { EventRecorder } from "@/lib/cluster/client/event-recorder";
import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { Pod } from "@/lib/cluster/resources/types";
import type { NodeInspection } from "./container-runtime";
import { quoted, type KubeletLog } from "./kubelet-log";
import { scarceOnDisk } from "./node-status";
import { isMirrorPod, isTerminal } from "./pod-identity";
import { iso } from "./pod-status";

const transitionDefaultMs = 5 * 60_000;
const criticalPriority = 2_000_000_000;

export interface DiskPressureOptions {
  client: ClusterClient;
  recorder: EventRecorder;
  clock: Clock;
  node: { name: string };
  /** The node's pods as the API has them. */
  pods(): Pod[];
}

/**
 * The eviction manager as far as a full disk goes (kubernetes 1.34 pkg/kubelet/eviction): the condition, which outlasts its
 * cause by the transition period, and one pod evicted with each look until there is room again.
 */
export class DiskPressure {
  #metAtMs: number | undefined;

  constructor(
    private readonly options: DiskPressureOptions,
    private readonly log: KubeletLog,
  ) {}

  get isPresent(): boolean {
    return this.#metAtMs !== undefined;
  }

  /** Before the node's status is reported; `evict` after it. */
  observe(inspection: NodeInspection): void {
    const { clock } = this.options;
    const transitionMs = inspection.pressureTransitionMs || transitionDefaultMs;
    if (scarceOnDisk(inspection)) this.#metAtMs = clock.now();
    else if (this.#metAtMs !== undefined && clock.now() - this.#metAtMs >= transitionMs)
      this.#metAtMs = undefined;
  }

  async evict(inspection: NodeInspection): Promise<void> {
    const resource = scarceOnDisk(inspection);
    if (!resource) return;
    const name = `resourceName=${quoted(resource)}`;
    this.log.warning("eviction_manager.go:369", `"Eviction manager: attempting to reclaim" ${name}`);
    const ranked = this.options.pods().filter(isEvictable).sort(byRank);
    const [first] = ranked;
    if (!first) {
      this.log.error(
        "eviction_manager.go:391",
        '"Eviction manager: eviction thresholds have been met, but no pods are active to evict"',
      );
      return;
    }
    this.log.info("eviction_manager.go:380", `"Eviction manager: must evict pod(s) to reclaim" ${name}`);
    this.log.info(
      "eviction_manager.go:398",
      `"Eviction manager: pods ranked for eviction" pods=${JSON.stringify(ranked.map(keyOf))}`,
    );
    await this.#end(first, messageOf(first, resource, inspection));
    this.log.info(
      "eviction_manager.go:616",
      `"Eviction manager: pod is evicted successfully" pod=${quoted(keyOf(first))}`,
    );
  }

  async #end(pod: Pod, message: string): Promise<void> {
    const { client, recorder, clock } = this.options;
    recorder.event(pod, "Warning", "Evicted", message);
    const now = iso(clock.now());
    const disruption = { type: "DisruptionTarget", status: "True", reason: "TerminationByKubelet", message };
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== disruption.type);
    const status = {
      ...{ phase: "Failed", reason: "Evicted", message },
      conditions: [...others, { ...disruption, lastProbeTime: null, lastTransitionTime: now }],
    };
    await client
      .patch(
        refs.pods,
        pod.metadata.namespace,
        pod.metadata.name,
        "application/merge-patch+json",
        { status },
        { subresource: "status" },
      )
      .catch((failure: unknown) => {
        if (!isNotFound(failure)) throw failure;
      });
  }
}

function isEvictable(pod: Pod): boolean {
  const isCritical = (pod.spec.priority ?? 0) >= criticalPriority;
  return !isCritical && !isMirrorPod(pod) && !isTerminal(pod) && !pod.metadata.deletionTimestamp;
}

/** What matters least first; of those, the youngest. */
function byRank(a: Pod, b: Pod): number {
  const startOf = (pod: Pod) => Date.parse(pod.metadata.creationTimestamp ?? "");
  return (a.spec.priority ?? 0) - (b.spec.priority ?? 0) || startOf(b) - startOf(a);
}

function keyOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function messageOf(pod: Pod, resource: string, facts: NodeInspection): string {
  const [threshold, available] =
    resource === "inodes"
      ? [String(Math.floor(facts.inodes * 0.05)), String(facts.inodesFree)]
      : [String(Math.floor(facts.diskKib * 1024 * 0.15)), `${facts.diskFreeKib}Ki`];
  const containers = pod.spec.containers.map(
    ({ name }) =>
      `Container ${name} was using 24Ki, request is 0, has larger consumption of ephemeral-storage. `,
  );
  return `The node was low on resource: ${resource}. Threshold quantity: ${threshold}, available: ${available}. ${resource === "inodes" ? "" : containers.join("")}`;
}
