import type { Pod } from "@/lib/cluster/resources/types";
import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { NginxProcess } from "./nginx-process";

export interface DataPlane {
  pod: Pod;
  nginx: NginxProcess;
}

/** The nginx of one cluster that are ready for a configuration, and who waits for them. */
export class Registry {
  readonly #planes = new Set<DataPlane>();
  readonly #watchers = new Set<() => void>();

  add(plane: DataPlane): () => void {
    this.#planes.add(plane);
    this.#notify();
    return () => {
      this.#planes.delete(plane);
      this.#notify();
    };
  }

  find(isWanted: (pod: Pod) => boolean): DataPlane[] {
    return [...this.#planes].filter(({ pod }) => isWanted(pod));
  }

  onChange(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

const registries = new WeakMap<AddonContext, Registry>();

export function registryOf(context: AddonContext): Registry {
  const registry = registries.get(context) ?? new Registry();
  registries.set(context, registry);
  return registry;
}
