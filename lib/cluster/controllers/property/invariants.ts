import { selectorOf } from "@/lib/cluster/client/label-selector";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Pod, ReplicaSet } from "@/lib/cluster/resources/types";
import { controllerOf, isActive, isControlledBy, isReady } from "../pods";
import { isUnfinished, nodeNames, podsMax, type World } from "./testing";

/** What does not hold of a cluster that has come to rest, a sentence each. */
export function violations(world: World): string[] {
  return [
    ...world.broken,
    ...ownership(world),
    ...replicaSets(world),
    ...deployments(world),
    ...statefulSets(world),
    ...daemonSets(world),
    ...placement(world),
    ...endpoints(world),
    ...quota(world),
  ];
}

const nameOf = ({ kind, metadata }: KubeObject) => `${kind} ${metadata.namespace}/${metadata.name}`;
const unless = (holds: boolean, sentence: () => string) => (holds ? [] : [sentence()]);

/** Nobody has an owner that is gone, and what is being deleted goes unless a silent kubelet holds a pod of it. */
function ownership({ informers, lostNodes }: World): string[] {
  const known = [
    ...informers.deployments.list(),
    ...informers.replicaSets.list(),
    ...informers.statefulSets.list(),
    ...informers.daemonSets.list(),
    ...informers.jobs.list(),
    ...informers.pods.list(),
    ...informers.services.list(),
    ...informers.endpointSlices.list(),
  ];
  const uids = new Set([...known, ...informers.nodes.list()].map(({ metadata }) => metadata.uid));
  const isLeaving = ({ metadata }: KubeObject) => metadata.deletionTimestamp !== undefined;
  return [
    ...known
      .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => !uids.has(uid)))
      .filter((object) => !isLeaving(object))
      .map((object) => `${nameOf(object)} has an owner that is gone`),
    ...known
      .filter((object) => isLeaving(object) && lostNodes.size === 0)
      .map((object) => `${nameOf(object)} is still being deleted`),
  ];
}

/** In the namespace with the quota others may have taken the room. */
const isFree = ({ metadata }: KubeObject) => metadata.namespace === "free";

const standing = <T extends KubeObject>(objects: T[]): T[] =>
  objects.filter(({ metadata }) => !metadata.deletionTimestamp);

const podsOf = (owner: KubeObject, { informers }: World): Pod[] =>
  informers.pods.list(owner.metadata.namespace).filter((pod) => isControlledBy(pod, owner));

function replicaSets(world: World): string[] {
  return standing(world.informers.replicaSets.list()).flatMap((set) => {
    const active = podsOf(set, world).filter(isActive).length;
    const wanted = set.spec.replicas ?? 1;
    return [
      ...unless(
        isFree(set) ? active === wanted : active <= wanted,
        () => `${nameOf(set)} has ${active} of ${wanted} pods`,
      ),
      ...unless(
        (set.status?.replicas ?? 0) === active,
        () => `${nameOf(set)} reports ${set.status?.replicas} of ${active} pods`,
      ),
      ...unless(
        set.status?.observedGeneration === set.metadata.generation,
        () => `${nameOf(set)} is not observed`,
      ),
    ];
  });
}

function deployments(world: World): string[] {
  const { informers } = world;
  const canSchedule = informers.nodes
    .list()
    .some(({ metadata, spec }) => !spec.unschedulable && !world.lostNodes.has(metadata.name));
  return standing(informers.deployments.list()).flatMap((deployment) => {
    const { metadata, spec, status } = deployment;
    const sets = informers.replicaSets
      .list(metadata.namespace)
      .filter((set) => isControlledBy(set, deployment));
    const sum = (of: (set: ReplicaSet) => number | undefined) =>
      sets.reduce((total, set) => total + (of(set) ?? 0), 0);
    const wanted = spec.replicas ?? 1;
    const image = spec.template.spec.containers[0]!.image;
    const isReadyForAll =
      isFree(deployment) && canSchedule && image !== "unready" && world.lostNodes.size === 0;
    const pods = sets.flatMap((set) => podsOf(set, world)).filter(isActive);
    const areAllReady = pods.every(isReady);
    return [
      ...unless(
        status?.observedGeneration === metadata.generation,
        () => `${nameOf(deployment)} is not observed`,
      ),
      ...unless(
        (status?.replicas ?? 0) === sum((set) => set.status?.replicas),
        () => `${nameOf(deployment)} reports other replicas than its ReplicaSets`,
      ),
      ...unless(
        sum((set) => set.spec.replicas) <= wanted + Math.ceil(wanted / 4),
        () => `${nameOf(deployment)} asks for more than its surge`,
      ),
      ...(isReadyForAll && areAllReady
        ? unless(
            (status?.updatedReplicas ?? 0) === wanted &&
              (status?.availableReplicas ?? 0) === wanted &&
              pods.length === wanted,
            () =>
              `${nameOf(deployment)} has ${status?.updatedReplicas} new and ${status?.availableReplicas} available of ${wanted} pods`,
          )
        : []),
    ];
  });
}

