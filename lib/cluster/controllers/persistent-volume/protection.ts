import type { ResourceRef } from "@/lib/cluster/client/client";
import type { Informer } from "@/lib/cluster/client/informers";
import { refs } from "@/lib/cluster/client/refs";
import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { PersistentVolume, PersistentVolumeClaim, Pod } from "@/lib/cluster/resources/types";
import { keyOf, orNull, runLoop, splitKey, type ControllerContext, type Running } from "../controller";

/** The finalizers that `object` should have, or undefined when it has them: what is in use does not go. */
export function protectedFinalizers(
  { metadata }: KubeObject,
  finalizer: string,
  isUsed: boolean,
): string[] | undefined {
  const present = metadata.finalizers ?? [];
  const has = present.includes(finalizer);
  if (!metadata.deletionTimestamp) return has ? undefined : [...present, finalizer];
  return has && !isUsed ? present.filter((one) => one !== finalizer) : undefined;
}

/** Whether a pod that can still run mounts the claim. */
export function usesClaim({ metadata, spec, status }: Pod, claimName: string): boolean {
  if (status?.phase === "Succeeded" || status?.phase === "Failed") return false;
  return (spec.volumes ?? []).some(
    ({ name, persistentVolumeClaim, ephemeral }) =>
      persistentVolumeClaim?.claimName === claimName ||
      (ephemeral !== undefined && `${metadata.name}-${name}` === claimName),
  );
}

/** Claims that pods use and volumes that claims use wait with their end (kubernetes 1.34 pkg/controller/volume/{pvc,pv}protection). */
export function runVolumeProtection(context: ControllerContext): Running {
  const { informers, client } = context;

  async function protect<T extends PersistentVolume | PersistentVolumeClaim>(
    object: T,
    resource: ResourceRef,
    informer: Informer<T>,
    finalizer: string,
    isUsed: boolean,
  ): Promise<void> {
    const finalizers = protectedFinalizers(object, finalizer, isUsed);
    if (!finalizers) return;
    const { namespace, name, resourceVersion } = object.metadata;
    try {
      await client.patch(resource, namespace, name, "application/merge-patch+json", {
        metadata: { resourceVersion, finalizers: orNull(finalizers) },
      });
    } catch (failure) {
      if (!isNotFound(failure) && !isConflict(failure)) throw failure;
    }
    await informer.until(() => informer.get(namespace, name)?.metadata.resourceVersion !== resourceVersion);
  }

  return runLoop(context, {
    name: "volume-protection",
    initial: () => [
      ...informers.persistentVolumeClaims.list().map(keyOf),
      ...informers.persistentVolumes.list().map(keyOf),
    ],
    watch: (add) => [
      informers.persistentVolumes.onChange((now) => now && add(keyOf(now))),
      informers.persistentVolumeClaims.onChange((now) => now && add(keyOf(now))),
      informers.pods.onChange((now, old) => {
        const pod = now ?? old!;
        for (const claim of informers.persistentVolumeClaims.list(pod.metadata.namespace))
          if (claim.metadata.deletionTimestamp) add(keyOf(claim));
      }),
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      if (namespace === "") {
        const volume = informers.persistentVolumes.get(undefined, name);
        if (volume)
          await protect(
            volume,
            refs.persistentVolumes,
            informers.persistentVolumes,
            "kubernetes.io/pv-protection",
            volume.status?.phase === "Bound",
          );
        return;
      }
      const claim = informers.persistentVolumeClaims.get(namespace, name);
      if (claim)
        await protect(
          claim,
          refs.persistentVolumeClaims,
          informers.persistentVolumeClaims,
          "kubernetes.io/pvc-protection",
          informers.pods.list(namespace).some((pod) => usesClaim(pod, name)),
        );
    },
  });
}
