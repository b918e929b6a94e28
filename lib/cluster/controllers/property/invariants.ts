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
    ...jobs(world),
    ...budgets(world),
    ...autoscalers(world),
    ...namespacesGone(world),
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
const isFree = ({ metadata }: KubeObject) => metadata.namespace !== "tight";

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

/** From the lowest on each has its pod; the first that is not ready holds up those after it, and no one else. */
function statefulSets(world: World): string[] {
  const { informers, lostNodes } = world;
  return standing(informers.statefulSets.list()).flatMap((set) => {
    const { name, namespace, generation } = set.metadata;
    const own = podsOf(set, world);
    const ordinals = own.map((pod) => Number(pod.metadata.name.slice(name.length + 1)));
    const wanted = set.spec.replicas ?? 1;
    const text = `${nameOf(set)} has the pods ${ordinals.join(", ")} where ${wanted} are wanted`;
    if (lostNodes.size > 0) return [];
    const named = (ordinal: number) => informers.pods.get(namespace, `${name}-${ordinal}`);
    const isDone = (ordinal: number) => {
      const pod = named(ordinal);
      return pod !== undefined && isControlledBy(pod, set) && isActive(pod) && isReady(pod);
    };
    const next = [...Array(wanted).keys()].find((ordinal) => !isDone(ordinal));
    return [
      ...unless(
        ordinals.every((ordinal) => ordinal < wanted),
        () => text,
      ),
      // A pod of its name that is nobody's, or another's, is in the way.
      ...unless(!isFree(set) || next === undefined || named(next) !== undefined, () => text),
      ...unless(
        set.status?.observedGeneration === generation && set.status?.replicas === own.length,
        () => `${nameOf(set)} reports ${set.status?.replicas} of ${own.length} pods`,
      ),
    ];
  });
}

/** Each has as many pods as it may, none runs once it has ended, and it ends for what it counted. */
function jobs(world: World): string[] {
  return standing(world.informers.jobs.list()).flatMap((job) => {
    const { completions = 1, parallelism = 1, backoffLimit = 6 } = job.spec;
    const { succeeded = 0, failed = 0, active = 0, conditions = [] } = job.status ?? {};
    const has = (type: string) => conditions.some((one) => one.type === type && one.status === "True");
    const isOver = has("Complete") || has("Failed");
    // The end itself waits for pods that a silent kubelet holds.
    const isEnding = isOver || has("FailureTarget");
    const running = podsOf(job, world).filter(isActive);
    const tracked = podsOf(job, world).filter(
      (pod) => !isActive(pod) && pod.metadata.finalizers?.includes("batch.kubernetes.io/job-tracking"),
    );
    const uncounted = Object.values(job.status?.uncountedTerminatedPods ?? {}).flat();
    return [
      ...unless(running.length <= parallelism, () => `${nameOf(job)} runs ${running.length} pods`),
      ...unless(
        active === running.length,
        () => `${nameOf(job)} reports ${active} of ${running.length} pods`,
      ),
      ...unless(!isOver || running.length === 0, () => `${nameOf(job)} has ended and runs on`),
      ...unless(!(has("Complete") && has("Failed")), () => `${nameOf(job)} is complete and failed`),
      ...unless(
        !has("Complete") || succeeded === completions,
        () => `${nameOf(job)} is complete with ${succeeded}`,
      ),
      ...unless(
        succeeded <= completions,
        () => `${nameOf(job)} succeeded ${succeeded} times of ${completions}`,
      ),
      ...unless(!has("Failed") || failed > backoffLimit, () => `${nameOf(job)} failed with ${failed}`),
      ...unless(isEnding || failed <= backoffLimit, () => `${nameOf(job)} goes on with ${failed} failures`),
      ...unless(
        tracked.length + uncounted.length === 0 || world.lostNodes.size > 0,
        () => `${nameOf(job)} has not counted ${tracked.length + uncounted.length} pods`,
      ),
    ];
  });
}

/** They count the ready pods that they select, and allow no more than these leave. */
function budgets({ informers }: World): string[] {
  return standing(informers.podDisruptionBudgets.list()).flatMap((budget) => {
    const { namespace } = budget.metadata;
    const selects = selectorOf(budget.spec?.selector);
    const healthy = informers.pods
      .list(namespace)
      .filter((pod) => selects(pod.metadata.labels) && isActive(pod) && isReady(pod)).length;
    const { currentHealthy, desiredHealthy = 0, disruptionsAllowed = 0, conditions } = budget.status ?? {};
    // A share of pods whose controller has no scale cannot be told: it allows none and counts no more.
    if (conditions?.some(({ reason }) => reason === "SyncFailed"))
      return unless(
        disruptionsAllowed === 0,
        () => `${nameOf(budget)} failed and allows ${disruptionsAllowed}`,
      );
    return [
      ...unless(currentHealthy === healthy, () => `${nameOf(budget)} counts ${currentHealthy} of ${healthy}`),
      ...unless(
        disruptionsAllowed <= Math.max(0, healthy - desiredHealthy),
        () => `${nameOf(budget)} allows ${disruptionsAllowed} where ${healthy} are healthy`,
      ),
    ];
  });
}

/** Without metrics a target is brought within its limits and no further; one at zero is left alone. */
function autoscalers({ informers }: World): string[] {
  return standing(informers.horizontalPodAutoscalers.list()).flatMap((autoscaler) => {
    const { minReplicas = 1, maxReplicas, scaleTargetRef } = autoscaler.spec;
    const target = informers.deployments.get(autoscaler.metadata.namespace, scaleTargetRef.name);
    const replicas = target?.spec.replicas ?? 1;
    if (!target || target.metadata.deletionTimestamp || replicas === 0) return [];
    return unless(
      replicas >= minReplicas && replicas <= maxReplicas,
      () => `${nameOf(autoscaler)} leaves ${replicas} replicas outside of ${minReplicas} to ${maxReplicas}`,
    );
  });
}

/** What is deleted goes, with all that is in it, unless a silent kubelet holds a pod. */
function namespacesGone({ informers, lostNodes }: World): string[] {
  const leaving = informers.namespaces.list().filter(({ metadata }) => metadata.deletionTimestamp);
  const names = new Set(informers.namespaces.list().map(({ metadata }) => metadata.name));
  const stray = [...informers.pods.list(), ...informers.deployments.list(), ...informers.services.list()];
  return [
    ...leaving
      .filter(() => lostNodes.size === 0)
      .map(({ metadata }) => `Namespace ${metadata.name} is still being deleted`),
    ...stray
      .filter(({ metadata }) => !names.has(metadata.namespace!))
      .map((object) => `${nameOf(object)} is in no namespace`),
  ];
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
