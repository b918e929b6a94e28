import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from "@/lib/cluster/resources/types";
import type { PlannedEvent } from "../job/plan";
import { bestVolume, misfit, refersTo } from "./match";

export const selectedNode = "volume.kubernetes.io/selected-node";
export const provisionerKey = "volume.kubernetes.io/storage-provisioner";
const bindCompleted = "pv.kubernetes.io/bind-completed";

export interface ClaimPlan {
  bind?: PersistentVolume;
  phase?: "Lost";
  /** The provisioner that the claim is to be marked for. */
  provisioner?: string;
  event?: PlannedEvent;
}

const say = (type: PlannedEvent["type"], reason: string, message: string): ClaimPlan => ({
  event: { type, reason, message },
});

export function isBindComplete({ metadata }: PersistentVolumeClaim): boolean {
  return metadata.annotations?.[bindCompleted] !== undefined;
}

/** What a claim needs (kubernetes 1.34 pkg/controller/volume/persistentvolume: syncUnboundClaim, syncBoundClaim). */
export function planClaim(
  claim: PersistentVolumeClaim,
  volumes: PersistentVolume[],
  storageClass: StorageClass | undefined,
  consumers: string[],
): ClaimPlan {
  const { volumeName } = claim.spec;
  if (isBindComplete(claim)) {
    const volume = volumes.find(({ metadata }) => metadata.name === volumeName);
    if (volume && (!volume.spec.claimRef || refersTo(volume.spec.claimRef, claim))) return { bind: volume };
    if (claim.status?.phase === "Lost") return {};
    const message = volume
      ? "Two claims are bound to the same volume, this one is bound incorrectly"
      : "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
    return { phase: "Lost", ...say("Warning", volume ? "ClaimMisbound" : "ClaimLost", message) };
  }
  if (volumeName) return planNamed(claim, volumes);
  const isDelayed = storageClass?.volumeBindingMode === "WaitForFirstConsumer";
  const isPlaced = claim.metadata.annotations?.[selectedNode] !== undefined;
  const volume = bestVolume(claim, volumes, isDelayed && !isPlaced);
  if (volume) return { bind: volume };
  if (isDelayed && !isPlaced)
    return consumers.length > 0
      ? say("Normal", "WaitForPodScheduled", `waiting for pod ${consumers.join(",")} to be scheduled`)
      : say("Normal", "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
  if (!claim.spec.storageClassName)
    return say(
      "Normal",
      "FailedBinding",
      "no persistent volumes available for this claim and no storage class is set",
    );
  return planProvisioning(claim.spec.storageClassName, storageClass);
}

/** The claim asks for one volume by name. */
function planNamed(claim: PersistentVolumeClaim, volumes: PersistentVolume[]): ClaimPlan {
  const { volumeName } = claim.spec;
  const volume = volumes.find(({ metadata }) => metadata.name === volumeName);
  if (!volume) return {};
  const quoted = JSON.stringify(volumeName);
  if (volume.spec.claimRef && !refersTo(volume.spec.claimRef, claim))
    return say("Warning", "FailedBinding", `volume ${quoted} already bound to a different claim.`);
  const why = misfit(volume, claim);
  if (why) return say("Warning", "VolumeMismatch", `Cannot bind to requested volume ${quoted}: ${why}`);
  return { bind: volume };
}

function planProvisioning(className: string, storageClass: StorageClass | undefined): ClaimPlan {
  if (!storageClass)
    return say(
      "Warning",
      "ProvisioningFailed",
      `storageclass.storage.k8s.io ${JSON.stringify(className)} not found`,
    );
  const { provisioner } = storageClass;
  if (provisioner.startsWith("kubernetes.io/"))
    return say("Warning", "ProvisioningFailed", `no volume plugin matched name: ${provisioner}`);
  return {
    provisioner,
    ...say(
      "Normal",
      "ExternalProvisioning",
      `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
    ),
  };
}
