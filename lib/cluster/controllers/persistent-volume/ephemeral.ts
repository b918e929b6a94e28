import { refs } from "@/lib/cluster/client/refs";
import { isAlreadyExists } from "@/lib/cluster/client/status";
import type { PersistentVolumeClaim, Pod } from "@/lib/cluster/resources/types";
import { keyOf, recorderFor, runLoop, splitKey, type ControllerContext, type Running } from "../controller";
import { controllerRef } from "../pods";

/** The claims of a pod's ephemeral volumes: they have its name and go with it. */
export function ephemeralClaims(pod: Pod): PersistentVolumeClaim[] {
  return (pod.spec.volumes ?? []).flatMap(({ name, ephemeral }) =>
    ephemeral?.volumeClaimTemplate
      ? [
          {
            apiVersion: "v1",
            kind: "PersistentVolumeClaim",
            metadata: {
              ...ephemeral.volumeClaimTemplate.metadata,
              name: `${pod.metadata.name}-${name}`,
              namespace: pod.metadata.namespace,
              ownerReferences: [{ ...controllerRef(pod), apiVersion: "v1", kind: "Pod" }],
            },
            spec: structuredClone(ephemeral.volumeClaimTemplate.spec),
          },
        ]
      : [],
  );
}

/** Makes the claims of ephemeral volumes (kubernetes 1.34 pkg/controller/volume/ephemeral). */
export function runEphemeralVolumes(context: ControllerContext): Running {
  const { informers, client } = context;
  const recorder = recorderFor(context, "ephemeral_volume");
  const hasAny = (pod: Pod) => pod.spec.volumes?.some(({ ephemeral }) => ephemeral) ?? false;
  return runLoop(context, {
    name: "ephemeral-volumes",
    initial: () => informers.pods.list().filter(hasAny).map(keyOf),
    watch: (add) => [informers.pods.onChange((now) => now && hasAny(now) && add(keyOf(now)))],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const pod = informers.pods.get(namespace, name);
      if (!pod || pod.metadata.deletionTimestamp) return;
      for (const claim of ephemeralClaims(pod)) {
        if (informers.persistentVolumeClaims.get(namespace, claim.metadata.name)) continue;
        await client.create(refs.persistentVolumeClaims, claim).catch((failure: unknown) => {
          if (isAlreadyExists(failure)) return;
          recorder.event(
            pod,
            "Warning",
            "FailedBinding",
            `ephemeral volume: create PVC ${claim.metadata.name}: ${(failure as Error).message}`,
          );
          throw failure;
        });
      }
    },
  });
}
