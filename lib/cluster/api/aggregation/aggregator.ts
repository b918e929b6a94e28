import type { Logger } from "@/lib/core/logger";
import type { ApiService, Condition } from "@/lib/cluster/resources/types";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { Backends } from "../backends/backends";
import { clone, deepEqual, rfc3339 } from "../json";
import { internalContext, type Registry } from "../registry/registry";
import { updateObject } from "../registry/update";
import { collectionId } from "../store/store";
import type { KeyPair, UserInfo } from "../types";
import { unavailable } from "./availability";
import { discoveredResources } from "./discovered";
import { readOpenApi } from "./remote-openapi";
import { frontProxyHeaders, remoteServiceOf, rootOf, type RemoteService } from "./remote-service";

const group = "apiregistration.k8s.io";
const aggregator = { name: "system:kube-aggregator", groups: ["system:masters"] };
/** Who reads the documents of other servers. */
export const documentReader = { name: "system:aggregator", groups: ["system:authenticated"] };
const context = internalContext("kube-apiserver");
/** A server that answers is asked again this often; one that does not, sooner and then ever later. */
const recheckMs = 30_000;
const retryFirstMs = 500;
const askTimeoutMs = 5000;

/** The APIServices of other servers: knows which path is whose, and keeps their Available conditions. */
export class Aggregator {
  readonly #remotes = new Map<string, RemoteService>();
  readonly #stop = new AbortController();
  readonly #releases: (() => void)[] = [];
  #wake: (() => void) | undefined;
  #isDue = true;
  #loop: Promise<void> | undefined;

  constructor(
    readonly registry: Registry,
    readonly backends: Backends,
    readonly logger: Logger,
    /** What this server shows to aggregated servers, as the front proxy. */
    readonly client: KeyPair | undefined,
  ) {}

  /** Whose the path is; undefined for what this server answers itself. */
  remoteAt(path: string): RemoteService | undefined {
    if (this.#remotes.size === 0) return undefined;
    const [, root, first = "", second = ""] = path.split("/");
    if (root === "api") return first ? this.#find("", first) : undefined;
    return root === "apis" && second ? this.#find(first, second) : undefined;
  }

  /** Whose OpenAPI v3 document "apis/metrics.k8s.io/v1beta1" is. */
  documentedAt(path: string): RemoteService | undefined {
    const remote = this.remoteAt(`/${path}`);
    return remote?.openapi?.hash !== undefined && path === rootOf(remote).slice(1) ? remote : undefined;
  }

  remotes(): RemoteService[] {
    return [...this.#remotes.values()];
  }

  start(): void {
    const services = this.registry.store.collection(collectionId(group, "apiservices"));
    for (const { object } of services.list()) this.#see(object);
    this.#releases.push(
      services.subscribe(({ type, entry: { object } }) => {
        if (type === "DELETED") this.#forget(object.metadata.name);
        else this.#see(object);
      }),
    );
    for (const [of, plural] of [
      ["", "services"],
      ["discovery.k8s.io", "endpointslices"],
    ] as const)
      this.#releases.push(
        this.registry.store.collection(collectionId(of, plural)).subscribe(({ entry: { object } }) => {
          if (this.#remotes.size > 0 && this.#concerns(plural, object)) this.#poke();
        }),
      );
    this.#loop = this.#run();
  }

  async close(): Promise<void> {
    for (const release of this.#releases.splice(0)) release();
    this.#stop.abort();
    this.#poke();
    await this.#loop;
  }

  #find(group: string, version: string): RemoteService | undefined {
    return this.#remotes.get(`${version}.${group}`);
  }

  #see(object: KubeObject): void {
    const { name } = object.metadata;
    const next = remoteServiceOf(object as unknown as ApiService, this.client);
    const known = this.#remotes.get(name);
    if (!next) return void (known && this.#forget(name));
    const isSame = known !== undefined && deepEqual([known.config, known.trust], [next.config, next.trust]);
    this.#remotes.set(name, { ...next, resources: known?.resources ?? [], openapi: known?.openapi });
    if (known?.isAvailable !== next.isAvailable) this.registry.generation++;
    if (!isSame) this.#poke();
  }

  #forget(name: string): void {
    if (this.#remotes.delete(name)) this.registry.generation++;
  }

  #concerns(plural: string, { metadata }: KubeObject): boolean {
    const name = plural === "services" ? metadata.name : metadata.labels?.["kubernetes.io/service-name"];
    return this.remotes().some(
      ({ config: { service } }) => service.namespace === metadata.namespace && service.name === name,
    );
  }