/** Their pods are the first ones in order, without a gap before a pod that is not ready. */
function statefulSets(world: World): string[] {
  return standing(world.informers.statefulSets.list()).flatMap((set) => {
    const ordinals = podsOf(set, world)
      .map(({ metadata }) => Number(metadata.name.slice(set.metadata.name.length + 1)))
      .sort((a, b) => a - b);
    const wanted = set.spec.replicas ?? 1;
    return unless(
      ordinals.every((ordinal) => ordinal < wanted || world.lostNodes.size > 0),
      () => `${nameOf(set)} has the pods ${ordinals.join(", ")} where ${wanted} are wanted`,
    );
  });
}

function daemonSets(world: World): string[] {
  return standing(world.informers.daemonSets.list()).flatMap((set) => {
    const nodeOf = ({ spec }: Pod) => {
      const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
      return spec.nodeName ?? terms?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0];
    };
    const pods = podsOf(set, world);
    const active = pods.filter(isActive).map(nodeOf);
    // One that is on its way out holds the node's place until it is gone.
    const covered = new Set(pods.map(nodeOf));
    return [
      ...unless(new Set(active).size === active.length, () => `${nameOf(set)} has two pods on a node`),
      ...unless(
        !isFree(set) || nodeNames.every((name) => covered.has(name) || world.lostNodes.has(name)),
        () => `${nameOf(set)} leaves nodes out`,
      ),
    ];
  });
}

/** A pod waits only while no node takes it, and none stays where its kubelet is silent. */
function placement({ informers, lostNodes }: World): string[] {
  const isOpen = informers.nodes
    .list()
    .some(({ metadata, spec }) => !spec.unschedulable && !lostNodes.has(metadata.name));
  const movable = informers.pods
    .list()
    .filter((pod) => isActive(pod) && controllerOf(pod)?.kind !== "DaemonSet");
  return [
    ...movable.filter(({ spec }) => isOpen && !spec.nodeName).map((pod) => `${nameOf(pod)} is on no node`),
    ...movable
      .filter(({ spec }) => spec.nodeName && lostNodes.has(spec.nodeName) && !staysAnyway(spec))
      .map((pod) => `${nameOf(pod)} stays on a lost node`),
  ];
}

/** It tolerates a silent kubelet for ever, as the pods of DaemonSets do. */
function staysAnyway({ tolerations = [] }: Pod["spec"]): boolean {
  return tolerations.some(
    ({ key, tolerationSeconds }) =>
      key === "node.kubernetes.io/unreachable" && tolerationSeconds === undefined,
  );
}

function endpoints({ informers }: World): string[] {
  const services = informers.services.list().filter(({ spec }) => spec?.selector);
  // Those that were let go on purpose (Orphan) have no owner any more.
  const stray = informers.endpointSlices
    .list()
    .filter(
      ({ metadata: { namespace, labels, ownerReferences } }) =>
        ownerReferences?.length &&
        !informers.services.get(namespace, labels?.["kubernetes.io/service-name"] ?? ""),
    );
  return [
    ...stray.map((slice) => `${nameOf(slice)} belongs to no Service`),
    ...services.flatMap((service) => {
      const { namespace, name } = service.metadata;
      const selects = selectorOf({ matchLabels: service.spec!.selector! });
      const wanted = informers.pods
        .list(namespace)
        .filter((pod) => selects(pod.metadata.labels) && isActive(pod) && isReady(pod))
        .map(({ metadata }) => metadata.name);
      const given = informers.endpointSlices
        .list(namespace)
        .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name)
        .flatMap((slice) => slice.endpoints ?? [])
        .filter(({ conditions }) => conditions?.ready)
        .map(({ targetRef }) => targetRef?.name);
      const legacy = (informers.endpoints.get(namespace, name)?.subsets ?? [])
        .flatMap(({ addresses = [] }) => addresses)
        .map(({ targetRef }) => targetRef?.name);
      const text = (names: (string | undefined)[]) => names.sort().join(", ");
      return [
        ...unless(
          text(given) === text(wanted),
          () => `slices of ${nameOf(service)} give ${text(given)}; ready are ${text(wanted)}`,
        ),
        ...unless(
          text(legacy) === text(wanted),
          () => `endpoints of ${nameOf(service)} give ${text(legacy)}; ready are ${text(wanted)}`,
        ),
      ];
    }),
  ];
}

function quota({ informers }: World): string[] {
  const count = informers.pods.list("tight").filter(isUnfinished).length;
  return unless(count <= podsMax, () => `${count} pods where the quota allows ${podsMax}`);
}
