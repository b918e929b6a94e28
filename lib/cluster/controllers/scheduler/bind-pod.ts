import { AppError } from "@/lib/core/app-error";
import { refs } from "@/lib/cluster/client/refs";
import type { Pod } from "@/lib/cluster/resources/types";
import type { ControllerContext } from "../controller";
import type { SchedulerCache } from "./cache";
import { claimsOf, isBound, placeFor, type Placement } from "./volumes";

const bindTimeoutMs = 600_000;

/**
 * Binds a pod to its node; before that, its claims that waited for a consumer (VolumeBinding's PreBind): existing volumes
 * are reserved for them, provisioners are told the node, and the pod waits until all are bound or `signal` aborts.
 */
export async function bindPod(
  context: ControllerContext,
  cache: SchedulerCache,
  pod: Pod,
  nodeName: string,
  signal: AbortSignal,
): Promise<void> {
  await bindClaims(context, cache, pod, nodeName, signal);
  const { namespace, name, uid } = pod.metadata;
  await context.client.createSubresource(refs.pods, namespace, name, "binding", {
    apiVersion: "v1",
    kind: "Binding",
    metadata: { name, namespace, uid },
    target: { kind: "Node", name: nodeName },
  });
}

async function bindClaims(
  context: ControllerContext,
  cache: SchedulerCache,
  pod: Pod,
  nodeName: string,
  signal: AbortSignal,
): Promise<void> {
  if (!pod.spec.volumes?.some(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim ?? ephemeral))
    return;
  const snapshot = cache.snapshot();
  const { claims } = claimsOf(pod, snapshot);
  const unbound = claims.filter((claim) => !isBound(claim));
  if (unbound.length === 0) return;
  const info = snapshot.nodes.find(({ name }) => name === nodeName);
  const placement = info && placeFor(unbound, info, snapshot);
  if (!placement) throw failed("the volumes are no longer available");
  const release = cache.assumeVolumes(placement, nodeName);
  try {
    await write(context, placement, nodeName);
    const { persistentVolumeClaims } = context.informers;
    const allBound = () =>
      unbound.every(({ metadata }) => {
        const seen = persistentVolumeClaims.get(metadata.namespace, metadata.name);
        return seen !== undefined && isBound(seen);
      });
    await persistentVolumeClaims.until(allBound, { timeoutMs: bindTimeoutMs, signal });
    signal.throwIfAborted();
    if (!allBound()) throw failed("binding volumes: context deadline exceeded");
  } finally {
    release();
  }
}

const failed = (why: string) => new AppError("unavailable", `running PreBind plugin "VolumeBinding": ${why}`);

async function write(
  { client }: ControllerContext,
  { bind, provision }: Placement,
  nodeName: string,
): Promise<void> {
  for (const { claim, volume } of bind) {
    if (volume.spec.claimRef?.uid === claim.metadata.uid && volume.spec.claimRef?.uid) continue;
    const { name, namespace, uid, resourceVersion } = claim.metadata;
    await client.patch(
      refs.persistentVolumes,
      undefined,
      volume.metadata.name,
      "application/merge-patch+json",
      {
        metadata: {
          resourceVersion: volume.metadata.resourceVersion,
          annotations: { "pv.kubernetes.io/bound-by-controller": "yes" },
        },
        spec: {
          claimRef: {
            apiVersion: "v1",
            kind: "PersistentVolumeClaim",
            name,
            namespace,
            uid,
            resourceVersion,
          },
        },
      },
    );
  }
  for (const { metadata } of provision)
    await client.patch(
      refs.persistentVolumeClaims,
      metadata.namespace,
      metadata.name,
      "application/merge-patch+json",
      { metadata: { annotations: { "volume.kubernetes.io/selected-node": nodeName } } },
    );
}
