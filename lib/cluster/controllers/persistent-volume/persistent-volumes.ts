import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { PersistentVolume, PersistentVolumeClaim } from "@/lib/cluster/resources/types";
import { keyOf, recorderFor, runLoop, splitKey, type ControllerContext, type Running } from "../controller";
import { canonical } from "../pods";
import { rfc3339 } from "../rfc3339";
import { isBindComplete, planClaim, provisionerKey } from "./plan-claim";
import { planVolume } from "./plan-volume";

const yes = "yes";
/** A claim that cannot be bound is told of again after this, as upstream's resync does. */
const repeatMs = 15_000;

/** Binds claims to volumes and follows both to their end (kubernetes 1.34 pkg/controller/volume/persistentvolume). */
export function runPersistentVolumes(context: ControllerContext): Running {
  const { informers, client, clock } = context;
  const recorder = recorderFor(context, "persistentvolume-controller");

  async function bind(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> {
    const { namespace, name, uid, resourceVersion } = claim.metadata;
    if (volume.spec.claimRef?.uid !== uid) {
      const written = await client.update<PersistentVolume>(refs.persistentVolumes, {
        ...volume,
        metadata: {
          ...volume.metadata,
          annotations: { ...volume.metadata.annotations, "pv.kubernetes.io/bound-by-controller": yes },
        },
        spec: {
          ...volume.spec,
          claimRef: {
            apiVersion: "v1",
            kind: "PersistentVolumeClaim",
            namespace,
            name,
            uid,
            resourceVersion,
          },
        },
      });
      await informers.persistentVolumes.reached(written);
    }
    let bound = claim;
    if (!isBindComplete(claim) || claim.spec.volumeName !== volume.metadata.name)
      bound = await client.update<PersistentVolumeClaim>(refs.persistentVolumeClaims, {
        ...claim,
        metadata: {
          ...claim.metadata,
          annotations: {
            ...claim.metadata.annotations,
            "pv.kubernetes.io/bind-completed": yes,
            ...(claim.spec.volumeName ? {} : { "pv.kubernetes.io/bound-by-controller": yes }),
          },
        },
        spec: { ...claim.spec, volumeName: volume.metadata.name },
      });
    const status = {
      ...bound.status,
      phase: "Bound",
      accessModes: volume.spec.accessModes,
      capacity: volume.spec.capacity,
    };
    if (canonical(status) !== canonical(bound.status ?? {}))
      bound = await client.updateStatus<PersistentVolumeClaim>(refs.persistentVolumeClaims, {
        ...bound,
        status,
      });
    if (bound !== claim) await informers.persistentVolumeClaims.reached(bound);
  }

  async function reconcileClaim(
    claim: PersistentVolumeClaim,
    addAfter: (delayMs: number) => void,
  ): Promise<void> {
    const { namespace, name } = claim.metadata;
    const storageClass = informers.storageClasses.get(undefined, claim.spec.storageClassName ?? "");
    const consumers = informers.pods
      .list(namespace)
      .filter(
        ({ spec }) =>
          !spec.nodeName && spec.volumes?.some((one) => one.persistentVolumeClaim?.claimName === name),
      )
      .map(({ metadata }) => metadata.name);
    const plan = planClaim(claim, informers.persistentVolumes.list(), storageClass, consumers);
    if (plan.event) recorder.event(claim, plan.event.type, plan.event.reason, plan.event.message);
    if (plan.event && !plan.phase) addAfter(repeatMs);
    if (plan.bind) return bind(claim, plan.bind);
    if (plan.phase)
      await informers.persistentVolumeClaims.reached(
        await client.updateStatus<PersistentVolumeClaim>(refs.persistentVolumeClaims, {
          ...claim,
          status: { phase: plan.phase },
        }),
      );
    if (plan.provisioner && claim.metadata.annotations?.[provisionerKey] !== plan.provisioner)
      await client.patch(refs.persistentVolumeClaims, namespace, name, "application/merge-patch+json", {
        metadata: {
          annotations: {
            "volume.beta.kubernetes.io/storage-provisioner": plan.provisioner,
            [provisionerKey]: plan.provisioner,
          },
        },
      });
  }

  async function reconcileVolume(volume: PersistentVolume): Promise<void> {
    if (volume.metadata.deletionTimestamp) return;
    const { claimRef } = volume.spec;
    const claim = claimRef && informers.persistentVolumeClaims.get(claimRef.namespace, claimRef.name ?? "");
    const plan = planVolume(volume, claim);
    const { phase, message } = plan;
    if (phase !== volume.status?.phase || message !== volume.status.message) {
      if (phase === "Failed") recorder.event(volume, "Warning", "VolumeFailedDelete", message ?? "");
      const written = await client.updateStatus<PersistentVolume>(refs.persistentVolumes, {
        ...volume,
        status: {
          phase,
          ...(message ? { message } : {}),
          lastPhaseTransitionTime: rfc3339(clock.now()),
        },
      });
      await informers.persistentVolumes.reached(written);
    }
    if (plan.delete)
      await client
        .delete(refs.persistentVolumes, undefined, volume.metadata.name)
        .catch((failure: unknown) => {
          if (!isNotFound(failure)) throw failure;
        });
  }

  return runLoop(context, {
    name: "persistent-volumes",
    initial: () => [
      ...informers.persistentVolumeClaims.list().map(keyOf),
      ...informers.persistentVolumes.list().map(keyOf),
    ],
    watch: (add) => {
      const addWaiting = () => {
        for (const claim of informers.persistentVolumeClaims.list())
          if (!isBindComplete(claim)) add(keyOf(claim));
      };
      return [
        informers.persistentVolumes.onChange((now, old) => {
          if (now) add(keyOf(now));
          const { claimRef } = (now ?? old)!.spec;
          if (claimRef) add(`${claimRef.namespace}/${claimRef.name}`);
          else addWaiting();
        }),
        informers.persistentVolumeClaims.onChange((now, old) => {
          const claim = now ?? old!;
          add(keyOf(claim));
          for (const volume of informers.persistentVolumes.list())
            if (volume.spec.claimRef?.uid === claim.metadata.uid) add(keyOf(volume));
        }),
        informers.storageClasses.onChange(addWaiting),
      ];
    },
    async reconcile(key, addAfter) {
      const { namespace, name } = splitKey(key);
      if (namespace === "") {
        const volume = informers.persistentVolumes.get(undefined, name);
        if (volume) await reconcileVolume(volume);
        return;
      }
      const claim = informers.persistentVolumeClaims.get(namespace, name);
      if (claim && !claim.metadata.deletionTimestamp) await reconcileClaim(claim, addAfter);
    },
  });
}
