import type { EventRecorder } from "@/lib/cluster/client/event-recorder";
import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { Condition, Pod } from "@/lib/cluster/resources/types";
import type { ControllerContext } from "../controller";
import type { Snapshot } from "./snapshot";

/** Takes room for a more important pod: what preemption.go's prepareCandidate writes. */
export async function evictVictims(
  context: ControllerContext,
  recorder: EventRecorder,
  preemptor: Pod,
  nodeName: string,
  victims: readonly Pod[],
  snapshot: Snapshot,
): Promise<void> {
  // Less important pods that wait for the same room look elsewhere.
  for (const other of snapshot.nominated(nodeName))
    if (
      other.metadata.uid !== preemptor.metadata.uid &&
      (other.spec.priority ?? 0) < (preemptor.spec.priority ?? 0)
    )
      await patchStatus(context, other, { nominatedNodeName: null });
  for (const victim of victims) {
    if (victim.metadata.deletionTimestamp) continue;
    const { namespace, name, generation } = victim.metadata;
    const condition: Condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "PreemptionByScheduler",
      message: `${preemptor.spec.schedulerName ?? "default-scheduler"}: preempting to accommodate a higher priority pod`,
      lastProbeTime: null,
      lastTransitionTime: new Date(context.clock.now()).toISOString().replace(/\.\d+Z$/, "Z"),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    };
    await patchStatus(context, victim, { conditions: [condition] });
    try {
      await context.client.delete(refs.pods, namespace, name, {
        preconditions: { uid: victim.metadata.uid },
      });
    } catch (failure) {
      if (isNotFound(failure)) continue;
      throw failure;
    }
    const message = `Preempted by pod ${preemptor.metadata.uid} on node ${nodeName}`;
    recorder.event(victim, "Normal", "Preempted", message);
  }
}

async function patchStatus({ client }: ControllerContext, { metadata }: Pod, status: object): Promise<void> {
  try {
    await client.patch(
      refs.pods,
      metadata.namespace,
      metadata.name,
      "application/strategic-merge-patch+json",
      { metadata: { uid: metadata.uid }, status },
      { subresource: "status" },
    );
  } catch (failure) {
    if (!isNotFound(failure)) throw failure;
  }
}
