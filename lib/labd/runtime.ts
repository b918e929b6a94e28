import type { Clock } from "@/lib/core/clock";
import type { Cgroups } from "@/lib/sandbox/cgroup";
import type { Image } from "@/lib/sandbox/image/ensure-images";
import type { NodeRuntime } from "@/lib/sandbox/pod/node-runtime";
import { PodStore } from "@/lib/sandbox/pod/store";
import type { LabNode } from "./labd";

/** The container runtimes of all nodes: one store of pods a node, forgotten with its sandbox. */
export class Runtimes {
  readonly #stores = new WeakMap<object, Map<number, PodStore>>();

  constructor(
    private readonly images: Image[],
    private readonly cgroups: Cgroups,
    private readonly clock: Clock,
  ) {}

  of(node: LabNode): NodeRuntime {
    const stores = this.#stores.get(node.owner) ?? new Map<number, PodStore>();
    this.#stores.set(node.owner, stores);
    const store = stores.get(node.index) ?? new PodStore(node.paths.cri);
    stores.set(node.index, store);
    const { cgroups } = this;
    const { sandboxId } = node;
    return {
      nodeName: node.name,
      control: node.control,
      store,
      images: this.images,
      clock: this.clock,
      limits: {
        apply: (id, nodePid, limits) => cgroups.limitContainer(sandboxId, id, nodePid, limits),
        ranOutOfMemory: (id) => cgroups.containerRanOutOfMemory(sandboxId, id),
        release: (id) => cgroups.removeContainer(sandboxId, id),
      },
    };
  }
}
