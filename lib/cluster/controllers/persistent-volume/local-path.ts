import { EventRecorder } from "@/lib/cluster/client/event-recorder";
import { refs } from "@/lib/cluster/client/refs";
import { isAlreadyExists, isNotFound } from "@/lib/cluster/client/status";
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
} from "@/lib/cluster/resources/types";
import { keyOf, runLoop, splitKey, type ControllerContext, type Running } from "../controller";
import { isReady } from "../pods";
import { provisionerKey, selectedNode } from "./plan-claim";
import { provisionedBy } from "./plan-volume";

const provisioner = "rancher.io/local-path";
const root = "/opt/local-path-provisioner";

/** The volume that the provisioner makes for a claim: a directory on the node that the scheduler chose. */
export function localPathVolume(claim: PersistentVolumeClaim, storageClass: StorageClass): PersistentVolume {
  const node = claim.metadata.annotations?.[selectedNode];
  const { namespace, name, uid } = claim.metadata;
  const volume = `pvc-${uid}`;
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: {
      name: volume,
      annotations: { [provisionedBy]: provisioner, "local.path.provisioner/selected-node": node ?? "" },
    },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.storage ?? "0" },
      accessModes: claim.spec.accessModes,
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? "Delete",
      storageClassName: storageClass.metadata.name,
      volumeMode: "Filesystem",
      hostPath: { path: `${root}/${volume}_${namespace}_${name}`, type: "DirectoryOrCreate" },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [node] }] },
          ],
        },
      },
    },
  };
}

/**
 * What a ready pod of the image rancher/local-path-provisioner does (v0.0.3x): serves the claims of its storage classes
 * once they have a node, and removes what is released. Without such a pod claims wait, as they would.
 */
export function runLocalPathProvisioner(context: ControllerContext): Running {
  const { informers, client, clock } = context;
  const recorder = new EventRecorder(client, { component: provisioner }, clock);
  const isProvisioner = (pod: Pod | undefined) =>
    pod?.spec.containers.some(({ image }) => image?.includes("local-path-provisioner")) ?? false;
  const isThere = () => informers.pods.list().some((pod) => isProvisioner(pod) && isReady(pod));

  return runLoop(context, {
    name: "local-path-provisioner",
    initial: () => [
      ...informers.persistentVolumeClaims.list().map(keyOf),
      ...informers.persistentVolumes.list().map(keyOf),
    ],
    watch: (add) => [
      informers.persistentVolumeClaims.onChange((now) => now && add(keyOf(now))),
      informers.persistentVolumes.onChange((now) => now && add(keyOf(now))),
      informers.pods.onChange((now) => {
        if (!isProvisioner(now)) return;
        for (const claim of informers.persistentVolumeClaims.list()) add(keyOf(claim));
        for (const volume of informers.persistentVolumes.list()) add(keyOf(volume));
      }),
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      if (namespace === "") return remove(informers.persistentVolumes.get(undefined, name));
      const claim = informers.persistentVolumeClaims.get(namespace, name);
      const { annotations } = claim?.metadata ?? {};
      if (!claim || claim.spec.volumeName || claim.metadata.deletionTimestamp) return;
      if (annotations?.[provisionerKey] !== provisioner || !annotations[selectedNode] || !isThere()) return;
      const storageClass = informers.storageClasses.get(undefined, claim.spec.storageClassName ?? "");
      if (!storageClass) return;
      const volume = localPathVolume(claim, storageClass);
      recorder.event(
        claim,
        "Normal",
        "Provisioning",
        `External provisioner is provisioning volume for claim ${JSON.stringify(key)}`,
      );
      await client.create(refs.persistentVolumes, volume).catch((failure: unknown) => {
        if (!isAlreadyExists(failure)) throw failure;
      });
      recorder.event(
        claim,
        "Normal",
        "ProvisioningSucceeded",
        `Successfully provisioned volume ${volume.metadata.name}`,
      );
    },
  });

  async function remove(volume: PersistentVolume | undefined): Promise<void> {
    const isOurs = volume?.metadata.annotations?.[provisionedBy] === provisioner;
    if (!isOurs || volume.status?.phase !== "Released" || volume.metadata.deletionTimestamp) return;
    if (volume.spec.persistentVolumeReclaimPolicy !== "Delete" || !isThere()) return;
    await client.delete(refs.persistentVolumes, undefined, volume.metadata.name).catch((failure: unknown) => {
      if (!isNotFound(failure)) throw failure;
    });
  }
}
