import type { ClusterClient } from "@/lib/cluster/client/client";
import type { Informer } from "@/lib/cluster/client/informers";
import { refs } from "@/lib/cluster/client/refs";
import type { EndpointSlice, Namespace, Node, Service } from "@/lib/cluster/resources/types";
import { Caches } from "../agents/caches";
import { metallbRefs, type IPAddressPool, type L2Advertisement } from "./types";

/** What both parts of MetalLB watch: its own kinds in its own namespace only. */
export class MetallbCaches extends Caches {
  readonly services = this.add<Service>(refs.services);
  readonly namespaces = this.add<Namespace>(refs.namespaces);
  readonly pools: Informer<IPAddressPool>;
  readonly advertisements: Informer<L2Advertisement>;

  constructor(client: ClusterClient, signal: AbortSignal, namespace: string) {
    super(client, signal);
    this.pools = this.add(metallbRefs.pools, namespace);
    this.advertisements = this.add(metallbRefs.l2Advertisements, namespace);
  }
}

export class SpeakerCaches extends MetallbCaches {
  readonly endpointSlices = this.add<EndpointSlice>(refs.endpointSlices);
  readonly nodes = this.add<Node>(refs.nodes);

  slicesOf({ metadata }: Service): EndpointSlice[] {
    return this.endpointSlices
      .list(metadata.namespace)
      .filter((slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === metadata.name);
  }
}
