import { forbidden } from "@/lib/cluster/client/status";
import { compareQuantities, formatQuantity, parseQuantity } from "@/lib/cluster/resources/quantity";
import type { Api } from "../api";
import { deepEqual } from "../json";
import { internalContext, type Registry } from "../registry/registry";
import { updateObject } from "../registry/update";
import { addQuantities } from "./pod-resources";
import type { PodObject } from "./pod-object";
import { collectionsOf, costOf, inScope, usedOf, type ResourceQuota } from "./quota-usage";
import type { AdmissionAttributes, AdmissionPlugin } from "./plugin";

const computeNames = /^(requests\.|limits\.)?(cpu|memory|ephemeral-storage)$/;

/** Nothing is created beyond what the namespace's quotas allow (plugin/pkg/admission/resourcequota). */
export const resourceQuota: AdmissionPlugin = {
  name: "ResourceQuota",
  validate: check,
  confirm: check,
};

function check(
  { operation, resource, namespace, name, object, old, subresource }: AdmissionAttributes,
  registry: Registry,
): void {
  if (!namespace || subresource || (operation !== "CREATE" && operation !== "UPDATE")) return;
  const { id } = resource.collection;
  const quotas = registry.readAll("", "resourcequotas", namespace) as ResourceQuota[];
  for (const quota of quotas) {
    const hard = quota.spec?.hard ?? {};
    if (!collectionsOf(quota).includes(id) || !inScope(quota, id, object!)) continue;
    const cost = costOf(id, object!) ?? {};
    const before = old ? (costOf(id, old) ?? {}) : {};
    if (id === "core/pods" && operation === "CREATE") requireCompute(quota, object as PodObject, name);
    const used = usedOf(registry, quota);
    const exceeded = Object.keys(hard).filter((key) => {
      const delta = (cost[key]?.nanos ?? 0n) - (before[key]?.nanos ?? 0n);
      if (delta <= 0n) return false;
      const sum = addQuantities(parseQuantity(used[key]), { ...cost[key]!, nanos: delta });
      return compareQuantities(formatQuantity(sum), hard[key]) > 0;
    });
    if (exceeded.length === 0) continue;
    const list = (value: (key: string) => string) =>
      exceeded
        .sort()
        .map((key) => `${key}=${value(key)}`)
        .join(",");
    throw forbidden(
      { group: resource.kind.group, plural: resource.kind.plural },
      name,
      `exceeded quota: ${quota.metadata.name}, requested: ${list((key) => formatQuantity(cost[key]!))}, used: ${list((key) => used[key]!)}, limited: ${list((key) => hard[key]!)}`,
    );
  }
}

/** Where cpu or memory is limited, every container must say what it wants. */
function requireCompute(quota: ResourceQuota, pod: PodObject, name: string): void {
  const wanted = Object.keys(quota.spec?.hard ?? {}).filter((key) => computeNames.test(key));
  const missing = new Map<string, string[]>();
  for (const container of [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])]) {
    for (const key of wanted) {
      const [kind, resource] = key.includes(".") ? key.split(".") : ["requests", key];
      const { requests = {}, limits = {} } = container.resources ?? {};
      const has = kind === "limits" ? limits[resource!] : (requests[resource!] ?? limits[resource!]);
      if (has === undefined) missing.set(container.name, [...(missing.get(container.name) ?? []), key]);
    }
  }
  if (missing.size === 0) return;
  const byKeys = new Map<string, string[]>();
  for (const [container, keys] of missing) {
    for (const key of keys.sort()) byKeys.set(key, [...(byKeys.get(key) ?? []), container]);
  }
  const text = [...byKeys].map(([key, containers]) => `${key} for: ${containers.join(",")}`).join("; ");
  throw forbidden(
    { group: "", plural: "pods" },
    name,
    `failed quota: ${quota.metadata.name}: must specify ${text}`,
  );
}

/** Keeps status.used of every quota true (upstream: the resourcequota controller). Returns the release. */
export function keepQuotaStatus(api: Api): () => void {
  const { registry } = api;
  const quotas = registry.resource({ group: "", version: "v1", plural: "resourcequotas" });
  const releases: (() => void)[] = [];
  const watched = new Set<string>();
  const dirty = new Set<string>();
  let running = false;

  const mark = (namespace: string | undefined) => {
    if (!namespace || quotas.collection.list(namespace).length === 0) return;
    dirty.add(namespace);
    if (running) return;
    running = true;
    setImmediate(() => {
      run()
        .catch((failure: unknown) => api.logger.error({ err: failure }, "quota status could not be written"))
        .finally(() => (running = false));
    });
  };
  const watch = (quota: ResourceQuota) => {
    for (const id of collectionsOf(quota)) {
      if (watched.has(id)) continue;
      watched.add(id);
      const collection = registry.store.collection(id);
      releases.push(collection.subscribe(({ entry }) => mark(entry.object.metadata.namespace)));
    }
  };
  const run = async () => {
    while (dirty.size > 0) {
      const namespaces = [...dirty];
      dirty.clear();
      for (const namespace of namespaces) await update(api, namespace);
    }
  };

  releases.push(
    quotas.collection.subscribe(({ type, entry }) => {
      if (type !== "DELETED") watch(entry.object as ResourceQuota);
      mark(entry.object.metadata.namespace);
    }),
  );
  for (const { object } of quotas.collection.list()) {
    watch(object as ResourceQuota);
    mark(object.metadata.namespace);
  }
  return () => {
    for (const release of releases) release();
  };
}

async function update({ registry }: Api, namespace: string): Promise<void> {
  const resource = registry.resource({ group: "", version: "v1", plural: "resourcequotas" });
  for (const { object } of resource.collection.list(namespace)) {
    const quota = object as ResourceQuota;
    const status = { hard: quota.spec?.hard ?? {}, used: usedOf(registry, quota) };
    if (deepEqual(quota.status, status)) continue;
    await updateObject(
      registry,
      resource,
      namespace,
      quota.metadata.name,
      (current) => {
        const { resourceVersion: _version, ...metadata } = current.metadata;
        return { ...current, metadata, status };
      },
      internalContext("kube-controller-manager"),
      { subresource: "status" },
    ).catch((failure: unknown) => {
      if ((failure as { code?: number }).code !== 404) throw failure;
    });
  }
}
