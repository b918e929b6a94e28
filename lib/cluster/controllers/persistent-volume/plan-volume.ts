import type { PersistentVolume, PersistentVolumeClaim } from "@/lib/cluster/resources/types";
import { refersTo } from "./match";

export interface VolumePlan {
  phase: "Available" | "Bound" | "Released" | "Failed";
  message?: string;
  delete?: boolean;
}

export const provisionedBy = "pv.kubernetes.io/provisioned-by";

/** What becomes of a volume (kubernetes 1.34 pkg/controller/volume/persistentvolume: syncVolume, reclaimVolume). */
export function planVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumePlan {
  const { claimRef, persistentVolumeReclaimPolicy: policy, hostPath } = volume.spec;
  // A reference without uid reserves the volume; it is bound when the claim takes it.
  if (!claimRef?.uid) return { phase: "Available" };
  if (claim && refersTo(claimRef, claim))
    return { phase: claim.spec.volumeName === volume.metadata.name ? "Bound" : "Available" };
  if (policy !== "Delete") return { phase: "Released" };
  // Whoever provisioned it sees it released and removes it.
  if (volume.metadata.annotations?.[provisionedBy]) return { phase: "Released" };
  if (volume.status?.phase === "Failed") return { phase: "Failed", message: volume.status.message };
  if (hostPath && /^\/tmp\/.+/.test(hostPath.path)) return { phase: "Released", delete: true };
  const name = JSON.stringify(volume.metadata.name);
  return {
    phase: "Failed",
    message: hostPath
      ? `host_path deleter only supports /tmp/.+ but received provided ${hostPath.path}`
      : `error getting deleter volume plugin for volume ${name}: no deletable volume plugin matched`,
  };
}
