import type { ClusterClient, ResourceRef } from "@/lib/cluster/client/client";
import { Informer } from "@/lib/cluster/client/informers";
import { refs } from "@/lib/cluster/client/refs";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { ConfigMap, EndpointSlice, Namespace, Secret, Service } from "@/lib/cluster/resources/types";
import {
  backendTlsPolicies,
  gatewayGroup,
  gatewayRefs,
  laterRoutes,
  type BackendTlsPolicy,
  type Gateway,
  type GatewayClass,
  type ReferenceGrant,
  type Route,
} from "@/lib/cluster/addons/gateway-api/types";
import type { Inputs } from "../model/graph";
import type { NginxProxy } from "./nginx-proxy";

/** A collection that the ServiceAccount may not read, or that the cluster does not have. */
export class CacheFailure extends Error {
  constructor(
    readonly resource: ResourceRef,
    override readonly cause: Error,
  ) {
    super(cause.message);
  }
}

/** What the controller watches, with the rights of its own ServiceAccount. */
export class Caches {
  readonly classes: Informer<GatewayClass>;
  readonly gateways: Informer<Gateway>;
  readonly grants: Informer<ReferenceGrant>;
  readonly services: Informer<Service>;
  readonly endpointSlices: Informer<EndpointSlice>;
  readonly secrets: Informer<Secret>;
  readonly namespaces: Informer<Namespace>;
  readonly routes = new Map<string, Informer<Route>>();
  policies: Informer<BackendTlsPolicy> | undefined;
  /** With the authorities that policies name. */
  configMaps: Informer<ConfigMap> | undefined;
  /** Of 2.x. */
  readonly proxies: Informer<NginxProxy> | undefined;
  readonly #all: { resource: ResourceRef; informer: Informer<KubeObject> }[] = [];

  constructor(
    private readonly client: ClusterClient,
    private readonly signal: AbortSignal,
    { withProxies }: { withProxies: boolean },
  ) {
    this.classes = this.#of(gatewayRefs.gatewayClasses);
    this.gateways = this.#of(gatewayRefs.gateways);
    this.grants = this.#of(gatewayRefs.referenceGrants);
    this.services = this.#of(refs.services);
    this.endpointSlices = this.#of(refs.endpointSlices);
    this.secrets = this.#of(refs.secrets);
    this.namespaces = this.#of(refs.namespaces);
    this.routes.set("HTTPRoute", this.#of(gatewayRefs.httpRoutes));
    this.routes.set("GRPCRoute", this.#of(gatewayRefs.grpcRoutes));
    this.proxies = withProxies
      ? this.#of({ group: "gateway.nginx.org", version: "v1alpha2", plural: "nginxproxies" })
      : undefined;
  }

  #of<T extends KubeObject>(resource: ResourceRef): Informer<T> {
    const informer = new Informer<T>(this.client, resource, this.signal);
    this.#all.push({ resource, informer: informer as unknown as Informer<KubeObject> });
    return informer;
  }

  /** The version in which the cluster has it and the ServiceAccount may read it: what is not there is not served. */
  async #readable({ plural, versions }: { plural: string; versions: string[] }) {
    for (const version of versions) {
      const resource = { group: gatewayGroup, version, plural };
      const isThere = await this.client.list(resource).then(
        () => true,
        () => false,
      );
      if (isThere) return resource;
    }
    return undefined;
  }

  /** Throws CacheFailure for a collection that the controller cannot do without. */
  async start(): Promise<void> {
    for (const [kind, later] of Object.entries(laterRoutes)) {
      const resource = await this.#readable(later);
      if (resource) this.routes.set(kind, this.#of(resource));
    }
    const policies = await this.#readable(backendTlsPolicies);
    if (policies) {
      this.policies = this.#of(policies);
      this.configMaps = this.#of(refs.configMaps);
    }
    await Promise.all(
      this.#all.map(({ resource, informer }) =>
        informer.start().catch((cause: Error) => {
          throw new CacheFailure(resource, cause);
        }),
      ),
    );
  }

  /** For watchLoop: calls back whenever anything that matters has changed. */
  get sources(): ((trigger: () => void) => () => void)[] {
    return this.#all.map(
      ({ informer }) =>
        (trigger: () => void) =>
          informer.onChange(trigger),
    );
  }

  get inputs(): Inputs {
    return {
      classes: this.classes.list(),
      gateways: this.gateways.list(),
      routes: [...this.routes.values()].flatMap((informer) => informer.list()),
      grants: this.grants.list(),
      policies: this.policies?.list() ?? [],
      configMap: (namespace, name) => this.configMaps?.get(namespace, name),
      service: (namespace, name) => this.services.get(namespace, name),
      slicesOf: (namespace, service) =>
        this.endpointSlices
          .list(namespace)
          .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service),
      secret: (namespace, name) => this.secrets.get(namespace, name),
      namespace: (name) => this.namespaces.get(undefined, name),
    };
  }
}
