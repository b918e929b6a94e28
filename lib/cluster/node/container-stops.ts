import type { Pod } from "@/lib/cluster/resources/types";
import type { ContainerInstance } from "./container-runtime";
import { runHook } from "./lifecycle-hooks";
import { podIpOf, putInstance, tell, type NodeContext } from "./node-context";

const graceLeastMs = 2000;

/**
 * Ends containers with their preStop hook and grace period (kubernetes 1.34 pkg/kubelet/kuberuntime: killContainer). A
 * stop in progress can be hastened: the pod was deleted with a shorter grace meanwhile.
 */
export class ContainerStops {
  readonly #inProgress = new Map<string, { podUid: string; untilMs: number }>();

  constructor(private readonly context: NodeContext) {}

  async stop(
    uid: string,
    pod: Pod,
    about: Pod,
    instance: ContainerInstance,
    { because, graceMs = graceMsOf(pod, this.context.clock.now()) }: { because?: string; graceMs?: number },
  ): Promise<void> {
    const { context } = this;
    const { runtime, clock } = context;
    const { name, containerId } = instance;
    const say = (type: "Normal" | "Warning", reason: string, message: string) =>
      tell(context, about, type, reason, message, name);
    say("Normal", "Killing", because ? `Container ${name} ${because}` : `Stopping container ${name}`);
    const untilMs = clock.now() + graceMs;
    this.#inProgress.set(containerId, { podUid: uid, untilMs });
    try {
      const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
      const container = all.find((one) => one.name === name);
      const hook = container?.lifecycle?.preStop;
      if (container && hook && graceMs > 0) {
        const target = { runtime, pod, container, containerId, podIp: podIpOf(context, pod, uid) ?? "" };
        const failed = await runHook(hook, target, graceMs, clock, context.signal);
        if (failed !== undefined) say("Warning", "FailedPreStopHook", "PreStopHook failed");
      }
      const isHastened = (this.#inProgress.get(containerId)?.untilMs ?? untilMs) < untilMs;
      const leftMs = isHastened ? 0 : Math.max(untilMs - clock.now(), hook ? graceLeastMs : 0);
      putInstance(context, uid, await runtime.stopContainer(containerId, leftMs));
    } finally {
      this.#inProgress.delete(containerId);
    }
  }

  /** Shortens the stops of a pod that are under way, if `graceMs` from now is earlier. */
  hasten(uid: string, graceMs: number): void {
    const { runtime, clock, logger } = this.context;
    for (const [containerId, stop] of this.#inProgress) {
      if (stop.podUid !== uid || clock.now() + graceMs >= stop.untilMs) continue;
      stop.untilMs = clock.now() + graceMs;
      runtime.stopContainer(containerId, graceMs).catch((failure: unknown) => {
        logger.warn({ err: failure, containerId }, "a container could not be stopped earlier");
      });
    }
  }
}

/** What is left until a deleted pod must have ended, or the pod's own grace period. */
function graceMsOf(pod: Pod, nowMs: number): number {
  const deletedMs = Date.parse(pod.metadata.deletionTimestamp ?? "");
  const ownMs =
    (pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
  if (Number.isNaN(deletedMs)) return ownMs;
  return Math.min(ownMs, Math.max(deletedMs - nowMs, Math.min(ownMs, graceLeastMs)));
}
