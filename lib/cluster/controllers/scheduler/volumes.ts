import { selectorOf } from "@/lib/cluster/client/label-selector";
import { quantityToNumber } from "@/lib/cluster/resources/quantity";
import type {
  NodeSelectorTerm,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
} from "@/lib/cluster/resources/types";
import { matchesTerm } from "./node-affinity";
import type { NodeInfo, Snapshot } from "./snapshot";

const selectedNode = "volume.kubernetes.io/selected-node";

/** The claims that a pod mounts; those of its ephemeral volumes have its name before theirs. */
export function claimNames({ metadata, spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) =>
    persistentVolumeClaim ? [persistentVolumeClaim.claimName] : ephemeral ? [`${metadata.name}-${name}`] : [],
  );
}

/** The claims themselves, or why the pod cannot have them (volumebinding podHasPVCs). */
export function claimsOf(
  pod: Pod,
  snapshot: Snapshot,
): { claims: PersistentVolumeClaim[]; problem?: string } {
  const claims: PersistentVolumeClaim[] = [];
  const isEphemeral = (name: string) =>
    !pod.spec.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === name);
  for (const name of claimNames(pod)) {
    const claim = snapshot.claim(pod.metadata.namespace ?? "", name);
    const quoted = `persistentvolumeclaim ${JSON.stringify(name)}`;
    if (!claim)
      return {
        claims,
        problem: isEphemeral(name)
          ? `waiting for ephemeral volume controller to create the ${quoted}`
          : `${quoted} not found`,
      };
    if (claim.status?.phase === "Lost")
      return {
        claims,
        problem: `${quoted} bound to non-existent persistentvolume ${JSON.stringify(claim.spec.volumeName)}`,
      };
    if (claim.metadata.deletionTimestamp) return { claims, problem: `${quoted} is being deleted` };
    claims.push(claim);
  }
  return { claims };
}

export function isBound({ metadata, spec, status }: PersistentVolumeClaim): boolean {
  return Boolean(
    spec.volumeName &&
    (status?.phase === "Bound" || metadata.annotations?.["pv.kubernetes.io/bind-completed"] !== undefined),
  );
}

/** Whether the volume can be used on the node. */
export function reaches({ spec }: PersistentVolume, { node }: NodeInfo): boolean {
  const required = spec.nodeAffinity?.required as { nodeSelectorTerms?: NodeSelectorTerm[] } | undefined;
  return !required?.nodeSelectorTerms || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

export interface Placement {
  /** Existing volumes to bind. */
  bind: { claim: PersistentVolumeClaim; volume: PersistentVolume }[];
  /** Claims that a provisioner is to serve on this node. */
  provision: PersistentVolumeClaim[];
}

/** How the claims that wait for their first consumer can be served on a node; undefined: they cannot. */
export function placeFor(
  claims: readonly PersistentVolumeClaim[],
  info: NodeInfo,
  snapshot: Snapshot,
): Placement | undefined {
  const placement: Placement = { bind: [], provision: [] };
  const taken = new Set<PersistentVolume>();
  const size = ({ spec }: PersistentVolumeClaim) =>
    quantityToNumber(spec.resources?.requests?.storage ?? "0");
  for (const claim of [...claims].sort((a, b) => size(a) - size(b))) {
    const chosen = claim.metadata.annotations?.[selectedNode];
    if (chosen !== undefined && chosen !== info.name) return undefined;
    const volume =
      chosen === undefined
        ? smallestFitting(
            claim,
            info,
            snapshot.volumes().filter((one) => !taken.has(one)),
          )
        : undefined;
    if (volume) {
      taken.add(volume);
      placement.bind.push({ claim, volume });
    } else if (canProvision(claim, info, snapshot)) placement.provision.push(claim);
    else return undefined;
  }
  return placement;
}

/** pkg/volume/util FindMatchingVolume: the smallest volume that fits; one reserved for the claim goes first. */
function smallestFitting(
  { metadata, spec }: PersistentVolumeClaim,
  info: NodeInfo,
  volumes: readonly PersistentVolume[],
): PersistentVolume | undefined {
  const isSelected = spec.selector ? selectorOf(spec.selector) : () => true;
  const capacity = (volume: PersistentVolume) => quantityToNumber(volume.spec.capacity?.storage ?? "0");
  const wanted = quantityToNumber(spec.resources?.requests?.storage ?? "0");
  const isOurs = ({ spec: { claimRef } }: PersistentVolume) =>
    claimRef?.name === metadata.name && claimRef.namespace === metadata.namespace;
  const fitting = volumes.filter(
    (volume) =>
      !volume.metadata.deletionTimestamp &&
      (volume.spec.claimRef ? isOurs(volume) : volume.status?.phase === "Available") &&
      (volume.spec.storageClassName ?? "") === (spec.storageClassName ?? "") &&
      (volume.spec.volumeMode ?? "Filesystem") === (spec.volumeMode ?? "Filesystem") &&
      (spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode)) &&
      capacity(volume) >= wanted &&
      isSelected(volume.metadata.labels) &&
      reaches(volume, info),
  );
  return fitting.find(isOurs) ?? fitting.sort((a, b) => capacity(a) - capacity(b))[0];
}

function canProvision(
  { spec }: PersistentVolumeClaim,
  { node }: NodeInfo,
  { storageClass }: Snapshot,
): boolean {
  const found = spec.storageClassName ? storageClass(spec.storageClassName) : undefined;
  if (!found || found.provisioner === "kubernetes.io/no-provisioner") return false;
  const topologies = (found.allowedTopologies ?? []) as {
    matchLabelExpressions?: { key: string; values: string[] }[];
  }[];
  return (
    topologies.length === 0 ||
    topologies.some(({ matchLabelExpressions = [] }) =>
      matchesTerm(
        { matchExpressions: matchLabelExpressions.map((one) => ({ ...one, operator: "In" })) },
        node,
      ),
    )
  );
}