  #poke(): void {
    this.#isDue = true;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let retryMs = retryFirstMs;
    while (!signal.aborted) {
      this.#isDue = false;
      const results = await Promise.all(this.remotes().map((remote) => this.#check(remote)));
      const isGood = results.every(Boolean);
      retryMs = isGood ? retryFirstMs : Math.min(recheckMs, retryMs * 2);
      // Read again: the checks above took their time.
      if (this.#isDue || signal.aborted) continue;
      await this.#rest(this.#remotes.size === 0 ? undefined : isGood ? recheckMs : retryMs);
    }
  }

  /** Until something changes, or for so long. */
  async #rest(ms: number | undefined): Promise<void> {
    const awake = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    if (ms === undefined) await woken;
    else await Promise.race([woken, this.registry.clock.sleep(ms, awake.signal).catch(() => undefined)]);
    this.#wake = undefined;
    awake.abort();
  }

  /** Whether the server is there; writes what was found out to the APIService's status. */
  async #check(remote: RemoteService): Promise<boolean> {
    let found = unavailable(this.registry, remote);
    let { resources, openapi } = remote;
    if (!found)
      try {
        resources = await this.#ask(remote);
        openapi = await readOpenApi((path) => this.#get(remote, path, documentReader), remote);
      } catch (failure) {
        found = { reason: "FailedDiscoveryCheck", message: (failure as Error).message };
      }
    const known = this.#remotes.get(remote.name);
    if (this.#stop.signal.aborted || !known) return true;
    if (!deepEqual(known.resources, resources) || !deepEqual(known.openapi, openapi)) {
      known.resources = resources;
      known.openapi = openapi;
      this.registry.generation++;
    }
    const { reason, message } = found ?? { reason: "Passed", message: "all checks passed" };
    await this.#report(remote.name, {
      type: "Available",
      status: found ? "False" : "True",
      reason,
      message,
    } as Condition);
    return !found;
  }

  async #ask(remote: RemoteService) {
    // Whoever owns the network could lie about the status alone; requests themselves go by the APIService's trust.
    const judged = { ...remote, trust: { ...remote.trust, insecureSkipTLSVerify: true } };
    const text = await this.#get(judged, rootOf(remote), aggregator);
    return discoveredResources(JSON.parse(text), remote.group, remote.version);
  }

  #get({ config, trust }: RemoteService, path: string, user: UserInfo): Promise<string> {
    const headers = { ...frontProxyHeaders(user), Accept: "application/json" };
    return this.backends.get(config, path, trust, headers, askTimeoutMs);
  }

  async #report(name: string, condition: Condition): Promise<void> {
    const resource = this.registry.resource({ group, version: "v1", plural: "apiservices" });
    try {
      await updateObject(
        this.registry,
        resource,
        undefined,
        name,
        (current) => {
          const next = clone(current) as unknown as ApiService;
          delete next.metadata.resourceVersion;
          const others = (next.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
          const before = next.status?.conditions?.find(({ type }) => type === condition.type);
          const lastTransitionTime =
            before?.status === condition.status
              ? before.lastTransitionTime
              : rfc3339(this.registry.clock.now());
          next.status = { ...next.status, conditions: [...others, { ...condition, lastTransitionTime }] };
          return next as unknown as KubeObject;
        },
        context,
        { subresource: "status" },
      );
    } catch (failure) {
      if (!isNotFound(failure) && !isConflict(failure))
        this.logger.warn({ err: failure, name }, "an API service's status could not be written");
    }
  }
}
