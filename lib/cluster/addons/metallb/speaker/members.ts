import type { AddonContext } from "@/lib/cluster/addons/addon";

/** The speakers of one cluster that are alive, as they learn of each other by memberlist. */
export class Members {
  readonly #counts = new Map<string, number>();
  readonly #watchers = new Set<() => void>();

  /** By the name of its node; returns how it leaves. */
  join(node: string): () => void {
    this.#counts.set(node, (this.#counts.get(node) ?? 0) + 1);
    this.#notify();
    return () => {
      this.#counts.set(node, (this.#counts.get(node) ?? 1) - 1);
      this.#notify();
    };
  }

  has(node: string): boolean {
    return (this.#counts.get(node) ?? 0) > 0;
  }

  onChange(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

const clusters = new WeakMap<AddonContext, Members>();

export function membersOf(context: AddonContext): Members {
  const members = clusters.get(context) ?? new Members();
  clusters.set(context, members);
  return members;
}
