import { selectorOf } from "@/lib/cluster/client/label-selector";
import { compareQuantities } from "@/lib/cluster/resources/quantity";
import type { ObjectReference, PersistentVolume, PersistentVolumeClaim } from "@/lib/cluster/resources/types";

/** Whether `reference` names this claim; one without a uid was written by a person before the claim was there. */
export function refersTo(
  reference: ObjectReference | undefined,
  { metadata }: PersistentVolumeClaim,
): boolean {
  return (
    reference?.name === metadata.name &&
    reference.namespace === metadata.namespace &&
    (!reference.uid || reference.uid === metadata.uid)
  );
}

/** Why a volume cannot serve a claim, in upstream's words; undefined: it can (checkVolumeSatisfyClaim). */
export function misfit({ spec }: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (compareQuantities(spec.capacity?.storage ?? "0", claim.spec.resources?.requests?.storage ?? "0") < 0)
    return "requested PV is too small";
  if ((spec.storageClassName ?? "") !== (claim.spec.storageClassName ?? ""))
    return "storageClassName does not match";
  if ((spec.volumeMode ?? "Filesystem") !== (claim.spec.volumeMode ?? "Filesystem"))
    return "incompatible volumeMode";
  if (!(claim.spec.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode)))
    return "incompatible accessMode";
  return undefined;
}

/**
 * The volume for a claim: one that was reserved for it, else the smallest free one that fits (kubernetes 1.34
 * pkg/volume/util FindMatchingVolume). A claim that waits for its consumer takes only what was reserved.
 */
export function bestVolume(
  claim: PersistentVolumeClaim,
  volumes: PersistentVolume[],
  isDelayed: boolean,
): PersistentVolume | undefined {
  const living = volumes.filter(({ metadata }) => !metadata.deletionTimestamp);
  const reserved = living.find((volume) => refersTo(volume.spec.claimRef, claim) && !misfit(volume, claim));
  if (reserved || isDelayed) return reserved;
  const isSelected = claim.spec.selector ? selectorOf(claim.spec.selector) : () => true;
  return living
    .filter(
      (volume) =>
        !volume.spec.claimRef &&
        volume.status?.phase === "Available" &&
        isSelected(volume.metadata.labels) &&
        !misfit(volume, claim),
    )
    .sort((a, b) => compareQuantities(a.spec.capacity?.storage ?? "0", b.spec.capacity?.storage ?? "0"))[0];
}
