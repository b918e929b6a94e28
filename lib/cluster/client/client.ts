import type { KubeObject } from "@/lib/cluster/resources/kind";

/** Names a collection: `{ group: "apps", version: "v1", plural: "deployments" }`; the core group is "". */
export interface ResourceRef {
  group: string;
  version: string;
  plural: string;
}

export interface KubeList<T extends KubeObject> {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

export type WatchEvent<T extends KubeObject> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: T }
  | { type: "BOOKMARK"; object: { metadata: { resourceVersion: string } } };

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

export interface WatchOptions extends ListOptions {
  /** Events after this version; without it the collection's present state comes first as ADDED. */
  resourceVersion?: string;
  signal: AbortSignal;
}

export type PatchType =
  | "application/json-patch+json"
  | "application/merge-patch+json"
  | "application/strategic-merge-patch+json"
  | "application/apply-patch+yaml";

/**
 * The API of a cluster without HTTP, for controllers, kubelet and checkers: same admission, validation, RBAC and
 * watch semantics as over the wire, as the identity that the client was made for. Failures are `ApiStatusError`
 * (lib/cluster/client/status.ts) with upstream's reason and code.
 *
 * Objects handed out are shared with the store and frozen in spirit: never change one; copy what you write.
 */
export interface ClusterClient {
  get<T extends KubeObject>(resource: ResourceRef, namespace: string | undefined, name: string): Promise<T>;
  list<T extends KubeObject>(resource: ResourceRef, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends KubeObject>(resource: ResourceRef, object: T): Promise<T>;
  /** Optimistic when metadata.resourceVersion is set: 409 Conflict when it is stale. */
  update<T extends KubeObject>(resource: ResourceRef, object: T): Promise<T>;
  updateStatus<T extends KubeObject>(resource: ResourceRef, object: T): Promise<T>;
  patch<T extends KubeObject>(
    resource: ResourceRef,
    namespace: string | undefined,
    name: string,
    type: PatchType,
    patch: unknown,
    options?: { subresource?: string; fieldManager?: string; force?: boolean },
  ): Promise<T>;
  delete(
    resource: ResourceRef,
    namespace: string | undefined,
    name: string,
    options?: {
      gracePeriodSeconds?: number;
      propagationPolicy?: "Foreground" | "Background" | "Orphan";
      preconditions?: { uid?: string; resourceVersion?: string };
    },
  ): Promise<void>;
  /** Ends when the signal aborts; throws ApiStatusError 410 Expired when the version is too old. */
  watch<T extends KubeObject>(resource: ResourceRef, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** POST to a subresource such as pods/binding, pods/eviction, serviceaccounts/token. */
  createSubresource<T extends KubeObject>(
    resource: ResourceRef,
    namespace: string | undefined,
    name: string,
    subresource: string,
    object: KubeObject,
  ): Promise<T>;
}
