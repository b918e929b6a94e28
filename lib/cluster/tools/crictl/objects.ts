import type { CriImage, CriPod } from "@/lib/cluster/addons/addon";
import type { ContainerInstance } from "@/lib/cluster/node/container-runtime";

/** What crictl prints as JSON: the CRI's messages. Times are nanoseconds in lists, dates in a status. */

const nanoseconds = (ms: number | undefined) => String(BigInt(Math.floor(ms ?? 0)) * 1_000_000n);
const date = (ms: number | undefined) => new Date(ms ?? 0).toISOString();

export function podLabels({ name, namespace, podUid }: CriPod): Record<string, string> {
  return {
    "io.kubernetes.pod.name": name,
    "io.kubernetes.pod.namespace": namespace,
    "io.kubernetes.pod.uid": podUid,
  };
}

export function containerLabels(
  { name }: ContainerInstance,
  pod: CriPod | undefined,
): Record<string, string> {
  return { "io.kubernetes.container.name": name, ...(pod ? podLabels(pod) : {}) };
}

export function containerObject(one: ContainerInstance, pod: CriPod | undefined): object {
  return {
    id: one.containerId,
    podSandboxId: pod?.podId ?? "",
    metadata: { name: one.name, attempt: one.attempt },
    image: { image: one.imageId ?? one.image, userSpecifiedImage: one.image },
    imageRef: one.imageId ?? one.image,
    state: `CONTAINER_${one.state.toUpperCase()}`,
    createdAt: nanoseconds(one.startedAtMs),
    labels: containerLabels(one, pod),
  };
}

export function containerStatus(one: ContainerInstance & { pid?: number }, pod: CriPod | undefined): object {
  const logPath = pod && logPathOf(one, pod);
  return {
    info: {
      sandboxID: pod?.podId ?? "",
      pid: one.pid ?? 0,
      removing: false,
      runtimeType: "io.containerd.runc.v2",
    },
    status: {
      id: one.containerId,
      metadata: { attempt: one.attempt, name: one.name },
      state: `CONTAINER_${one.state.toUpperCase()}`,
      createdAt: date(one.startedAtMs),
      startedAt: date(one.startedAtMs),
      finishedAt: date(one.finishedAtMs),
      exitCode: one.exitCode ?? 0,
      image: { image: one.image },
      imageRef: one.imageId ?? one.image,
      reason: one.reason ?? "",
      message: one.message ?? "",
      labels: containerLabels(one, pod),
      logPath,
    },
  };
}

export function podObject(pod: CriPod): object {
  const { podId, podUid, name, namespace, state, startedAtMs } = pod;
  return {
    id: podId,
    metadata: { name, uid: podUid, namespace, attempt: 0 },
    state: state === "ready" ? "SANDBOX_READY" : "SANDBOX_NOTREADY",
    createdAt: nanoseconds(startedAtMs),
    labels: podLabels(pod),
    runtimeHandler: "",
  };
}

export function podStatus(pod: CriPod & { pid?: number }): object {
  const { podId, podUid, name, namespace, state, startedAtMs, ips } = pod;
  const [ip = "", ...others] = ips;
  return {
    info: { pid: pod.pid ?? 0, image: "registry.k8s.io/pause:3.10.1", runtimeType: "io.containerd.runc.v2" },
    status: {
      id: podId,
      metadata: { attempt: 0, name, namespace, uid: podUid },
      state: state === "ready" ? "SANDBOX_READY" : "SANDBOX_NOTREADY",
      createdAt: date(startedAtMs),
      labels: podLabels(pod),
      network: { additionalIps: others.map((one) => ({ ip: one })), ip },
    },
  };
}

export function imageObject({ name, imageId, sizeBytes }: CriImage): object {
  return {
    id: imageId,
    repoTags: [name],
    repoDigests: [`${name.replace(/:[^/:]+$/, "")}@${imageId}`],
    size: String(sizeBytes),
  };
}

/** Where the kubelet has it written. */
export function logPathOf({ name, attempt }: ContainerInstance, pod: CriPod): string {
  return `/var/log/pods/${pod.namespace}_${pod.name}_${pod.podUid}/${name}/${attempt}.log`;
}
