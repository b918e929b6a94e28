import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type {
  CertificateSigningRequest,
  ConfigMap,
  CronJob,
  HorizontalPodAutoscaler,
  DaemonSet,
  Deployment,
  Endpoints,
  EndpointSlice,
  Job,
  Namespace,
  NetworkPolicy,
  Node,
  PersistentVolumeClaim,
  PersistentVolume,
  PodDisruptionBudget,
  StatefulSet,
  StorageClass,
  Pod,
  ReplicaSet,
  ReplicationController,
  Secret,
  Service,
  ServiceAccount,
} from "@/lib/cluster/resources/types";
import type { ControllerRevision } from "@/lib/cluster/resources/types";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { ClusterClient, ResourceRef } from "./client";
import { isExpired } from "./status";
import { refs } from "./refs";

export type ChangeHandler<T> = (now: T | undefined, old: T | undefined) => void;

const retryFirstMs = 500;
const retryMaxMs = 30_000;

/** A collection held in memory and kept up to date by a watch. Objects are shared: never change one. */
export class Informer<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #handlers = new Set<ChangeHandler<T>>();
  readonly #waiters = new Set<() => void>();
  #started: Promise<void> | undefined;
  /** Everything up to this version of the cluster is in the cache; events come in the order of their versions. */
  #seenVersion = -1;

  constructor(
    private readonly client: ClusterClient,
    private readonly resource: ResourceRef,
    private readonly signal: AbortSignal,
    /** Only what is in this namespace. */
    private readonly scope: { namespace?: string } = {},
  ) {}

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(`${namespace ?? ""}/${name}`);
  }

  list(namespace?: string): T[] {
    const all = [...this.#objects.values()];
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  /** Called with (object, undefined) when it appears, (undefined, last) when it is gone. Returns the release. */
  onChange(handler: ChangeHandler<T>): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /**
   * Resolves when the collection has been read once; rejects when the first try fails, and goes on trying all the same.
   * Safe to repeat.
   */
  start(): Promise<void> {
    this.#started ??= new Promise((resolve, reject) => {
      void this.#run(resolve, reject);
    });
    return this.#started;
  }

  /** Resolves when this cache has seen `written`, though it may be changed or gone by then. */
  reached(written: T): Promise<void> {
    return this.until(() => this.#seenVersion >= Number(written.metadata.resourceVersion));
  }

  /**
   * Resolves when `check` holds of this cache: what a controller wrote must be seen before it plans again. Resolves too
   * when the time is over, the caches stop or `signal` aborts: who needs to know asks `check` again.
   */
  async until(
    check: () => boolean,
    { timeoutMs = 5000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<void> {
    if (check() || this.signal.aborted || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        this.#waiters.delete(wake);
        resolve();
      };
      const wake = () => {
        if (check() || this.signal.aborted) end();
      };
      const timer = setTimeout(end, timeoutMs);
      signal?.addEventListener("abort", end, { once: true });
      this.#waiters.add(wake);
    });
  }

  /** Reads and watches until the signal aborts. Whatever fails is tried again, later and later. */
  async #run(onSynced: () => void, onFailure: (failure: Error) => void): Promise<void> {
    let failures = 0;
    while (!this.signal.aborted) {
      try {
        const list = await this.client.list<T>(this.resource, this.scope);
        this.#seenVersion = Number(list.metadata.resourceVersion);
        this.#replace(list.items);
        this.#wake();
        onSynced();
        const { resourceVersion } = list.metadata;
        for await (const event of this.client.watch<T>(this.resource, {
          ...this.scope,
          resourceVersion,
          signal: this.signal,
        })) {
          failures = 0;
          if (event.type === "BOOKMARK") continue;
          this.#seenVersion = Number(event.object.metadata.resourceVersion);
          this.#set(keyOf(event.object), event.type === "DELETED" ? undefined : event.object, event.object);
        }
      } catch (failure) {
        if (this.signal.aborted) break;
        onFailure(failure as Error);
        // A version that is too old calls for a new list at once, unless that does not help either.
        if (isExpired(failure) && failures++ === 0) continue;
      }
      const delayMs = Math.min(retryFirstMs * 2 ** Math.min(failures++, 10), retryMaxMs);
      await sleep(delayMs, undefined, { ref: false, signal: this.signal }).catch(() => undefined);
    }
    this.#wake();
  }

  #replace(items: T[]): void {
    const present = new Map(items.map((item) => [keyOf(item), item]));
    for (const key of [...this.#objects.keys()]) if (!present.has(key)) this.#set(key, undefined);
    for (const [key, item] of present) {
      const known = this.#objects.get(key);
      if (known?.metadata.resourceVersion !== item.metadata.resourceVersion) this.#set(key, item);
    }
  }

  #set(key: string, now: T | undefined, last?: T): void {
    const old = this.#objects.get(key) ?? (now ? undefined : last);
    if (now) this.#objects.set(key, now);
    else this.#objects.delete(key);
    for (const handler of [...this.#handlers]) handler(now, old);
    this.#wake();
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

/** The caches that controllers, scheduler and kubelets of one cluster share. */
export class Informers {
  readonly configMaps: Informer<ConfigMap>;
  readonly certificateSigningRequests: Informer<CertificateSigningRequest>;
  readonly controllerRevisions: Informer<ControllerRevision>;
  readonly cronJobs: Informer<CronJob>;
  readonly daemonSets: Informer<DaemonSet>;
  readonly deployments: Informer<Deployment>;
  readonly endpoints: Informer<Endpoints>;
  readonly endpointSlices: Informer<EndpointSlice>;
  readonly horizontalPodAutoscalers: Informer<HorizontalPodAutoscaler>;
  readonly jobs: Informer<Job>;
  readonly namespaces: Informer<Namespace>;
  readonly networkPolicies: Informer<NetworkPolicy>;
  readonly nodes: Informer<Node>;
  readonly persistentVolumeClaims: Informer<PersistentVolumeClaim>;
  readonly persistentVolumes: Informer<PersistentVolume>;
  readonly podDisruptionBudgets: Informer<PodDisruptionBudget>;
  readonly pods: Informer<Pod>;
  readonly replicaSets: Informer<ReplicaSet>;
  readonly replicationControllers: Informer<ReplicationController>;
  readonly secrets: Informer<Secret>;
  readonly serviceAccounts: Informer<ServiceAccount>;
  readonly services: Informer<Service>;
  readonly statefulSets: Informer<StatefulSet>;
  readonly storageClasses: Informer<StorageClass>;
  readonly #abort = new AbortController();
  readonly #all: Informer<KubeObject>[] = [];

  constructor(client: ClusterClient) {
    setMaxListeners(0, this.#abort.signal); // one watch a collection
    const of = <T extends KubeObject>(resource: ResourceRef): Informer<T> => {
      const informer = new Informer<T>(client, resource, this.#abort.signal);
      this.#all.push(informer as unknown as Informer<KubeObject>);
      return informer;
    };
    this.configMaps = of(refs.configMaps);
    this.certificateSigningRequests = of(refs.certificateSigningRequests);
    this.controllerRevisions = of(refs.controllerRevisions);
    this.cronJobs = of(refs.cronJobs);
    this.daemonSets = of(refs.daemonSets);
    this.deployments = of(refs.deployments);
    this.endpoints = of(refs.endpoints);
    this.endpointSlices = of(refs.endpointSlices);
    this.horizontalPodAutoscalers = of(refs.horizontalPodAutoscalers);
    this.jobs = of(refs.jobs);
    this.namespaces = of(refs.namespaces);
    this.networkPolicies = of(refs.networkPolicies);
    this.nodes = of(refs.nodes);
    this.persistentVolumeClaims = of(refs.persistentVolumeClaims);
    this.persistentVolumes = of(refs.persistentVolumes);
    this.podDisruptionBudgets = of(refs.podDisruptionBudgets);
    this.pods = of(refs.pods);
    this.replicaSets = of(refs.replicaSets);
    this.replicationControllers = of(refs.replicationControllers);
    this.secrets = of(refs.secrets);
    this.serviceAccounts = of(refs.serviceAccounts);
    this.services = of(refs.services);
    this.storageClasses = of(refs.storageClasses);
    this.statefulSets = of(refs.statefulSets);
  }

  /** Resolves when every cache has been read once. */
  async start(): Promise<void> {
    await Promise.all(this.#all.map((informer) => informer.start()));
  }

  stop(): void {
    this.#abort.abort(new Error("The informers are stopping."));
  }
}
