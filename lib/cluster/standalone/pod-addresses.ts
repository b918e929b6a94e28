import { addressIn } from "@/lib/core/address-in";
import { AppError } from "@/lib/core/app-error";
import type { Pod } from "@/lib/cluster/resources/types";

/** Which pod has which address: the lowest free one of its node's range, kept until the pod is gone. */
export class PodAddresses {
  readonly #byPod = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** The pod's address; the one that it reports, if any. Throws AppError `exhausted` when the range is used up. */
  of(key: string, pod: Pod, range: string): string {
    const known = this.#byPod.get(key);
    if (known) return known;
    const address = pod.status?.podIP ?? this.#lowestFree(range);
    this.#byPod.set(key, address);
    this.#taken.add(address);
    return address;
  }

  release(key: string): void {
    const address = this.#byPod.get(key);
    this.#byPod.delete(key);
    if (address) this.#taken.delete(address);
  }

  /** The first address is the bridge's, as host-local leaves it. */
  #lowestFree(range: string): string {
    const size = 2 ** (32 - Number(range.split("/")[1] ?? "32"));
    for (let index = 2; index < size - 1; index++) {
      const address = addressIn(range, index);
      if (!this.#taken.has(address)) return address;
    }
    throw new AppError("exhausted", `No address of ${range} is free for another pod.`);
  }
}
