import { setMaxListeners } from "node:events";
import type {
  ClusterClient,
  KubeList,
  ListOptions,
  ResourceRef,
  WatchEvent,
  WatchOptions,
} from "@/lib/cluster/client/client";
import { notFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { authorize, type Api, type Target } from "./api";
import { listRemote } from "./aggregation/list-remote";
import { createObject } from "./registry/create";
import { deleteObject } from "./registry/delete";
import { listObjects } from "./registry/list";
import { patchObject } from "./registry/patch";
import { apiVersionOf, groupResource, prepareServed, served, type RequestContext } from "./registry/registry";
import { replaceObject } from "./registry/update";
import { watchObjects, type WatchedEvent } from "./registry/watch";
import { createOnSubresource } from "./subresources/create";
import { isReview, review } from "./subresources/reviews";
import type { UserInfo } from "./types";

/** The API as `user`, without HTTP: see ClusterClient. */
export function createClient(api: Api, user: UserInfo): ClusterClient {
  const { registry } = api;
  const { store } = registry;
  const context = (overrides: Partial<RequestContext> = {}): RequestContext => ({
    user,
    dryRun: false,
    fieldValidation: "Ignore",
    fieldManager: user.name.slice(user.name.lastIndexOf(":") + 1) || "unknown",
    warnings: [],
    ...overrides,
  });
  const targetOf = (
    ref: ResourceRef,
    namespace: string | undefined,
    name: string,
    subresource = "",
  ): Target => {
    const resource = registry.resource(ref);
    return { resource, namespace: resource.kind.namespaced ? namespace : undefined, name, subresource };
  };
  const put = async (ref: ResourceRef, object: KubeObject, subresource: string) => {
    const target = targetOf(ref, object.metadata.namespace, object.metadata.name, subresource);
    authorize(api, user, "update", target);
    const entry = await replaceObject(
      registry,
      target.resource,
      target.namespace,
      target.name,
      object,
      context(),
      {
        subresource,
      },
    );
    await store.durable();
    await prepareServed(target.resource, [entry]);
    return served(target.resource, entry);
  };

  return {
    async get<T extends KubeObject>(ref: ResourceRef, namespace: string | undefined, name: string) {
      const target = targetOf(ref, namespace, name);
      authorize(api, user, "get", target);
      await store.settled();
      const entry = target.resource.collection.get(target.namespace, name);
      if (!entry) throw notFound(groupResource(target.resource), name);
      await prepareServed(target.resource, [entry]);
      return served(target.resource, entry) as T;
    },

    async list<T extends KubeObject>(ref: ResourceRef, options: ListOptions = {}) {
      const remote = api.aggregator.remoteAt(`/apis/${ref.group}/${ref.version}`);
      if (remote) return listRemote<T>(api, remote, ref, options, user);
      const target = targetOf(ref, options.namespace, "");
      authorize(api, user, "list", target);
      const { kind } = target.resource;
      await store.settled();
      const { entries, resourceVersion } = listObjects(registry, target.resource, {
        ...options,
        namespace: target.namespace,
      });
      await prepareServed(target.resource, entries);
      return {
        apiVersion: apiVersionOf(kind),
        kind: kind.listKind ?? `${kind.kind}List`,
        metadata: { resourceVersion },
        items: entries.map((entry) => served(target.resource, entry) as T),
      } satisfies KubeList<T>;
    },

    async create<T extends KubeObject>(ref: ResourceRef, object: T) {
      const target = targetOf(ref, object.metadata.namespace, "");
      authorize(api, user, "create", target);
      if (isReview(target.resource)) return (await review(api, target, object, context())) as T;
      const entry = await createObject(registry, target.resource, target.namespace, object, context());
      await store.durable();
      await prepareServed(target.resource, [entry]);
      return served(target.resource, entry) as T;
    },

    update: async <T extends KubeObject>(ref: ResourceRef, object: T) => (await put(ref, object, "")) as T,
    updateStatus: async <T extends KubeObject>(ref: ResourceRef, object: T) =>
      (await put(ref, object, "status")) as T,

    async patch<T extends KubeObject>(
      ...[ref, namespace, name, type, patch, options = {}]: Parameters<ClusterClient["patch"]>
    ) {
      const target = targetOf(ref, namespace, name, options.subresource);
      authorize(api, user, "patch", target);
      const manager = options.fieldManager ? { fieldManager: options.fieldManager } : {};
      const entry = await patchObject(registry, target, type, patch, context(manager), {
        force: options.force ?? false,
        authorizeCreate: () => authorize(api, user, "create", target),
      });
      await store.durable();
      await prepareServed(target.resource, [entry]);
      return served(target.resource, entry) as T;
    },

    async delete(ref, namespace, name, options = {}) {
      const target = targetOf(ref, namespace, name);
      authorize(api, user, "delete", target);
      await deleteObject(registry, target.resource, target.namespace, name, context(), options);
      await store.durable();
    },

    watch: <T extends KubeObject>(ref: ResourceRef, options: WatchOptions) => {
      const target = targetOf(ref, options.namespace, "");
      authorize(api, user, "watch", target);
      return watchIterable<T>(api, target, options);
    },

    async createSubresource<T extends KubeObject>(
      ref: ResourceRef,
      namespace: string | undefined,
      name: string,
      subresource: string,
      object: KubeObject,
    ) {
      const target = targetOf(ref, namespace, name, subresource);
      authorize(api, user, "create", target);
      const result = await createOnSubresource(api, target, object, context());
      await store.durable();
      return result as T;
    },
  };
}

/** Events that the reader has not taken yet; a reader that falls this far behind is told to list again. */
const backlogMax = 20_000;

async function* watchIterable<T extends KubeObject>(
  api: Api,
  { resource, namespace }: Target,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const { registry } = api;
  const queue: WatchedEvent[] = [];
  let wake: (() => void) | undefined;
  await registry.store.settled();
  if (options.signal.aborted) return;
  const watch = watchObjects(registry, resource, { ...options, namespace }, (event) => {
    queue.push(event);
    wake?.();
  });
  const onAbort = () => wake?.();
  let isRemoved = false;
  const release = registry.whenRemoved(resource.kind, () => {
    isRemoved = true;
    wake?.();
  });
  setMaxListeners(0, options.signal); // one signal mostly ends all watches of a controller
  options.signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (const event of watch.initial) {
      if (options.signal.aborted) return;
      if (resource.kind.conversion) await prepareServed(resource, [event.entry]);
      yield { type: event.type, object: served(resource, event.entry) as T };
    }
    yield { type: "BOOKMARK", object: { metadata: { resourceVersion: String(watch.rv) } } };
    for (;;) {
      if (queue.length > backlogMax) return;
      for (const event of queue.splice(0)) {
        if (options.signal.aborted) return;
        if (resource.kind.conversion) await prepareServed(resource, [event.entry]);
        yield { type: event.type, object: served(resource, event.entry) as T };
      }
      if (options.signal.aborted) return;
      if (queue.length > 0) continue;
      if (isRemoved) return;
      await new Promise<void>((resolve) => (wake = resolve));
      wake = undefined;
    }
  } finally {
    release();
    watch.stop();
    options.signal.removeEventListener("abort", onAbort);
  }
}
