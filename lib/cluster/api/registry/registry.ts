import type { Clock } from "@/lib/core/clock";
import type { ResourceRef } from "@/lib/cluster/client/client";
import { noSuchResource } from "@/lib/cluster/client/status";
import type { ClusterFacts, Kind, KubeObject, StrategyContext } from "@/lib/cluster/resources/kind";
import type { Collection, Entry } from "../store/collection";
import { collectionId, type Store } from "../store/store";
import type { Conversion } from "../crd/conversion";
import type { MergeType } from "../patch/merge-types";
import type { UserInfo } from "../types";
import type { AdmissionPlugin } from "../admission/plugin";

/** How one request wants to be treated. */
export interface RequestContext {
  user: UserInfo;
  dryRun: boolean;
  fieldValidation: "Strict" | "Warn" | "Ignore";
  /** Owner of the fields that the request sets. */
  fieldManager: string;
  /** Sentences for the client's Warning headers; filled while the request runs. */
  warnings: string[];
  /** Strict decoding errors of what the body says more than once. */
  repeated?: string[];
  /** Of the API server itself: no webhook may stand in its way, or a cluster could not come up again. */
  isInternal?: boolean;
}

/** Custom kinds bring what the tables of the built-in ones hold. */
export interface ServedKind extends Kind {
  mergeType?: MergeType;
  /** Of a CustomResourceDefinition: list items carry kind and apiVersion. */
  isCustom?: boolean;
  /** Where a custom kind has several versions. */
  conversion?: Conversion;
  /** Its schema as the definition has it, for the OpenAPI document. */
  openApiSchema?: object;
  /** Sent with every answer. */
  deprecationWarning?: string;
  /** Its definition is being deleted: no object may be created any more. */
  isEnding?(): boolean;
  /** Prunes and checks a decoded custom object against its schema. */
  checkCustom?(object: KubeObject, context: RequestContext): KubeObject;
  /** Where a custom kind keeps its replicas. */
  scalePaths?: {
    read(object: KubeObject): { replicas: number; statusReplicas: number; selector: string };
    write(object: KubeObject, replicas: number): void;
  };
}

/** A kind as one group and version serves it, with the collection that holds its objects. */
export interface Resource {
  kind: ServedKind;
  /** The kind whose objects are stored; mostly `kind` itself. */
  stored: Kind;
  collection: Collection;
}

/** Everything that verbs work with. Verbs are functions over it, one file each. */
export class Registry {
  readonly #resources = new Map<string, Resource>();
  readonly #byKind = new Map<string, Resource>();
  readonly #removals = new Map<Kind, Set<() => void>>();
  /** Run in order on every write, as upstream's chain of plugins. */
  admission: AdmissionPlugin[] = [];
  /** Grows whenever the set of served kinds changes: discovery documents are made once per value. */
  generation = 0;

  constructor(
    readonly store: Store,
    readonly clock: Clock,
    readonly facts: ClusterFacts,
    kinds: readonly Kind[],
  ) {
    for (const kind of kinds) this.addKind(kind, kinds);
  }

  addKind(kind: Kind, siblings: readonly Kind[] = []): void {
    const { storage } = kind;
    const stored = storage
      ? siblings.find(
          ({ group, version, plural }) =>
            group === storage.group && version === storage.version && plural === kind.plural,
        )
      : kind;
    if (!stored)
      throw new Error(`${kind.group}/${kind.version} ${kind.kind}: its stored kind is not listed.`);
    const resource = {
      kind,
      stored,
      collection: this.store.collection(collectionId(stored.group, stored.plural)),
    };
    this.#resources.set(`${kind.group}/${kind.version}/${kind.plural}`, resource);
    this.#byKind.set(`${kind.group}/${kind.version}/${kind.kind}`, resource);
    this.generation++;
  }

  removeKind(kind: Kind): void {
    for (const listener of this.#removals.get(kind) ?? []) listener();
    this.#removals.delete(kind);
    this.#resources.delete(`${kind.group}/${kind.version}/${kind.plural}`);
    this.#byKind.delete(`${kind.group}/${kind.version}/${kind.kind}`);
    this.generation++;
  }

  /** Calls once when a kind is no longer served as it is; gives the release. */
  whenRemoved(kind: Kind, listener: () => void): () => void {
    const listeners = this.#removals.get(kind) ?? new Set();
    this.#removals.set(kind, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  kinds(): ServedKind[] {
    return [...this.#resources.values()].map(({ kind }) => kind);
  }

  find({ group, version, plural }: ResourceRef): Resource | undefined {
    return this.#resources.get(`${group}/${version}/${plural}`);
  }

  findKind(group: string, version: string, kind: string): Resource | undefined {
    return this.#byKind.get(`${group}/${version}/${kind}`);
  }

  /** The other versions and groups that serve the same objects. */
  equivalents(resource: Resource): Resource[] {
    const all = [...this.#resources.values()];
    return all.filter((other) => other !== resource && other.collection === resource.collection);
  }

  /** Throws 404 as for an unknown path. */
  resource(ref: ResourceRef): Resource {
    const resource = this.find(ref);
    if (!resource) throw noSuchResource();
    return resource;
  }

  /** A stored object by group and plural, whatever version serves it. */
  read(group: string, plural: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.store.collection(collectionId(group, plural)).get(namespace, name)?.object;
  }

  readAll(group: string, plural: string, namespace?: string): KubeObject[] {
    return this.store
      .collection(collectionId(group, plural))
      .list(namespace)
      .map((entry) => entry.object);
  }

  strategyContext(user: UserInfo): StrategyContext {
    return {
      nowMs: this.clock.now(),
      user,
      get: (group, plural, namespace, name) => this.read(group, plural, namespace, name),
      list: (group, plural, namespace) => this.readAll(group, plural, namespace),
      cluster: this.facts,
    };
  }
}

/** To be awaited before `served` is asked for entries of a kind that others convert. */
export async function prepareServed({ kind }: Resource, entries: readonly Entry[]): Promise<void> {
  await kind.conversion?.prepare(
    entries.map(({ object }) => object),
    apiVersionOf(kind),
  );
}

/** The object of an entry as `resource` serves it. */
export function served(resource: Resource, entry: Entry): KubeObject {
  const { conversion } = resource.kind;
  if (conversion) return conversion.known(entry.object, apiVersionOf(resource.kind));
  return resource.kind.storage ? resource.kind.storage.fromStored(entry.object) : entry.object;
}

export const apiVersionOf = ({ group, version }: { group: string; version: string }) =>
  group ? `${group}/${version}` : version;

export const groupResource = ({ kind }: Resource) => ({ group: kind.group, plural: kind.plural });

/** Requests of the cluster's own parts. */
export function internalContext(
  name: string,
  groups = ["system:masters", "system:authenticated"],
): RequestContext {
  return {
    user: { name, groups },
    dryRun: false,
    fieldValidation: "Ignore",
    fieldManager: name,
    warnings: [],
    isInternal: true,
  };
}
