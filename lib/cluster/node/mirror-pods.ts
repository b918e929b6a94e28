import type { ClusterClient } from "@/lib/cluster/client/client";
import type { Informers } from "@/lib/cluster/client/informers";
import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { Node, Pod } from "@/lib/cluster/resources/types";
import { quoted, type KubeletLog } from "./kubelet-log";
import { podKey, runtimeUid } from "./pod-identity";
import { mirrorPodOf } from "./static-pods";

/**
 * Makes the API server show a static pod. Gives what kept it from taking the mirror, or undefined; the pod runs all the same
 * (kubelet.go: tryReconcileMirrorPods, which goes on as well).
 */
export async function ensureMirror(
  { client, informers, node }: { client: ClusterClient; informers: Informers; node: { name: string } },
  log: KubeletLog,
  pod: Pod,
): Promise<unknown> {
  const existing = informers.pods.get(pod.metadata.namespace, pod.metadata.name);
  if (existing && runtimeUid(existing) === pod.metadata.uid && !existing.metadata.deletionTimestamp)
    return undefined;
  try {
    if (existing) await deleteAtOnce(client, existing);
    const nodeObject = await client.get<Node>(refs.nodes, undefined, node.name);
    const created = await client.create<Pod>(refs.pods, mirrorPodOf(pod, nodeObject));
    await informers.pods.reached(created);
    return undefined;
  } catch (failure) {
    const why = quoted((failure as Error).message);
    log.error("kubelet.go:1878", `"Failed creating a mirror pod" err=${why} pod=${quoted(podKey(pod))}`);
    return failure;
  }
}

/** Removes a pod object whose containers are gone. Safe when it is gone as well, or another one has its name. */
export async function deleteAtOnce(client: ClusterClient, pod: Pod): Promise<void> {
  try {
    await client.delete(refs.pods, pod.metadata.namespace, pod.metadata.name, {
      gracePeriodSeconds: 0,
      preconditions: { uid: pod.metadata.uid },
    });
  } catch (failure) {
    if (!isNotFound(failure)) throw failure;
  }
}
