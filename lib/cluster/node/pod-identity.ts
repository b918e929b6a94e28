import type { Pod } from "@/lib/cluster/resources/types";

export const configHashAnnotation = "kubernetes.io/config.hash";
export const configMirrorAnnotation = "kubernetes.io/config.mirror";
export const configSourceAnnotation = "kubernetes.io/config.source";
export const configSeenAnnotation = "kubernetes.io/config.seen";

/** The uid under which a pod's containers run: a mirror pod stands for a static pod, whose uid is its config hash. */
export function runtimeUid(pod: Pod): string {
  return pod.metadata.annotations?.[configMirrorAnnotation] ?? pod.metadata.uid ?? "";
}

export function isMirrorPod(pod: Pod): boolean {
  return pod.metadata.annotations?.[configMirrorAnnotation] !== undefined;
}

/** "kube-system/etcd-controlplane" */
export function podKey(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}

export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** An init container that goes on running beside the main ones. */
export function isSidecar(container: { restartPolicy?: string }): boolean {
  return container.restartPolicy === "Always";
}

/** Where events of a container point: "spec.initContainers{first}". */
export function fieldPathOf(pod: Pod, container: string): string {
  const isOf = (list: { name: string }[] | undefined) => list?.some(({ name }) => name === container);
  const list = isOf(pod.spec.initContainers)
    ? "initContainers"
    : isOf(pod.spec.ephemeralContainers)
      ? "ephemeralContainers"
      : "containers";
  return `spec.${list}{${container}}`;
}

/** Whether a volume of the pod shows the ConfigMap or Secret of this name. */
export function refersTo(pod: Pod, kind: "configMap" | "secret", name: string): boolean {
  return (pod.spec.volumes ?? []).some((volume) => {
    const sources = [volume, ...(volume.projected?.sources ?? [])];
    return sources.some((source) =>
      kind === "configMap"
        ? source.configMap?.name === name
        : (source.secret as { name?: string; secretName?: string } | undefined)?.name === name ||
          (source.secret as { secretName?: string } | undefined)?.secretName === name,
    );
  });
}
