import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Collection } from "../collections";

export interface Watched {
  collection: Collection;
  object: KubeObject;
}

/** Who names whom as its owner, by uid: a deletion must not look at every object of the cluster. */
export class Dependents {
  readonly #byOwner = new Map<string, Map<string, Watched>>();

  of(owner: KubeObject): Watched[] {
    return [...(this.#byOwner.get(owner.metadata.uid ?? "")?.values() ?? [])];
  }

  /** `now` is undefined when the object is gone. */
  change(collection: Collection, now: KubeObject | undefined, old: KubeObject | undefined): void {
    for (const { uid } of old?.metadata.ownerReferences ?? []) {
      const owned = this.#byOwner.get(uid);
      owned?.delete(old!.metadata.uid ?? "");
      if (owned?.size === 0) this.#byOwner.delete(uid);
    }
    for (const { uid } of now?.metadata.ownerReferences ?? []) {
      const owned = this.#byOwner.get(uid) ?? new Map<string, Watched>();
      this.#byOwner.set(uid, owned.set(now!.metadata.uid ?? "", { collection, object: now! }));
    }
  }
}
