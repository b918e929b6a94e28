import type { EventRecorder } from "@/lib/cluster/client/event-recorder";
import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Pod } from "@/lib/cluster/resources/types";
import type { ControllerContext } from "./controller";

/**
 * Deletes `pods` of `owner`, each only if it is still the one that was seen, records SuccessfulDelete on the owner, and
 * resolves when the informer has seen them go, so that the next plan does not count them again.
 */
export async function deleteOwnedPods(
  { client, informers }: ControllerContext,
  recorder: EventRecorder,
  owner: KubeObject,
  pods: Pod[],
): Promise<void> {
  await Promise.all(
    pods.map(async ({ metadata: { namespace, name, uid } }) => {
      try {
        await client.delete(refs.pods, namespace, name, { preconditions: { uid } });
        recorder.event(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
      } catch (failure) {
        if (!isNotFound(failure)) throw failure;
      }
      await informers.pods.until(() => {
        const seen = informers.pods.get(namespace, name);
        return seen?.metadata.uid !== uid || seen?.metadata.deletionTimestamp !== undefined;
      });
    }),
  );
}
