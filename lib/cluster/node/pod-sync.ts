import { refs } from "@/lib/cluster/client/refs";
import { ApiStatusError, isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { Pod, PodStatus } from "@/lib/cluster/resources/types";
import { ContainerStops } from "./container-stops";
import { podIpOf, referencesOf, tell, type NodeContext } from "./node-context";
import { networkNotReadyMessage } from "./node-status";
import { isPastDeadline, planPod, type PodAction, type PodPlan } from "./pod-plan";
import { podStatusOf } from "./pod-status";
import type { Probes } from "./probes/probes";
import { sandboxRequestOf } from "./requests";
import { warnIfSlow } from "./slow-work";
import { startContainer } from "./start-container";
import { planVolumes, VolumeError } from "./volumes/plan-volumes";

export interface PodRequest {
  uid: string;
  /** Undefined: nobody wants it any more. */
  pod: Pod | undefined;
  /** The API object whose status tells of it. */
  reportTo: Pod | undefined;
  mustEnd: boolean;
  isStatic: boolean;
}

/** Brings one pod on the node to what it should be: plans, acts and reports until nothing is left to do. */
export class PodSync {
  readonly stops: ContainerStops;
  /** Of whom an image's back-off, a crash's back-off or a deadline was told already. */
  readonly #told = new Map<string, Set<string>>();

  constructor(
    private readonly context: NodeContext,
    private readonly probes: Probes,
  ) {
    this.stops = new ContainerStops(context);
  }

  /** True when nothing of the pod is left on the node. One call at a time for a pod. */
  async sync({ uid, pod, reportTo, mustEnd, isStatic }: PodRequest): Promise<boolean> {
    const { onNode, clock, problems, signal, volumes, wake } = this.context;
    let report = reportTo;
    // Each round does all that can be done at once; a pod's way up takes three (sandbox, init, containers).
    for (let round = 0; round < 20 && !signal.aborted; round++) {
      const known = pod ? { ...pod, status: report?.status ?? pod.status } : orphan(uid);
      this.probes.track({
        uid,
        pod: known,
        about: report ?? known,
        isStatic,
        isEnding: mustEnd,
        podIp: podIpOf(this.context, known, uid) ?? "",
        instances: onNode(uid).containers,
      });
      const plan = planPod({
        pod: known,
        onNode: onNode(uid),
        problems: problems.of(uid),
        mustEnd,
        healthOf: (containerId) => this.probes.healthOf(containerId),
        nowMs: clock.now(),
      });
      if (plan.isGone) {
        this.#forget(uid);
        return true;
      }
      if (report) report = await this.#watched(uid, "report", this.#report(known, report, uid, plan));
      // Before a container was started its volumes are still to be made.
      if (!mustEnd && (volumes.has(uid) || onNode(uid).containers.length > 0))
        await this.#watched(uid, "refresh-volumes", this.#refreshVolumes(uid, known, report ?? known));
      const actions = plan.actions.filter((action) => !this.stops.holdBack(uid, action));
      if (actions.length === 0) {
        const wakeAtMs = Math.min(plan.wakeAtMs ?? Infinity, volumes.refreshAtMs(uid) ?? Infinity);
        if (wakeAtMs !== Infinity) wake(uid, Math.max(1, wakeAtMs - clock.now()));
        return false;
      }
      await Promise.all(
        actions.map((action) =>
          this.#watched(uid, action.kind, this.#act(uid, known, report ?? known, action)),
        ),
      );
    }
    wake(uid, 1000);
    return false;
  }

  #watched<T>(podUid: string, doing: string, work: Promise<T>): Promise<T> {
    return warnIfSlow(this.context, { podUid, doing }, work);
  }

  async #act(uid: string, pod: Pod, about: Pod, action: PodAction): Promise<void> {
    const { runtime, onNode, setOnNode, volumes } = this.context;
    switch (action.kind) {
      case "run-sandbox":
        return this.#runSandbox(uid, pod, about);
      case "start":
        return startContainer(this.context, uid, pod, about, action);
      case "stop":
        return this.stops.begin(uid, pod, about, action.instance, action);
      case "remove": {
        await runtime.removeContainer(action.instance.containerId);
        const state = onNode(uid);
        const containers = state.containers.filter((one) => one.containerId !== action.instance.containerId);
        return setOnNode(uid, { ...state, containers });
      }
      case "remove-sandbox":
        for (const instance of onNode(uid).containers) await runtime.removeContainer(instance.containerId);
        await runtime.stopPod(uid);
        await volumes.remove(uid);
        setOnNode(uid, { containers: [] });
    }
  }

  async #runSandbox(uid: string, pod: Pod, about: Pod): Promise<void> {
    const { runtime, cluster, inspection, setOnNode, onNode, problems, volumes } = this.context;
    if (!pod.spec.hostNetwork && inspection()?.hasCniConfig === false) {
      const message = `network is not ready: ${networkNotReadyMessage}`;
      tell(this.context, about, "Warning", "NetworkNotReady", message);
      return problems.add(uid, "", "ContainerCreating", message, { firstMs: 2000, maxMs: 10_000 });
    }
    // What the node must look at first can refuse the pod; the rest is made while its network is.
    let mounting: Promise<unknown>;
    try {
      const references = referencesOf(this.context, pod, uid);
      const plan = planVolumes(pod, uid, references);
      mounting = volumes.mount(uid, pod, references);
      mounting.catch(() => undefined); // awaited below
      if (plan.steps.some(({ kind }) => kind !== "empty-dir")) await mounting;
    } catch (failure) {
      const message = this.#tellFailedMount(about, failure);
      return problems.add(uid, "", "ContainerCreating", message, { firstMs: 500, maxMs: 122_000 });
    }
    const seen = inspection();
    if (seen && !seen.resolvConf) {
      const message = `Failed to create pod sandbox: open ${seen.resolvConfPath}: no such file or directory`;
      tell(this.context, about, "Warning", "FailedCreatePodSandBox", message);
      return problems.add(uid, "", "ContainerCreating", message, { firstMs: 1000, maxMs: 15_000 });
    }
    const nodeDns = seen?.resolvConf ?? { servers: [], searches: [], options: [] };
    try {
      const sandbox = await runtime.runPod(sandboxRequestOf(pod, uid, cluster, nodeDns));
      setOnNode(uid, { ...onNode(uid), sandbox });
      // A failure here comes again when the first container asks for its volumes.
      await mounting.catch(() => undefined);
      problems.clear(uid, "");
    } catch (failure) {
      const message = `Failed to create pod sandbox: rpc error: code = Unknown desc = ${(failure as Error).message}`;
      tell(this.context, about, "Warning", "FailedCreatePodSandBox", message);
      problems.add(uid, "", "ContainerCreating", message, { firstMs: 1000, maxMs: 15_000 });
    }
  }

  /** What is mounted stays when its ConfigMap or Secret goes: the pod is only told. */
  async #refreshVolumes(uid: string, pod: Pod, about: Pod): Promise<void> {
    try {
      await this.context.volumes.refresh(uid, pod, referencesOf(this.context, pod, uid));
      this.#toldOf(uid).delete("mount");
    } catch (failure) {
      if (!(failure instanceof VolumeError || failure instanceof ApiStatusError)) throw failure;
      if (this.#isNew(uid, "mount")) this.#tellFailedMount(about, failure);
    }
  }

  #tellFailedMount(about: Pod, failure: unknown): string {
    const volume = failure instanceof VolumeError ? failure.volume : "";
    const message = `MountVolume.SetUp failed for volume "${volume}" : ${(failure as Error).message}`;
    tell(this.context, about, "Warning", "FailedMount", message);
    return message;
  }

  async #report(pod: Pod, reportTo: Pod, uid: string, plan: PodPlan): Promise<Pod> {
    const { onNode, node, clock, client, problems } = this.context;
    const nowMs = clock.now();
    this.#tellBackOffs(pod, reportTo, uid, plan);
    if (isPastDeadline(pod, nowMs) && this.#isNew(uid, "deadline") && pod.status?.phase !== "Failed")
      tell(
        this.context,
        reportTo,
        "Normal",
        "DeadlineExceeded",
        "Pod was active on the node longer than the specified deadline",
      );
    const status = podStatusOf({
      pod: { ...pod, metadata: { ...pod.metadata, uid: reportTo.metadata.uid }, status: reportTo.status },
      onNode: onNode(uid),
      problems: problems.of(uid),
      backingOff: plan.backingOff,
      healthOf: (containerId) => this.probes.healthOf(containerId),
      nodeIp: node.ip,
      nowMs,
    });
    if (isSameStatus(status, reportTo.status)) return reportTo;
    try {
      const { namespace, name, uid: apiUid } = reportTo.metadata;
      return await client.patch<Pod>(
        refs.pods,
        namespace,
        name,
        "application/merge-patch+json",
        { metadata: { uid: apiUid }, status },
        { subresource: "status" },
      );
    } catch (failure) {
      if (isNotFound(failure) || isConflict(failure)) return reportTo; // deleted meanwhile, perhaps made anew
      throw failure;
    }
  }

  #tellBackOffs(pod: Pod, about: Pod, uid: string, plan: PodPlan): void {
    for (const [name] of plan.backingOff)
      tell(
        this.context,
        about,
        "Warning",
        "BackOff",
        `Back-off restarting failed container ${name} in pod ${pod.metadata.name}_${pod.metadata.namespace}(${about.metadata.uid})`,
        name,
      );
    for (const [name, { then, failures }] of this.context.problems.of(uid)) {
      if (!then || then.atMs > this.context.clock.now() || !this.#isNew(uid, `pull ${name} ${failures}`))
        continue;
      const image = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(
        (one) => one.name === name,
      );
      tell(this.context, about, "Normal", "BackOff", `Back-off pulling image "${image?.image ?? ""}"`, name);
      tell(this.context, about, "Warning", "Failed", `Error: ${then.reason}`, name);
    }
  }

  #forget(uid: string): void {
    this.context.problems.forget(uid);
    this.context.volumes.forget(uid);
    this.probes.stop(uid);
    this.#told.delete(uid);
  }

  #toldOf(uid: string): Set<string> {
    const told = this.#told.get(uid) ?? new Set<string>();
    this.#told.set(uid, told);
    return told;
  }

  #isNew(uid: string, what: string): boolean {
    const told = this.#toldOf(uid);
    if (told.has(what)) return false;
    told.add(what);
    return true;
  }
}

function isSameStatus(a: PodStatus, b: PodStatus | undefined): boolean {
  return JSON.stringify(sortKeys(a)) === JSON.stringify(sortKeys(b ?? {}));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => [key, sortKeys(field)]),
  );
}

/** Stands for a pod that runs on the node and that nobody knows any more. */
function orphan(uid: string): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: uid, namespace: "", uid },
    spec: { containers: [], terminationGracePeriodSeconds: 2 },
  };
}
