import type { Pod } from "@/lib/cluster/resources/types";
import { claimNames, claimsOf } from "../volumes";
import { perhaps, skip, type Filter } from "./filter";

type Volume = NonNullable<Pod["spec"]["volumes"]>[number];
type Disk = Record<string, unknown> & { readOnly?: boolean };

/** Kinds of disks that one machine mounts once, each with what two mean when they mean the same disk. */
const disks: { field: string; isSame(a: Disk, b: Disk): boolean; isShareable: boolean }[] = [
  { field: "gcePersistentDisk", isSame: (a, b) => a.pdName === b.pdName, isShareable: true },
  { field: "awsElasticBlockStore", isSame: (a, b) => a.volumeID === b.volumeID, isShareable: false },
  { field: "iscsi", isSame: (a, b) => a.iqn === b.iqn, isShareable: true },
  {
    field: "rbd",
    isSame: (a, b) =>
      (a.pool ?? "rbd") === (b.pool ?? "rbd") &&
      a.image === b.image &&
      (a.monitors as string[]).some((monitor) => (b.monitors as string[]).includes(monitor)),
    isShareable: true,
  },
];

/** Two volumes that cannot be on one node; some can if both are read only. */
function clash(a: Volume, b: Volume): boolean {
  return disks.some(({ field, isSame, isShareable }) => {
    const [one, other] = [a, b].map(
      (volume) => (volume as Record<string, unknown>)[field] as Disk | undefined,
    );
    if (!one || !other || !isSame(one, other)) return false;
    return !(isShareable && one.readOnly && other.readOnly);
  });
}

const isDisk = (volume: Volume) => disks.some(({ field }) => field in volume);

/**
 * kubernetes 1.34 plugins/volumerestrictions: a disk is on a node once, and a ReadWriteOncePod claim is for one pod of the
 * whole cluster.
 */
export const volumeRestrictions: Filter = {
  name: "VolumeRestrictions",
  prepare(pod, snapshot) {
    const own = (pod.spec.volumes ?? []).filter(isDisk);
    const exclusive = new Set(
      claimsOf(pod, snapshot)
        .claims.filter(({ spec }) => spec.accessModes?.includes("ReadWriteOncePod"))
        .map(({ metadata }) => metadata.name),
    );
    const isUser = (other: Pod) =>
      other.metadata.namespace === pod.metadata.namespace &&
      claimNames(other).some((name) => exclusive.has(name));
    const isTaken = exclusive.size > 0 && snapshot.nodes.some(({ pods }) => pods.some(isUser));
    if (own.length === 0 && !isTaken) return skip;
    return {
      kind: "check",
      check({ pods }) {
        const others = pods.flatMap(({ spec }) => spec.volumes ?? []);
        if (own.some((volume) => others.some((other) => clash(volume, other))))
          return perhaps("node(s) had no available disk");
        return isTaken
          ? perhaps(
              "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
            )
          : undefined;
      },
    };
  },
};
