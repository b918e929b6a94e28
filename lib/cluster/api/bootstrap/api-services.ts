import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api } from "../api";
import { createObject } from "../registry/create";
import { deleteObject } from "../registry/delete";
import { internalContext } from "../registry/registry";

const managedLabel = "kube-aggregator.kubernetes.io/automanaged";

/** groupPriorityMinimum and versionPriority of the built-in groups; custom ones have 1000 and 100. */
const priorities: Record<string, [number, number]> = {
  "": [18_000, 1],
  apps: [17_800, 15],
  "events.k8s.io": [17_750, 5],
  "authentication.k8s.io": [17_700, 15],
  "authorization.k8s.io": [17_600, 15],
  autoscaling: [17_500, 15],
  "autoscaling/v2": [17_500, 30],
  batch: [17_400, 15],
  "certificates.k8s.io": [17_300, 15],
  "networking.k8s.io": [17_200, 15],
  policy: [17_100, 15],
  "rbac.authorization.k8s.io": [17_000, 15],
  "storage.k8s.io": [16_800, 15],
  "apiextensions.k8s.io": [16_700, 15],
  "admissionregistration.k8s.io": [16_700, 15],
  "scheduling.k8s.io": [16_600, 15],
  "coordination.k8s.io": [16_500, 15],
  "node.k8s.io": [16_300, 15],
  "discovery.k8s.io": [16_200, 15],
  "flowcontrol.apiserver.k8s.io": [16_100, 21],
  "resource.k8s.io": [15_900, 20],
};

/** Makes the list of APIServices say what is served here: one for every group version, custom ones too. Safe to repeat. */
export async function registerApiServices({ registry }: Api): Promise<void> {
  const resource = registry.find({ group: "apiregistration.k8s.io", version: "v1", plural: "apiservices" });
  if (!resource) return;
  const context = internalContext("kube-apiserver");
  const wanted = new Map<string, KubeObject>();
  for (const { group, version, isCustom } of registry.kinds()) {
    if (group !== resource.kind.group)
      wanted.set(`${version}.${group}`, apiService(group, version, isCustom === true));
  }
  for (const [name, object] of wanted)
    if (!resource.collection.get(undefined, name))
      await createObject(registry, resource, undefined, object, context);
  for (const { object } of [...resource.collection.list()]) {
    const { name, labels } = object.metadata;
    if (labels?.[managedLabel] && !wanted.has(name))
      await deleteObject(registry, resource, undefined, name, context);
  }
}

function apiService(group: string, version: string, isCustom: boolean): KubeObject {
  const [groupPriorityMinimum, versionPriority] = isCustom
    ? [1000, 100]
    : (priorities[`${group}/${version}`] ?? priorities[group] ?? [16_000, 15]);
  return {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: `${version}.${group}`, labels: { [managedLabel]: isCustom ? "true" : "onstart" } },
    spec: { group, version, groupPriorityMinimum, versionPriority },
  };
}
