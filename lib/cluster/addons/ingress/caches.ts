import { refs } from "@/lib/cluster/client/refs";
import type { EndpointSlice, Ingress, IngressClass, Secret, Service } from "@/lib/cluster/resources/types";
import { Caches } from "@/lib/cluster/addons/agents/caches";
import type { Lookup } from "@/lib/cluster/addons/ingress-nginx/model/lookup";

/** What every ingress controller watches. */
export class IngressCaches extends Caches implements Lookup {
  readonly ingresses = this.add<Ingress>(refs.ingresses);
  readonly ingressClasses = this.add<IngressClass>(refs.ingressClasses);
  readonly services = this.add<Service>(refs.services);
  readonly endpointSlices = this.add<EndpointSlice>(refs.endpointSlices);
  readonly secrets = this.add<Secret>(refs.secrets);

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
