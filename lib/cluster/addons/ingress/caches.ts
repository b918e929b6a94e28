import type { ClusterClient, ResourceRef } from "@/lib/cluster/client/client";
import { Informer } from "@/lib/cluster/client/informers";
import { refs } from "@/lib/cluster/client/refs";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { EndpointSlice, Ingress, IngressClass, Secret, Service } from "@/lib/cluster/resources/types";
import type { Lookup } from "@/lib/cluster/addons/ingress-nginx/model/lookup";

/** What every ingress controller watches, with the rights of its own ServiceAccount. */
export class IngressCaches implements Lookup {
  readonly ingresses: Informer<Ingress>;
  readonly ingressClasses: Informer<IngressClass>;
  readonly services: Informer<Service>;
  readonly endpointSlices: Informer<EndpointSlice>;
  readonly secrets: Informer<Secret>;
  readonly #all: Informer<KubeObject>[] = [];

  constructor(
    private readonly client: ClusterClient,
    private readonly signal: AbortSignal,
  ) {
    this.ingresses = this.add(refs.ingresses);
    this.ingressClasses = this.add(refs.ingressClasses);
    this.services = this.add(refs.services);
    this.endpointSlices = this.add(refs.endpointSlices);
    this.secrets = this.add(refs.secrets);
  }

  protected add<T extends KubeObject>(ref: ResourceRef): Informer<T> {
    const informer = new Informer<T>(this.client, ref, this.signal);
    this.#all.push(informer as unknown as Informer<KubeObject>);
    return informer;
  }

  /** Throws what the API server says to a list that the ServiceAccount may not make. */
  async start(): Promise<void> {
    await Promise.all(this.#all.map((informer) => informer.start()));
  }

  /** For watchLoop: calls back whenever anything that a configuration is made of has changed. */
  get sources(): ((trigger: () => void) => () => void)[] {
    return this.#all.map((informer) => (trigger: () => void) => informer.onChange(trigger));
  }

  service(namespace: string, name: string): Service | undefined {
    return this.services.get(namespace, name);
  }

  slicesOf(namespace: string, service: string): EndpointSlice[] {
    return this.endpointSlices
      .list(namespace)
      .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service);
  }

  secret(namespace: string, name: string): Secret | undefined {
    return this.secrets.get(namespace, name);
  }
}
