import type { Pod } from "@/lib/cluster/resources/types";
import type { ContainerInstance } from "./container-runtime";
import { runHook } from "./lifecycle-hooks";
import { podIpOf, putInstance, tell, type NodeContext } from "./node-context";
import type { PodAction } from "./pod-plan";
import { warnIfSlow } from "./slow-work";

const graceLeastMs = 2000;
const retryMs = 1000;

interface Stop {
  podUid: string;
  name: string;
  untilMs: number;
}

interface StopOptions {
  because?: string;
  graceMs?: number;
}

/**
 * Ends containers with their preStop hook and grace period (kubernetes 1.34 pkg/kubelet/kuberuntime: killContainer),
 * beside the syncs of their pods, which are woken when they have ended. A stop in progress can be hastened: the pod was
 * deleted with a shorter grace meanwhile.
 */
export class ContainerStops {
  readonly #inProgress = new Map<string, Stop>();

  constructor(private readonly context: NodeContext) {}

  /** Begins to end a container, unless that is under way. */
  begin(uid: string, pod: Pod, about: Pod, instance: ContainerInstance, options: StopOptions): void {
    const { clock, signal, logger, wake } = this.context;
    const { containerId, name } = instance;
    if (this.#inProgress.has(containerId)) return;
    const graceMs = options.graceMs ?? graceMsOf(pod, clock.now());
    this.#inProgress.set(containerId, { podUid: uid, name, untilMs: clock.now() + graceMs });
    const stop = this.#stop(uid, pod, about, instance, graceMs, options.because);
    const work = warnIfSlow(this.context, { podUid: uid, doing: `stop ${name}` }, stop, graceMs).finally(() =>
      this.#inProgress.delete(containerId),
    );
    work.then(
      () => wake(uid, 0),
      (failure: unknown) => {
        if (signal.aborted) return;
        logger.warn({ err: failure, containerId }, "a container could not be stopped: trying again");
        wake(uid, retryMs);
      },
    );
  }

  /** Whether what a plan asks for waits for a stop in progress. */
  holdBack(uid: string, action: PodAction): boolean {
    const own = [...this.#inProgress.values()].filter(({ podUid }) => podUid === uid);
    switch (action.kind) {
      case "run-sandbox":
        return false;
      case "start":
        return own.some(({ name }) => name === action.container.name);
      case "stop":
      case "remove":
        return this.#inProgress.has(action.instance.containerId);
      case "remove-sandbox":
        return own.length > 0;
    }
  }

  async #stop(
    uid: string,
    pod: Pod,
    about: Pod,
    instance: ContainerInstance,
    graceMs: number,
    because: string | undefined,
  ): Promise<void> {
    const { context } = this;
    const { runtime, clock, signal } = context;
    const { name, containerId } = instance;
    const say = (type: "Normal" | "Warning", reason: string, message: string) =>
      tell(context, about, type, reason, message, name);
    say("Normal", "Killing", because ? `Container ${name} ${because}` : `Stopping container ${name}`);
    const untilMs = clock.now() + graceMs;
    const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
    const container = all.find((one) => one.name === name);
    const hook = container?.lifecycle?.preStop;
    if (container && hook && graceMs > 0) {
      const target = { runtime, pod, container, containerId, podIp: podIpOf(context, pod, uid) ?? "" };
      const failed = await runHook(hook, target, graceMs, clock, signal);
      // Another kubelet begins again.
      if (signal.aborted) return;
      if (failed !== undefined) say("Warning", "FailedPreStopHook", "PreStopHook failed");
    }
    const isHastened = (this.#inProgress.get(containerId)?.untilMs ?? untilMs) < untilMs;
    const leftMs = isHastened ? 0 : Math.max(untilMs - clock.now(), hook ? graceLeastMs : 0);
    putInstance(context, uid, await runtime.stopContainer(containerId, leftMs));
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
