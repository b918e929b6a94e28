import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { Pod } from "@/lib/cluster/resources/types";
import type { ControllerContext } from "./controller";
import { rfc3339 } from "./rfc3339";

/** Says on a pod why the control plane is about to delete it; `phase` ends it for good. A pod that is gone is fine. */
export async function markDisruption(
  { client, clock }: ControllerContext,
  pod: Pod,
  why: { reason: string; message: string; phase?: "Failed" },
): Promise<void> {
  const { reason, message, phase } = why;
  const { namespace, name, uid } = pod.metadata;
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== "DisruptionTarget");
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason,
    message,
    lastTransitionTime: rfc3339(clock.now()),
  };
  try {
    await client.patch(
      refs.pods,
      namespace,
      name,
      "application/merge-patch+json",
      { metadata: { uid }, status: { ...(phase ? { phase } : {}), conditions: [...others, condition] } },
      { subresource: "status" },
    );
  } catch (failure) {
    if (!isNotFound(failure)) throw failure;
  }
}
