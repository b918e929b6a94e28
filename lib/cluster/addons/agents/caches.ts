import { Informer } from "@/lib/cluster/client/informers";
import type { ClusterClient, ResourceRef } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";

/** What a component watches, with the rights of its own ServiceAccount. */
export class Caches {
  readonly #all: Informer<KubeObject>[] = [];

  constructor(
    private readonly client: ClusterClient,
    private readonly signal: AbortSignal,
  ) {}

  /** Without `namespace`: in all of them. */
  protected add<T extends KubeObject>(ref: ResourceRef, namespace?: string): Informer<T> {
    const scope = namespace === undefined ? {} : { namespace };
    const informer = new Informer<T>(this.client, ref, this.signal, scope);
    this.#all.push(informer as unknown as Informer<KubeObject>);
    return informer;
  }

  /** Throws what the API server says to a list that the ServiceAccount may not make. */
  async start(): Promise<void> {
    await Promise.all(this.#all.map((informer) => informer.start()));
  }

  /** For watchLoop: calls back whenever anything that is watched has changed. */
  get sources(): ((trigger: () => void) => () => void)[] {
    return this.#all.map((informer) => (trigger: () => void) => informer.onChange(trigger));
  }
}
