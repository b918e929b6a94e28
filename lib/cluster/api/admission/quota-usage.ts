import type { KubeObject } from "@/lib/cluster/resources/kind";
import { formatQuantity, parseQuantity, type Quantity } from "@/lib/cluster/resources/quantity";
import type { Registry } from "../registry/registry";
import { addQuantities, podResources } from "./pod-resources";
import type { PodObject } from "./pod-object";

export interface ResourceQuota extends KubeObject {
  spec?: {
    hard?: Record<string, string>;
    scopes?: string[];
    scopeSelector?: { matchExpressions?: { scopeName: string; operator: string; values?: string[] }[] };
  };
  status?: { hard?: Record<string, string>; used?: Record<string, string> };
}

const one: Quantity = parseQuantity("1")!;
const zero: Quantity = parseQuantity("0")!;

const ofClass = ".storageclass.storage.k8s.io/";

const counted: Record<string, string> = {
  "core/configmaps": "configmaps",
  "core/secrets": "secrets",
  "core/replicationcontrollers": "replicationcontrollers",
  "core/resourcequotas": "resourcequotas",
};

/** What one object costs, by the names that quotas use; undefined when it costs nothing (a pod that has ended). */
export function costOf(collectionId: string, object: KubeObject): Record<string, Quantity> | undefined {
  const [group, plural] = collectionId.split("/");
  const cost: Record<string, Quantity> = {
    [group === "core" ? `count/${plural}` : `count/${plural}.${group}`]: one,
  };
  const simple = counted[collectionId];
  if (simple) cost[simple] = one;
  if (collectionId === "core/pods") return podCost(object as PodObject, cost);
  if (collectionId === "core/services") {
    const spec = (object.spec ?? {}) as { type?: string; ports?: unknown[] };
    cost.services = one;
    const ports = parseQuantity(String(spec.ports?.length ?? 0))!;
    if (spec.type === "NodePort" || spec.type === "LoadBalancer") cost["services.nodeports"] = ports;
    if (spec.type === "LoadBalancer") cost["services.loadbalancers"] = one;
  }
  if (collectionId === "core/persistentvolumeclaims") {
    const spec = (object.spec ?? {}) as {
      storageClassName?: string;
      resources?: { requests?: { storage?: string } };
    };
    const storage = parseQuantity(spec.resources?.requests?.storage ?? "0") ?? zero;
    // A class may have a quota of its own.
    for (const prefix of ["", ...(spec.storageClassName ? [`${spec.storageClassName}${ofClass}`] : [])]) {
      cost[`${prefix}persistentvolumeclaims`] = one;
      cost[`${prefix}requests.storage`] = storage;
    }
  }
  return cost;
}

function podCost(pod: PodObject, cost: Record<string, Quantity>): Record<string, Quantity> | undefined {
  const phase = (pod.status as { phase?: string } | undefined)?.phase;
  if (phase === "Succeeded" || phase === "Failed") return undefined;
  cost.pods = one;
  const { requests, limits } = podResources(pod);
  for (const [name, value] of Object.entries(requests)) {
    const quantity = parseQuantity(value)!;
    cost[`requests.${name}`] = quantity;
    if (name === "cpu" || name === "memory" || name === "ephemeral-storage") cost[name] = quantity;
  }
  for (const [name, value] of Object.entries(limits)) cost[`limits.${name}`] = parseQuantity(value)!;
  return cost;
}

/** Whether the quota is about this object: scopes narrow it to some pods. */
export function inScope({ spec }: ResourceQuota, collectionId: string, object: KubeObject): boolean {
  const scopes = [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists", values: [] as string[] })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ];
  if (scopes.length === 0) return true;
  if (collectionId !== "core/pods") return false;
  const pod = object as PodObject & { spec: { activeDeadlineSeconds?: number } };
  const { requests, limits } = podResources(pod);
  const isBestEffort = Object.keys(requests).length === 0 && Object.keys(limits).length === 0;
  return scopes.every(({ scopeName, operator, values = [] }) => {
    switch (scopeName) {
      case "BestEffort":
        return isBestEffort;
      case "NotBestEffort":
        return !isBestEffort;
      case "Terminating":
        return pod.spec.activeDeadlineSeconds !== undefined;
      case "NotTerminating":
        return pod.spec.activeDeadlineSeconds === undefined;
      case "PriorityClass": {
        const name = pod.spec.priorityClassName ?? "";
        if (operator === "In") return values.includes(name);
        if (operator === "NotIn") return !values.includes(name);
        return operator === "Exists" ? name !== "" : name === "";
      }
      default:
        return false;
    }
  });
}

/** The collections that may cost something of what the quota names. */
export function collectionsOf({ spec }: ResourceQuota): string[] {
  const ids = new Set<string>();
  for (const name of Object.keys(spec?.hard ?? {})) {
    const count = /^count\/([^.]+)(?:\.(.+))?$/.exec(name);
    if (count) ids.add(`${count[2] ?? "core"}/${count[1]}`);
    else if (name.startsWith("services")) ids.add("core/services");
    else if (name === "persistentvolumeclaims" || name === "requests.storage" || name.includes(ofClass))
      ids.add("core/persistentvolumeclaims");
    else {
      const simple = Object.entries(counted).find(([, plural]) => plural === name);
      ids.add(simple ? simple[0] : "core/pods");
    }
  }
  return [...ids];
}

/** What is in use of everything that the quota names. */
export function usedOf(registry: Registry, quota: ResourceQuota): Record<string, string> {
  const used = new Map<string, Quantity>(Object.keys(quota.spec?.hard ?? {}).map((name) => [name, zero]));
  for (const id of collectionsOf(quota)) {
    for (const { object } of registry.store.collection(id).list(quota.metadata.namespace)) {
      if (!inScope(quota, id, object)) continue;
      for (const [name, quantity] of Object.entries(costOf(id, object) ?? {}))
        if (used.has(name)) {
          const before = used.get(name)!;
          used.set(name, before.nanos === 0n ? quantity : addQuantities(before, quantity));
        }
    }
  }
  return Object.fromEntries([...used].map(([name, quantity]) => [name, formatQuantity(quantity)]));
}
