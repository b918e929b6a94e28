import { claimNames, claimsOf } from "../volumes";
import { check, perhaps, skip, type Filter } from "./filter";

/** kubernetes 1.34 plugins/volumerestrictions: a ReadWriteOncePod claim is for one pod of the whole cluster. */
export const volumeRestrictions: Filter = {
  name: "VolumeRestrictions",
  prepare(pod, snapshot) {
    const exclusive = new Set(
      claimsOf(pod, snapshot)
        .claims.filter(({ spec }) => spec.accessModes?.includes("ReadWriteOncePod"))
        .map(({ metadata }) => metadata.name),
    );
    if (exclusive.size === 0) return skip;
    const isUser = (other: typeof pod) =>
      other.metadata.namespace === pod.metadata.namespace &&
      claimNames(other).some((name) => exclusive.has(name));
    const isTaken = snapshot.nodes.some(({ pods }) => pods.some(isUser));
    return isTaken
      ? check(() =>
          perhaps(
            "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
          ),
        )
      : skip;
  },
};
