import { refs } from "@/lib/cluster/client/refs";
import type { DaemonSet, Pod } from "@/lib/cluster/resources/types";
import { claimPods } from "../claim";
import {
  isNamespaceEnding,
  keyOf,
  recorderFor,
  runLoop,
  splitKey,
  type ControllerContext,
  type Running,
} from "../controller";
import { deleteOwnedPods } from "../delete-owned-pods";
import { availableAtMs, canonical, controllerOf, isControlledBy, matcher, podOf } from "../pods";
import { keepRevision, trimHistory } from "../revisions";
import { slowStart } from "../slow-start";
import { EndedPodBackoff } from "./ended-pod-backoff";
import { daemonStatus, daemonTolerations, planDaemons, targetNode } from "./plan";

const hashLabel = "controller-revision-hash";

/** Each node that belongs runs one pod of each DaemonSet (kubernetes 1.34 pkg/controller/daemon). */
export function runDaemonSets(context: ControllerContext): Running {
  const { informers, client, clock } = context;
  const recorder = recorderFor(context, "daemonset-controller");

  const backoff = new EndedPodBackoff();

  function tellEnded(set: DaemonSet, { metadata, status, spec }: Pod): void {
    const hasFailed = status?.phase === "Failed";
    recorder.event(
      set,
      hasFailed ? "Warning" : "Normal",
      hasFailed ? "FailedDaemonPod" : "SucceededDaemonPod",
      `Found ${hasFailed ? "failed" : "succeeded"} daemon pod ${metadata.namespace}/${metadata.name} on node ${spec.nodeName ?? ""}, will try to ${hasFailed ? "kill" : "delete"} it`,
    );
  }

  return runLoop(context, {
    name: "daemonsets",
    initial: () => informers.daemonSets.list().map(keyOf),
    watch: (add) => [
      informers.daemonSets.onChange((now) => now && add(keyOf(now))),
      informers.nodes.onChange((now, old) => {
        const isSame =
          now &&
          old &&
          canonical([now.spec, now.metadata.labels]) === canonical([old.spec, old.metadata.labels]);
        if (!isSame) for (const set of informers.daemonSets.list()) add(keyOf(set));
      }),
      informers.pods.onChange((now, old) => {
        const pod = now ?? old!;
        const owner = controllerOf(pod);
        if (owner?.kind === "DaemonSet") add(`${pod.metadata.namespace}/${owner.name}`);
        else if (now && !owner)
          for (const set of informers.daemonSets.list(pod.metadata.namespace))
            if (matcher(set.spec.selector)(pod.metadata.labels)) add(keyOf(set));
      }),
    ],
    async reconcile(key, addAfter) {
      const { namespace, name } = splitKey(key);
      const set = informers.daemonSets.get(namespace, name);
      if (!set) return;
      const claimed = await claimPods(context, set, refs.daemonSets, set.spec.selector);
      const generation = String(set.metadata.generation ?? 1);
      const revision = await keepRevision(context, set, {
        "deprecated.daemonset.template.generation": generation,
      });
      const hash = revision.metadata.labels![hashLabel]!;
      const nodes = informers.nodes.list();
      const pods = () => informers.pods.list(namespace).filter((pod) => isControlledBy(pod, set));
      const plan = planDaemons(set, nodes, claimed, hash, clock.now());
      if (isNamespaceEnding(context, namespace)) plan.create = [];
      const isDue = (pod: Pod) => {
        const leftMs = backoff.leftMs(`${set.metadata.uid}/${targetNode(pod)}`, pod, clock.now());
        if (leftMs > 0) addAfter(leftMs);
        else tellEnded(set, pod);
        return leftMs <= 0;
      };
      // First those that go: a surge is not exceeded for a moment either.
      await deleteOwnedPods(context, recorder, set, [...plan.delete, ...plan.ended.filter(isDue)]);
      const { made, failures } = await slowStart(plan.create.length, (at) =>
        client.create<Pod>(refs.pods, daemonPod(set, plan.create[at]!, hash)),
      );
      for (const pod of made) {
        recorder.event(set, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
        await informers.pods.reached(pod);
      }
      for (const { message } of failures)
        recorder.event(set, "Warning", "FailedCreate", `Error creating: ${message}`);
      const used = pods().map(({ metadata }) => `${name}-${metadata.labels?.[hashLabel] ?? ""}`);
      await trimHistory(context, set, new Set([revision.metadata.name, ...used]));
      const status = daemonStatus(set, nodes, pods(), hash, clock.now());
      if (canonical(status) !== canonical(set.status ?? {})) {
        const written = await client.updateStatus<DaemonSet>(refs.daemonSets, { ...set, status });
        await informers.daemonSets.reached(written);
      }
      // Time alone makes a ready pod available.
      const minReadySeconds = set.spec.minReadySeconds ?? 0;
      for (const pod of minReadySeconds > 0 ? pods() : []) {
        const leftMs = (availableAtMs(pod, minReadySeconds) ?? 0) - clock.now();
        if (leftMs > 0) addAfter(leftMs + 1);
      }
      if (failures[0]) throw failures[0];
    },
  });
}

/** A daemon pod goes through the scheduler; an affinity pins it to its node. */
function daemonPod(set: DaemonSet, nodeName: string, hash: string): Pod {
  const pod = podOf(set.spec.template, set);
  const onNode = { matchFields: [{ key: "metadata.name", operator: "In", values: [nodeName] }] };
  pod.metadata.labels = {
    ...pod.metadata.labels,
    [hashLabel]: hash,
    "pod-template-generation": String(set.metadata.generation ?? 1),
  };
  pod.spec.tolerations = daemonTolerations(pod.spec);
  pod.spec.affinity = {
    ...pod.spec.affinity,
    nodeAffinity: {
      ...pod.spec.affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: (
          pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
            ?.nodeSelectorTerms ?? [{}]
        ).map((term) => ({ ...term, ...onNode })),
      },
    },
  };
  return pod;
}
