import { refs } from "@/lib/cluster/client/refs";
import { isAlreadyExists, isNotFound } from "@/lib/cluster/client/status";
import type { PersistentVolumeClaim, Pod, StatefulSet } from "@/lib/cluster/resources/types";
import { claimPods } from "../claim";
import {
  isNamespaceEnding,
  keyOf,
  orNull,
  recorderFor,
  runLoop,
  splitKey,
  type ControllerContext,
  type Running,
} from "../controller";
import { availableAtMs, canonical, controllerOf, matcher } from "../pods";
import { historyOf, keepRevision, templateOf, trimHistory } from "../revisions";
import { claimsFor, ordinalOf, plannedClaimOwners, revisionOf, statefulPod } from "./identity";
import { planStatefulSet, statefulSetStatus } from "./plan";

const staleClaimMs = 1000;

/** Pods with names and storage of their own, one after the other (kubernetes 1.34 pkg/controller/statefulset). */
export function runStatefulSets(context: ControllerContext): Running {
  const { informers, client, clock } = context;
  const recorder = recorderFor(context, "statefulset-controller");

  /** An event as upstream words it, for what was tried with a pod; a failure is recorded and goes on. */
  async function tell<T>(
    set: StatefulSet,
    verb: "Create" | "Delete",
    subject: string,
    success: string,
    work: () => Promise<T>,
  ): Promise<T> {
    const what = `${verb.toLowerCase()} ${subject} in StatefulSet ${set.metadata.name}`;
    try {
      const result = await work();
      recorder.event(set, "Normal", `Successful${verb}`, `${what} ${success}`);
      return result;
    } catch (failure) {
      if (isNotFound(failure) && verb === "Delete") return undefined as T;
      recorder.event(set, "Warning", `Failed${verb}`, `${what} failed error: ${(failure as Error).message}`);
      throw failure;
    }
  }

  /** False: a claim of that name is on its way out, the pod must wait for its end. */
  async function makeClaims(set: StatefulSet, ordinal: number): Promise<boolean> {
    const podName = `${set.metadata.name}-${ordinal}`;
    for (const claim of claimsFor(set, ordinal)) {
      const { namespace, name } = claim.metadata;
      const present = informers.persistentVolumeClaims.get(namespace, name);
      if (present?.metadata.deletionTimestamp) return false;
      if (present) continue;
      const owners = plannedClaimOwners(set, claim, undefined, false);
      if (owners) claim.metadata.ownerReferences = owners;
      await tell(set, "Create", `Claim ${name} Pod ${podName}`, "success", async () => {
        const made = await client
          .create<PersistentVolumeClaim>(refs.persistentVolumeClaims, claim)
          .catch((failure: unknown) => {
            if (!isAlreadyExists(failure)) throw failure;
          });
        if (made) await informers.persistentVolumeClaims.reached(made);
      });
    }
    return true;
  }

  async function ownClaims(set: StatefulSet, pod: Pod, isCondemned: boolean): Promise<void> {
    for (const { metadata } of claimsFor(set, ordinalOf(set, pod))) {
      const claim = informers.persistentVolumeClaims.get(metadata.namespace, metadata.name);
      const owners = claim && plannedClaimOwners(set, claim, pod, isCondemned);
      if (!owners) continue;
      const written = await client.patch<PersistentVolumeClaim>(
        refs.persistentVolumeClaims,
        metadata.namespace,
        metadata.name,
        "application/merge-patch+json",
        { metadata: { uid: claim.metadata.uid, ownerReferences: orNull(owners) } },
      );
      await informers.persistentVolumeClaims.reached(written);
    }
  }

  async function remove(set: StatefulSet, { metadata: { namespace, name, uid } }: Pod): Promise<void> {
    await tell(set, "Delete", `Pod ${name}`, "successful", () =>
      client.delete(refs.pods, namespace, name, { preconditions: { uid } }),
    );
    await informers.pods.until(() => {
      const seen = informers.pods.get(namespace, name);
      return seen?.metadata.uid !== uid || seen?.metadata.deletionTimestamp !== undefined;
    });
  }

  return runLoop(context, {
    name: "statefulsets",
    initial: () => informers.statefulSets.list().map(keyOf),
    watch: (add) => [
      informers.statefulSets.onChange((now) => now && add(keyOf(now))),
      informers.pods.onChange((now, old) => {
        const pod = now ?? old!;
        const owner = controllerOf(pod);
        if (owner?.kind === "StatefulSet") add(`${pod.metadata.namespace}/${owner.name}`);
        else if (now && !owner)
          for (const set of informers.statefulSets.list(pod.metadata.namespace))
            if (matcher(set.spec.selector)(pod.metadata.labels)) add(keyOf(set));
      }),
    ],
    async reconcile(key, addAfter) {
      const { namespace, name } = splitKey(key);
      const set = informers.statefulSets.get(namespace, name);
      if (!set) return;
      const fits = (pod: Pod) => ordinalOf(set, pod) >= 0;
      let pods = await claimPods(context, set, refs.statefulSets, set.spec.selector, fits);
      const update = await keepRevision(context, set);
      const history = historyOf(context, set);
      const current = history.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
      const revisions = { current: current.metadata.name, update: update.metadata.name };
      const plan = planStatefulSet(set, revisions, pods, clock.now());
      if (isNamespaceEnding(context, namespace)) plan.create = [];

      for (const pod of pods.filter(fits))
        if (!set.metadata.deletionTimestamp) await ownClaims(set, pod, plan.condemned.includes(pod));
      await Promise.all(plan.delete.map((pod) => remove(set, pod)));
      const made = await Promise.allSettled(
        plan.create.map(async ({ ordinal, revision }) => {
          if (!(await makeClaims(set, ordinal))) return addAfter(staleClaimMs);
          const template = templateOf(revision === revisions.current ? current : update);
          const wanted = statefulPod(set, template, revision, ordinal);
          await tell(set, "Create", `Pod ${wanted.metadata.name}`, "successful", async () =>
            informers.pods.reached(await client.create<Pod>(refs.pods, wanted)),
          );
        }),
      );
      pods = informers.pods.list(namespace).filter((pod) => controllerOf(pod)?.uid === set.metadata.uid);
      const status = statefulSetStatus(set, revisions, pods, clock.now());
      if (canonical(status) !== canonical(set.status ?? {}))
        await informers.statefulSets.reached(
          await client.updateStatus<StatefulSet>(refs.statefulSets, { ...set, status }),
        );
      await trimHistory(
        context,
        set,
        new Set([revisions.update, status.currentRevision!, ...pods.map(revisionOf)]),
      );
      const minReadySeconds = set.spec.minReadySeconds ?? 0;
      for (const pod of minReadySeconds > 0 ? pods : []) {
        const leftMs = (availableAtMs(pod, minReadySeconds) ?? 0) - clock.now();
        if (leftMs > 0) addAfter(leftMs + 1);
      }
      const failed = made.find((result) => result.status === "rejected");
      if (failed) throw failed.reason;
    },
  });
}
