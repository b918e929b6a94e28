import { Informer } from "@/lib/cluster/client/informers";
import type { ClusterClient, ResourceRef } from "@/lib/cluster/client/client";
import { refs } from "@/lib/cluster/client/refs";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { EndpointSlice, Namespace, Node, Service } from "@/lib/cluster/resources/types";
import { metallbRefs, type IPAddressPool, type L2Advertisement } from "./types";

/** What MetalLB watches, with the rights of its own ServiceAccounts: its own kinds in its own namespace only. */
export class Caches {
  readonly services: Informer<Service>;
  readonly namespaces: Informer<Namespace>;
  readonly pools: Informer<IPAddressPool>;
  readonly advertisements: Informer<L2Advertisement>;
  readonly #all: Informer<KubeObject>[] = [];

  constructor(
    private readonly client: ClusterClient,
    private readonly signal: AbortSignal,
    private readonly namespace: string,
  ) {
    this.services = this.add(refs.services);
    this.namespaces = this.add(refs.namespaces);
    this.pools = this.add(metallbRefs.pools, true);
    this.advertisements = this.add(metallbRefs.l2Advertisements, true);
  }

  protected add<T extends KubeObject>(ref: ResourceRef, isOwn = false): Informer<T> {
    const scope = isOwn ? { namespace: this.namespace } : {};
    const informer = new Informer<T>(this.client, ref, this.signal, scope);
    this.#all.push(informer as unknown as Informer<KubeObject>);
    return informer;
  }

  /** Throws what the API server says to a list that the ServiceAccount may not make. */
  async start(): Promise<void> {
    await Promise.all(this.#all.map((informer) => informer.start()));
  }

  /** For watchLoop. */
  get sources(): ((trigger: () => void) => () => void)[] {
    return this.#all.map((informer) => (trigger: () => void) => informer.onChange(trigger));
  }
}

export class SpeakerCaches extends Caches {
  readonly endpointSlices: Informer<EndpointSlice> = this.add(refs.endpointSlices);
  readonly nodes: Informer<Node> = this.add(refs.nodes);

  slicesOf({ metadata }: Service): EndpointSlice[] {
    return this.endpointSlices
      .list(metadata.namespace)
      .filter((slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === metadata.name);
  }
}
