import { podProgram } from "@/lib/contract/labd";
import { mustExecInNode } from "../exec";
import { callInit } from "../init-client";
import { cniDel } from "./cni";
import { removeContainers } from "./launch-container";
import { monitored, waitForExit, type NodeRuntime } from "./node-runtime";
import { places } from "./places";
import { attachmentOf } from "./run-pod";
import type { NodeRecord, PodRecord } from "./store";

/** Two that stop a pod at a time (the kubelet and crictl, say) wait for one stop. */
const inProgress = new WeakMap<PodRecord, Promise<void>>();

/**
 * Ends a pod: its containers are killed and removed, the network is given back, its namespace, files and logs go. Safe to repeat; a pod that is not known is no error.
 */
export async function stopPod(runtime: NodeRuntime, podUid: string): Promise<void> {
  const record = await runtime.store.load();
  const pod = Object.hasOwn(record.pods, podUid) ? record.pods[podUid] : undefined;
  if (!pod) return;
  let stop = inProgress.get(pod);
  if (!stop) {
    stop = stopRecorded(runtime, record, pod).finally(() => inProgress.delete(pod));
    inProgress.set(pod, stop);
  }
  await stop;
}

async function stopRecorded(runtime: NodeRuntime, record: NodeRecord, pod: PodRecord): Promise<void> {
  const { podUid } = pod.spec;
  await runtime.store.returning.cancel(podUid);
  const ids = [
    ...Object.values(record.containers)
      .filter(({ spec }) => spec.podUid === podUid)
      .map(({ containerId }) => containerId),
    pod.podId,
  ];
  await killContainers(runtime, ids);
  // As containerd does: a failing DEL does not keep a pod from going.
  if (pod.netns && pod.cni) await cniDel(pod.cni.list, attachmentOf(runtime, pod), pod.cni.result);
  await removeContainers(runtime, ids);
  const name = pod.netns?.split("/").at(-1);
  await mustExecInNode(runtime.control, {
    argv: [
      ...[podProgram, "close", places.podFiles(pod.podId), places.podLogs(pod.spec)],
      ...(name ? [name] : []),
    ],
  });
  for (const id of ids) delete record.containers[id];
  delete record.pods[podUid];
  await runtime.store.save();
}

/** SIGKILL for what still runs of them, and waits until it has ended. */
export async function killContainers(runtime: NodeRuntime, ids: string[]): Promise<void> {
  const known = await monitored(runtime);
  const running = ids.filter((id) => known.get(id)?.state === "running");
  if (running.length === 0) return;
  await Promise.all(
    running.map((id) =>
      callInit(runtime.control, "container-kill", [
        ["id", id],
        ["signal", "KILL"],
      ]),
    ),
  );
  await waitForExit(runtime, running, 10_000);
}
