import type { Labels } from "@/lib/cluster/client/label-selector";
import type {
  LabelSelector,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  StorageClass,
} from "@/lib/cluster/resources/types";
import { requestsOf, type Amounts } from "./requests";

/** A node with the pods that take from it: bound or assumed ones, terminating ones too, finished ones not. */
export class NodeInfo {
  #requested: Amounts | undefined;
  #withAffinity: readonly Pod[] | undefined;

  constructor(
    readonly node: Node,
    readonly pods: readonly Pod[],
  ) {}

  get name(): string {
    return this.node.metadata.name;
  }

  get labels(): Record<string, string> {
    return this.node.metadata.labels ?? {};
  }

  get requested(): Amounts {
    if (!this.#requested) {
      const total: Record<string, number> = {};
      for (const { spec } of this.pods)
        for (const [name, amount] of Object.entries(requestsOf(spec)))
          total[name] = (total[name] ?? 0) + amount;
      this.#requested = total;
    }
    return this.#requested;
  }

  /** Those of its pods that want or shun others. */
  get podsWithAffinity(): readonly Pod[] {
    return (this.#withAffinity ??= this.pods.filter(
      ({ spec: { affinity } }) => affinity?.podAffinity ?? affinity?.podAntiAffinity,
    ));
  }

  with(...more: Pod[]): NodeInfo {
    return new NodeInfo(this.node, [...this.pods, ...more]);
  }

  without(gone: ReadonlySet<Pod>): NodeInfo {
    return new NodeInfo(
      this.node,
      this.pods.filter((pod) => !gone.has(pod)),
    );
  }
}

/** What one scheduling cycle sees. */
export interface Snapshot {
  /** The same for all variations of one cycle's view: what is worked out once a cycle is kept by it. */
  readonly cycle: object;
  readonly nodes: readonly NodeInfo[];
  namespaceLabels(name: string): Labels;
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  volumes(): readonly PersistentVolume[];
  storageClass(name: string): StorageClass | undefined;
  budgets(): readonly PodDisruptionBudget[];
  /** Selectors of the Services and of the controller of a pod: with all of them it is spread by default. */
  selectorsOf(pod: Pod): readonly LabelSelector[];
  /** Pending pods that wait for a place on the node, whose victims are leaving. */
  nominated(nodeName: string): readonly Pod[];
}

/** The same cluster with some of its nodes otherwise: what would be if pods went or came. */
export function withNode(snapshot: Snapshot, changed: NodeInfo): Snapshot {
  return {
    ...snapshot,
    nodes: snapshot.nodes.map((info) => (info.name === changed.name ? changed : info)),
  };
}
