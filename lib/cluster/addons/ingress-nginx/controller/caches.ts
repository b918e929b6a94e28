import type { ClusterClient } from "@/lib/cluster/client/client";
import { Informer } from "@/lib/cluster/client/informers";
import { refs } from "@/lib/cluster/client/refs";
import type {
  ConfigMap,
  EndpointSlice,
  Ingress,
  IngressClass,
  Secret,
  Service,
} from "@/lib/cluster/resources/types";
import type { Lookup } from "../model/lookup";

/** What the controller watches, with the rights of its own ServiceAccount. */
export class Caches implements Lookup {
  readonly ingresses: Informer<Ingress>;
  readonly ingressClasses: Informer<IngressClass>;
  readonly services: Informer<Service>;
  readonly endpointSlices: Informer<EndpointSlice>;
  readonly secrets: Informer<Secret>;
  readonly configMaps: Informer<ConfigMap>;

  constructor(client: ClusterClient, signal: AbortSignal) {
    this.ingresses = new Informer(client, refs.ingresses, signal);
    this.ingressClasses = new Informer(client, refs.ingressClasses, signal);
    this.services = new Informer(client, refs.services, signal);
    this.endpointSlices = new Informer(client, refs.endpointSlices, signal);
    this.secrets = new Informer(client, refs.secrets, signal);
    this.configMaps = new Informer(client, refs.configMaps, signal);
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

  get #all() {
    return [
      this.ingresses,
      this.ingressClasses,
      this.services,
      this.endpointSlices,
      this.secrets,
      this.configMaps,
    ];
  }
}
