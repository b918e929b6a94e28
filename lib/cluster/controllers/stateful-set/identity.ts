import type { OwnerReference } from "@/lib/cluster/resources/kind";
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, StatefulSet } from "@/lib/cluster/resources/types";
import { controllerRef, podOf } from "../pods";

/** Names and storage of the pods of a StatefulSet (kubernetes 1.34 pkg/controller/statefulset/stateful_set_utils.go). */

export const revisionLabel = "controller-revision-hash";

/** The ordinal in a pod's name; -1 for a pod that is not one of the set's. */
export function ordinalOf(set: StatefulSet, { metadata }: Pod): number {
  const prefix = `${set.metadata.name}-`;
  const rest = metadata.name.startsWith(prefix) ? metadata.name.slice(prefix.length) : "";
  return /^\d{1,9}$/.test(rest) ? Number(rest) : -1;
}

export const revisionOf = (pod: Pod) => pod.metadata.labels?.[revisionLabel] ?? "";

export function claimName(set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata.name}-${set.metadata.name}-${ordinal}`;
}

export function statefulPod(
  set: StatefulSet,
  template: PodTemplateSpec,
  revision: string,
  ordinal: number,
): Pod {
  const name = `${set.metadata.name}-${ordinal}`;
  const pod = podOf(template, set);
  delete pod.metadata.generateName;
  pod.metadata.name = name;
  pod.metadata.labels = {
    ...pod.metadata.labels,
    [revisionLabel]: revision,
    "statefulset.kubernetes.io/pod-name": name,
    "apps.kubernetes.io/pod-index": String(ordinal),
  };
  pod.spec.hostname = name;
  pod.spec.subdomain = set.spec.serviceName ?? "";
  const claims = (set.spec.volumeClaimTemplates ?? []).map((claim) => ({
    name: claim.metadata.name,
    persistentVolumeClaim: { claimName: claimName(set, claim, ordinal) },
  }));
  if (claims.length > 0)
    pod.spec.volumes = [
      ...claims,
      ...(pod.spec.volumes ?? []).filter((volume) => !claims.some(({ name: own }) => own === volume.name)),
    ];
  return pod;
}

/** The claims of one ordinal; they outlive the pod. */
export function claimsFor(set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      ...structuredClone(template.metadata),
      name: claimName(set, template, ordinal),
      namespace: set.metadata.namespace,
      labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
    },
    spec: structuredClone(template.spec),
  }));
}

/** Who a claim goes with, by persistentVolumeClaimRetentionPolicy; undefined: its owners are right. */
export function plannedClaimOwners(
  set: StatefulSet,
  claim: PersistentVolumeClaim,
  pod: Pod | undefined,
  isCondemned: boolean,
): OwnerReference[] | undefined {
  const { whenDeleted, whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const owners = claim.metadata.ownerReferences ?? [];
  const wanted: OwnerReference[] = owners.filter(
    ({ uid, kind, name }) =>
      uid !== set.metadata.uid && !(kind === "Pod" && pod !== undefined && name === pod.metadata.name),
  );
  if (isCondemned && whenScaled === "Delete" && pod) {
    const { controller: _, blockOwnerDeletion: __, ...reference } = controllerRef(pod);
    wanted.push({ ...reference, apiVersion: "v1", kind: "Pod" });
  } else if (whenDeleted === "Delete") wanted.push(controllerRef(set));
  const uids = (list: OwnerReference[]) =>
    list
      .map(({ uid }) => uid)
      .sort()
      .join();
  return uids(wanted) === uids(owners) ? undefined : wanted;
}
