import type { EventRecorder } from "@/lib/cluster/client/event-recorder";
import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { Condition, Pod } from "@/lib/cluster/resources/types";
import type { ControllerContext } from "../controller";

const messageLengthMax = 1024;

/** The event and the condition of a pod that could not be placed (schedule_one.go handleSchedulingFailure). */
export async function reportFailure(
  { client, clock, informers }: ControllerContext,
  recorder: EventRecorder,
  pod: Pod,
  {
    reason,
    message,
    nominatedNodeName,
  }: { reason: "Unschedulable" | "SchedulerError"; message: string; nominatedNodeName?: string },
): Promise<void> {
  recorder.event(pod, "Warning", "FailedScheduling", truncated(message));
  const { namespace, name, uid, generation } = pod.metadata;
  const now = informers.pods.get(namespace, name);
  if (now?.metadata.uid !== uid || now?.spec.nodeName) return; // gone, or bound by somebody else
  const before = now?.status?.conditions?.find(({ type }) => type === "PodScheduled");
  const isSame = before?.message === message && before.status === "False" && before.reason === reason;
  const isNominated =
    nominatedNodeName === undefined || nominatedNodeName === (now?.status?.nominatedNodeName ?? "");
  if (isSame && isNominated) return;
  const condition: Condition = {
    type: "PodScheduled",
    status: "False",
    reason,
    message,
    lastProbeTime: null,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastTransitionTime:
      before?.status === "False"
        ? before.lastTransitionTime
        : new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z"),
  };
  try {
    await client.patch<Pod>(
      refs.pods,
      namespace,
      name,
      "application/strategic-merge-patch+json",
      {
        metadata: { uid },
        status: {
          conditions: [condition],
          ...(nominatedNodeName === undefined ? {} : { nominatedNodeName: nominatedNodeName || null }),
        },
      },
      { subresource: "status" },
    );
  } catch (failure) {
    if (!isNotFound(failure)) throw failure;
  }
}

function truncated(message: string): string {
  const ending = " ...";
  return message.length > messageLengthMax
    ? message.slice(0, messageLengthMax - ending.length) + ending
    : message;
}
