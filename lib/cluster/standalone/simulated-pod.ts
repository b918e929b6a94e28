import type { Container, Pod } from "@/lib/cluster/resources/types";
import type { ContainerInstance } from "@/lib/cluster/node/container-runtime";
import { isSidecar, runtimeUid } from "@/lib/cluster/node/pod-identity";
import type { PodOnNode } from "@/lib/cluster/node/pod-plan";

/** How long the container of a Job's pod "works". */
export const jobRunsMs = 1000;

/**
 * What a node would have of a pod whose every container does what it should: init containers have ended well, the others
 * run, and those of a Job's pod end well after a moment (kwok's stages pod-initialize, pod-ready and pod-complete).
 */
export function simulatedPod(pod: Pod, ip: string, nowMs: number): PodOnNode {
  const podUid = runtimeUid(pod);
  const startedAtMs = Date.parse(pod.status?.startTime ?? "") || nowMs;
  const completes = isOfJob(pod) && nowMs - startedAtMs >= jobRunsMs;
  const instance = (container: Container, hasEnded: boolean): ContainerInstance => ({
    containerId: containerIdOf(podUid, container.name),
    podUid,
    name: container.name,
    attempt: 0,
    image: container.image ?? "",
    startedAtMs,
    ...(hasEnded ? { state: "exited", exitCode: 0, finishedAtMs: nowMs } : { state: "running" }),
  });
  return {
    sandbox: { podUid, state: "ready", ips: pod.spec.hostNetwork ? [] : [ip] },
    containers: [
      ...(pod.spec.initContainers ?? []).map((container) =>
        instance(container, completes || !isSidecar(container)),
      ),
      ...pod.spec.containers.map((container) => instance(container, completes)),
      ...(pod.spec.ephemeralContainers ?? []).map((container) => instance(container, completes)),
    ],
  };
}

/** Only a Job's pods end by themselves: of any other nobody knows whether its command would. */
export function isOfJob(pod: Pod): boolean {
  return (
    pod.spec.restartPolicy !== "Always" &&
    (pod.metadata.ownerReferences ?? []).some(({ kind, controller }) => kind === "Job" && controller)
  );
}

/** 64 hexadecimal digits, always the same ones for a container. */
function containerIdOf(podUid: string, name: string): string {
  const digits = `${podUid.replaceAll("-", "")}${Buffer.from(name).toString("hex")}`;
  return digits.padEnd(64, "0").slice(0, 64);
}
