import { setMaxListeners } from "node:events";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { Informer } from "@/lib/cluster/client/informers";
import { isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject, OwnerReference } from "@/lib/cluster/resources/kind";
import type { CustomResourceDefinition } from "@/lib/cluster/resources/types";
import { collectionOf, collections, customCollection, definitionsRef, type Collection } from "../collections";
import { canonical } from "../pods";
import { deletesInForeground, type OwnerState } from "./plan";

/** Kinds that are many, short-lived and never owners or owned. */
const ignored = new Set(["events"]);

/** Hears of every change of an object of a kind; `undefined`: it is gone. Gives the release. */
export type Follow = (collection: Collection, informer: Informer<KubeObject>) => () => void;

/** Caches of every kind that is served, the ones of CustomResourceDefinitions among them as they come and go. */
export class WatchedKinds {
  readonly #abort = new AbortController();
  readonly #informers = new Map<Collection, Informer<KubeObject>>();
  /** By the definition's name; each with what ends its watch. */
  readonly #custom = new Map<string, { collection: Collection; stop(): void }>();

  constructor(
    private readonly client: ClusterClient,
    private readonly onFailure: (failure: unknown) => void,
  ) {
    setMaxListeners(0, this.#abort.signal); // one watch a collection
    for (const collection of collections)
      if (!ignored.has(collection.plural))
        this.#informers.set(collection, new Informer<KubeObject>(client, collection, this.#abort.signal));
  }

  /** `onKind` is called when another custom kind is watched. Gives the releases. */
  follow(follow: Follow, onKind: () => void): (() => void)[] {
    const releases = [...this.#informers].map(([collection, informer]) => follow(collection, informer));
    const [, definitions] = this.find(
      definitionsRef.group,
      definitionsRef.version,
      definitionsRef.plural,
    )! as unknown as [Collection, Informer<CustomResourceDefinition>];
    releases.push(
      definitions.onChange((now, old) => {
        const { name } = (now ?? old)!.metadata;
        const collection = now && customCollection(now);
        const known = this.#custom.get(name);
        if (known && canonical(known.collection) === canonical(collection ?? null)) return;
        known?.stop();
        this.#custom.delete(name);
        if (!collection) return;
        this.#custom.set(name, { collection, stop: this.#watch(collection, follow) });
        onKind();
      }),
    );
    for (const informer of this.#informers.values()) void this.#start(informer);
    return releases;
  }

  stop(): void {
    this.#abort.abort(new Error("The garbage collector is stopping."));
  }

  /** Resolves when each kind has been read once, or could not be. */
  async started(): Promise<void> {
    await Promise.all(
      [...this.#informers.values()].map((informer) => informer.start().catch(() => undefined)),
    );
  }

  find(group: string, version: string, plural: string): [Collection, Informer<KubeObject>] | undefined {
    return [...this.#informers].find(
      ([one]) => one.group === group && one.version === version && one.plural === plural,
    );
  }

  /** Where the owner that a reference names lives, in whatever served version it is named. */
  collectionOf({ apiVersion, kind }: Pick<OwnerReference, "apiVersion" | "kind">): Collection | undefined {
    const [group] = apiVersion.includes("/") ? apiVersion.split("/") : [""];
    return (
      collectionOf(apiVersion, kind) ??
      [...this.#custom.values()]
        .map(({ collection }) => collection)
        .find((one) => one.group === group && one.kind === kind)
    );
  }

  /** The owner as the cache has it where the reference says that it is, whatever its uid. */
  owner(owner: OwnerReference, namespace: string | undefined): [Collection, KubeObject] | undefined {
    const collection = this.collectionOf(owner);
    const found =
      collection &&
      this.#informers.get(collection)?.get(collection.namespaced ? namespace : undefined, owner.name);
    return found && [collection, found];
  }

  /** Whether the object that the uid belongs to is in a namespace other than the reference's. */
  isElsewhere(owner: OwnerReference, namespace: string | undefined): boolean {
    const collection = this.collectionOf(owner);
    const informer = collection?.namespaced ? this.#informers.get(collection) : undefined;
    const real = informer?.list().find(({ metadata }) => metadata.uid === owner.uid);
    return real !== undefined && real.metadata.namespace !== namespace;
  }

  stateOf({ metadata: { namespace } }: KubeObject, owner: OwnerReference): OwnerState {
    return stateFrom(this.collectionOf(owner), owner, namespace, () => this.owner(owner, namespace)?.[1]);
  }

  /** As `stateOf`, asked of the API: the caches of two kinds are not of one moment. */
  async liveStatesOf({ metadata }: KubeObject): Promise<Map<string, OwnerState>> {
    const states = new Map<string, OwnerState>();
    for (const owner of metadata.ownerReferences ?? []) {
      const collection = this.collectionOf(owner);
      const namespace = collection?.namespaced ? metadata.namespace : undefined;
      const live =
        collection &&
        (await this.client.get<KubeObject>(collection, namespace, owner.name).catch((failure: unknown) => {
          if (isNotFound(failure)) return undefined;
          throw failure;
        }));
      states.set(
        owner.uid,
        stateFrom(collection, owner, metadata.namespace, () => live),
      );
    }
    return states;
  }

  #watch(collection: Collection, follow: Follow): () => void {
    const own = new AbortController();
    const signal = AbortSignal.any([this.#abort.signal, own.signal]);
    const informer = new Informer<KubeObject>(this.client, collection, signal);
    this.#informers.set(collection, informer);
    const release = follow(collection, informer);
    void this.#start(informer);
    return () => {
      release();
      this.#informers.delete(collection);
      own.abort(new Error("The definition is gone."));
    };
  }

  async #start(informer: Informer<KubeObject>): Promise<void> {
    await informer.start().catch(this.onFailure);
  }
}

function stateFrom(
  collection: Collection | undefined,
  owner: OwnerReference,
  namespace: string | undefined,
  find: () => KubeObject | undefined,
): OwnerState {
  if (!collection) return "unknown";
  if (collection.namespaced && namespace === undefined) return "invalid";
  const found = find();
  if (found?.metadata.uid !== owner.uid) return "dangling";
  return deletesInForeground(found) ? "waiting" : "solid";
}
