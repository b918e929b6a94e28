import type { ClusterClient } from "@/lib/cluster/client/client";
import type { EventRecorder } from "@/lib/cluster/client/event-recorder";
import { refs } from "@/lib/cluster/client/refs";
import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { Service } from "@/lib/cluster/resources/types";
import type { MetallbCaches } from "../caches";
import type { Log } from "../log";
import { Allocator } from "../model/allocator";
import { converge, type Said } from "../model/converge";
import { readConfig, type Pool } from "../model/read-config";
import { allocatedFrom, deprecatedAnnotations, metallbRefs, type IPAddressPool } from "../types";

export interface ServicesOptions {
  loadBalancerClass: string | undefined;
  /** IPAddressPools have a status (0.15). */
  writesPoolStatus: boolean;
}

/** Gives addresses to the Services that ask for one, and takes them back; safe to repeat. */
export class ServiceSync {
  readonly #allocator = new Allocator();
  readonly #lastSaid = new Map<string, string>();
  #pools: ReadonlyMap<string, Pool> | undefined;
  #lastProblem = "";

  constructor(
    private readonly client: ClusterClient,
    private readonly caches: MetallbCaches,
    private readonly events: EventRecorder,
    private readonly log: Log,
    private readonly options: ServicesOptions,
  ) {}

  async run(): Promise<void> {
    this.#readPools();
    const services = this.caches.services
      .list()
      .filter((service) => this.#isOurs(service))
      .sort(byAge);
    const keys = new Set(services.filter(({ spec }) => spec.type === "LoadBalancer").map(keyOf));
    for (const key of this.#allocator.keys()) if (!keys.has(key)) this.#allocator.unassign(key);
    // A controller that starts anew first learns what it has given.
    for (const service of [...services.filter(hasAddress), ...services.filter((one) => !hasAddress(one))])
      await this.#sync(service);
    if (this.options.writesPoolStatus) await this.#writePoolStatuses();
  }

  #readPools(): void {
    try {
      this.#pools = readConfig({
        pools: this.caches.pools.list(),
        namespaces: this.caches.namespaces.list(),
      });
      this.#lastProblem = "";
    } catch (failure) {
      const { message } = failure as Error;
      if (message !== this.#lastProblem)
        this.log("error", "pool_controller.go:92", {
          controller: "PoolReconciler",
          error: message,
          message: "failed to parse the configuration",
        });
      this.#lastProblem = message;
    }
    if (this.#pools) this.#allocator.setPools(this.#pools);
  }

  #isOurs({ spec }: Service): boolean {
    return spec.loadBalancerClass === this.options.loadBalancerClass;
  }

  async #sync(service: Service): Promise<void> {
    const key = keyOf(service);
    const isBalanced =
      service.spec.type === "LoadBalancer" && this.#pools !== undefined && this.#pools.size > 0;
    if (!isBalanced) this.#allocator.unassign(key);
    const { ips, said } = isBalanced ? converge(key, service, this.#allocator) : { ips: [], said: [] };
    const annotations = { ...service.metadata.annotations };
    delete annotations[allocatedFrom];
    const pool = this.#allocator.poolOf(key);
    if (ips.length > 0 && pool) annotations[allocatedFrom] = pool;
    const before = (service.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? "");
    const isChanged =
      before.join() !== ips.join() ||
      annotations[allocatedFrom] !== service.metadata.annotations?.[allocatedFrom];
    this.#say(service, key, said);
    if (!isChanged) return;
    for (const name of deprecatedAnnotations(service))
      this.events.event(
        service,
        "Warning",
        "deprecatedAnnotation",
        `Service uses deprecated annotation ${name}`,
      );
    try {
      const written = await this.client.updateStatus<Service>(refs.services, {
        ...service,
        metadata: { ...service.metadata, annotations },
        status: {
          ...service.status,
          loadBalancer: ips.length > 0 ? { ingress: ips.map((ip) => ({ ip, ipMode: "VIP" })) } : {},
        },
      });
      this.log("info", "main.go:159", { event: "serviceUpdated", msg: "updated service object" });
      await this.caches.services.reached(written);
    } catch (failure) {
      // It has changed or gone meanwhile: whatever did that calls again.
      if (isConflict(failure) || isNotFound(failure)) return;
      this.log("error", "main.go:156", {
        op: "updateServiceStatus",
        error: (failure as Error).message,
        msg: "failed to update service",
      });
      throw failure;
    }
  }

  /** What is as it was the last time is not said again. */
  #say(service: Service, key: string, said: Said[]): void {
    const text = JSON.stringify(said.map(({ message }) => message));
    if (said.length > 0 && this.#lastSaid.get(key) === text) return;
    for (const { type, reason, message } of said) {
      this.events.event(service, type, reason, message);
      if (reason === "IPAllocated")
        this.log("info", "service.go:160", {
          event: "ipAllocated",
          msg: "IP address assigned by controller",
        });
      if (reason === "AllocationFailed")
        this.log("error", "service.go:152", {
          op: "allocateIPs",
          error: message,
          msg: "IP allocation failed",
        });
    }
    if (said.length > 0) this.#lastSaid.set(key, text);
    else this.#lastSaid.delete(key);
  }

  async #writePoolStatuses(): Promise<void> {
    for (const pool of this.#pools?.values() ?? []) {
      const resource = this.caches.pools.list().find(({ metadata }) => metadata.name === pool.name);
      const status = this.#allocator.countersOf(pool);
      if (!resource || Object.entries(status).every(([field, value]) => resource.status?.[field] === value))
        continue;
      await this.client
        .updateStatus<IPAddressPool>(metallbRefs.pools, { ...resource, status })
        .catch((failure: unknown) => {
          if (!isConflict(failure) && !isNotFound(failure)) throw failure;
        });
    }
  }
}

export const keyOf = ({ metadata }: Service) => `${metadata.namespace}/${metadata.name}`;

const hasAddress = ({ status }: Service) => (status?.loadBalancer?.ingress ?? []).length > 0;

function byAge(a: Service, b: Service): number {
  const age = ({ metadata }: Service) =>
    `${metadata.creationTimestamp} ${metadata.namespace}/${metadata.name}`;
  return age(a) < age(b) ? -1 : 1;
}
