import type { ResourceRef } from "@/lib/cluster/client/client";
import type { Informer } from "@/lib/cluster/client/informers";
import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { LabelSelector, Pod, ReplicaSet } from "@/lib/cluster/resources/types";
import { orNull, type ControllerContext } from "./controller";
import { controllerOf, controllerRef, isActive, isControlledBy, matcher } from "./pods";

interface Claiming<T extends KubeObject> {
  owner: KubeObject;
  ownerRef: ResourceRef;
  selector: LabelSelector;
  informer: Informer<T>;
  resource: ResourceRef;
  /** What may be taken over; whatever is controlled already stays. */
  fits(object: T): boolean;
}

/**
 * The objects of an owner (kubernetes 1.34 pkg/controller/controller_ref_manager.go): those that match and have no
 * controller are taken over, those that no longer match are let go.
 */
async function claim<T extends KubeObject>(
  { client }: ControllerContext,
  { owner, ownerRef, selector, informer, resource, fits }: Claiming<T>,
): Promise<T[]> {
  const matches = matcher(selector);
  const isGoing = owner.metadata.deletionTimestamp !== undefined;
  const claimed: T[] = [];

  async function setOwners(object: T, ownerReferences: KubeObject["metadata"]["ownerReferences"]) {
    const { namespace, name, uid } = object.metadata;
    try {
      const written = await client.patch<T>(resource, namespace, name, "application/merge-patch+json", {
        metadata: { uid, ownerReferences: orNull(ownerReferences ?? []) },
      });
      await informer.reached(written);
      return written;
    } catch (failure) {
      if (isNotFound(failure)) return undefined;
      throw failure;
    }
  }

  let isKnownToLive: boolean | undefined;
  /** The cache may be older than a deletion: an owner that is going must not take anything over. */
  async function ownerLives(): Promise<boolean> {
    const { namespace, name, uid } = owner.metadata;
    const live = await client.get<KubeObject>(ownerRef, namespace, name).catch(() => undefined);
    return live?.metadata.uid === uid && !live?.metadata.deletionTimestamp;
  }

  for (const object of informer.list(owner.metadata.namespace)) {
    const isMatch = matches(object.metadata.labels);
    if (isControlledBy(object, owner)) {
      if (isMatch || isGoing) claimed.push(object);
      else
        await setOwners(
          object,
          object.metadata.ownerReferences!.filter(({ uid }) => uid !== owner.metadata.uid),
        );
    } else if (!isGoing && isMatch && !controllerOf(object) && fits(object)) {
      isKnownToLive ??= await ownerLives();
      if (!isKnownToLive) continue;
      const owners = [...(object.metadata.ownerReferences ?? []), controllerRef(owner)];
      const adopted = await setOwners(object, owners);
      if (adopted) claimed.push(adopted);
    }
  }
  return claimed;
}

/** The pods of a controller; `fits` narrows which ones it may take over. */
export function claimPods(
  context: ControllerContext,
  owner: KubeObject,
  ownerRef: ResourceRef,
  selector: LabelSelector,
  fits: (pod: Pod) => boolean = () => true,
): Promise<Pod[]> {
  return claim(context, {
    owner,
    ownerRef,
    selector,
    informer: context.informers.pods,
    resource: refs.pods,
    fits: (pod) => isActive(pod) && fits(pod),
  });
}

/** The ReplicaSets of a Deployment. */
export function claimReplicaSets(
  context: ControllerContext,
  owner: KubeObject,
  selector: LabelSelector,
): Promise<ReplicaSet[]> {
  return claim(context, {
    owner,
    ownerRef: refs.deployments,
    selector,
    informer: context.informers.replicaSets,
    resource: refs.replicaSets,
    fits: ({ metadata }) => !metadata.deletionTimestamp,
  });
}
