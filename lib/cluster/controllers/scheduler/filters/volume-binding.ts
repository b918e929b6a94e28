import { claimsOf, isBound, placeFor, reaches } from "../volumes";
import { never, skip, type Filter } from "./filter";

/** kubernetes 1.34 plugins/volumebinding: every claim is bound to a volume of the node, or can be. */
export const volumeBinding: Filter = {
  name: "VolumeBinding",
  prepare(pod, snapshot) {
    const { claims, problem } = claimsOf(pod, snapshot);
    if (problem !== undefined) return { kind: "refuse", reason: problem };
    if (claims.length === 0) return skip;
    const bound = claims.filter(isBound);
    const delayed = claims.filter((claim) => !isBound(claim));
    const waits = (name: string | undefined) =>
      name !== undefined && snapshot.storageClass(name)?.volumeBindingMode === "WaitForFirstConsumer";
    if (delayed.some(({ spec }) => spec.volumeName || !waits(spec.storageClassName)))
      return { kind: "refuse", reason: "pod has unbound immediate PersistentVolumeClaims" };
    return {
      kind: "check",
      check(info) {
        const reasons = new Set<string>();
        for (const { spec } of bound) {
          const volume = snapshot.volume(spec.volumeName!);
          if (!volume)
            return never("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
          if (!reaches(volume, info)) reasons.add("node(s) had volume node affinity conflict");
        }
        if (delayed.length > 0 && !placeFor(delayed, info, snapshot))
          reasons.add("node(s) didn't find available persistent volumes to bind");
        return reasons.size > 0 ? never(...reasons) : undefined;
      },
    };
  },
};
