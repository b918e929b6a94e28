import { claimsOf, isBound } from "../volumes";
import { check, never, skip, type Filter } from "./filter";

const topologyLabels = [
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
];

/** kubernetes 1.34 plugins/volumezone: a volume that is labelled with a zone is used there only. */
export const volumeZone: Filter = {
  name: "VolumeZone",
  prepare(pod, snapshot) {
    const wanted = claimsOf(pod, snapshot)
      .claims.filter(isBound)
      .flatMap(({ spec }) => {
        const labels = snapshot.volume(spec.volumeName!)?.metadata.labels ?? {};
        return topologyLabels
          .filter((key) => labels[key] !== undefined)
          .map((key) => ({ key, values: labels[key]!.split("__") }));
      });
    if (wanted.length === 0) return skip;
    return check(({ labels }) => {
      // A node without any zone is one of a cluster that has none.
      if (!topologyLabels.some((key) => key in labels)) return undefined;
      return wanted.every(({ key, values }) => values.includes(labels[key] ?? ""))
        ? undefined
        : never("node(s) had no available volume zone");
    });
  },
};
