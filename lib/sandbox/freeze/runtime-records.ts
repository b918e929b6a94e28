import { listPods } from "../pod/list-pods";
import type { NodeRuntime } from "../pod/node-runtime";
import type { NodeRecord } from "../pod/store";

/**
 * A node's pods and containers as they are to come back: what runs is started again, what has ended stays as it ended, a
 * pod that is not up and a container that never started are left to the kubelet.
 */
export async function recordRuntime(runtime: NodeRuntime): Promise<NodeRecord> {
  const [record, { pods, containers }] = [await runtime.store.load(), await listPods(runtime)];
  const ready = new Set(pods.flatMap(({ podUid, state }) => (state === "ready" ? [podUid] : [])));
  const states = new Map(containers.map((status) => [status.containerId, status]));
  const copy = structuredClone(record);
  for (const [podUid, pod] of Object.entries(copy.pods)) {
    if (!ready.has(podUid)) delete pod.pid;
    // On its way back from the last time: it is to come back this time, too.
    else pod.pid ??= 0;
  }
  for (const [id, container] of Object.entries(copy.containers)) {
    const status = states.get(id);
    if (!status || status.state === "created") delete copy.containers[id];
    else if (status.state === "exited") {
      const { exitCode, reason, message, startedAtMs, finishedAtMs } = status;
      container.ended = { exitCode, reason, message, startedAtMs, finishedAtMs };
    }
  }
  return copy;
}
