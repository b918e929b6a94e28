import type { Clock } from "@/lib/core/clock";
import type { EventRecorder } from "@/lib/cluster/client/event-recorder";
import type { Container, ContainerStatus, Pod, Probe } from "@/lib/cluster/resources/types";
import { runAction, type ActionOutcome } from "../actions/action";
import type { ContainerInstance, ContainerRuntime } from "../container-runtime";
import { fieldPathOf } from "../pod-identity";
import { ProbeWorker, type ProbeKind } from "./probe-worker";

export interface ProbesOptions {
  runtime: ContainerRuntime;
  recorder: EventRecorder;
  clock: Clock;
  /** A pod's probes have a new result. */
  wake(podUid: string): void;
}

/** What the probes of one run of a container say. */
export interface ContainerHealth {
  isStarted: boolean;
  isReady: boolean;
  failed?: "liveness" | "startup";
}

export interface ProbedPod {
  uid: string;
  pod: Pod;
  /** Whom events are about. */
  about: Pod;
  isStatic: boolean;
  isEnding: boolean;
  podIp: string;
  instances: ContainerInstance[];
}

interface Run {
  podUid: string;
  health: ContainerHealth;
  workers: Map<ProbeKind, ProbeWorker>;
}

const kinds: ProbeKind[] = ["startup", "readiness", "liveness"];
const titles = { startup: "Startup", readiness: "Readiness", liveness: "Liveness" };
const eagerMs = 5000;
const staticEagerMs = 20_000;

/** The probes of one node: workers for every container that runs and has any, and what they found. */
export class Probes {
  readonly #runs = new Map<string, Run>();

  constructor(private readonly options: ProbesOptions) {}

  /** Starts and ends workers so that they fit what runs of a pod. Safe to repeat. */
  track(of: ProbedPod): void {
    const running = new Set<string>();
    for (const instance of of.instances) {
      const container = containersOf(of.pod).find(({ name }) => name === instance.name);
      if (!container || instance.state !== "running") continue;
      running.add(instance.containerId);
      const run = this.#runs.get(instance.containerId);
      if (!run) this.#runs.set(instance.containerId, this.#start(of, container, instance));
      else if (of.isEnding) for (const kind of ["startup", "liveness"] as const) end(run, kind);
    }
    for (const [containerId, run] of this.#runs)
      if (run.podUid === of.uid && !running.has(containerId)) {
        for (const kind of kinds) end(run, kind);
        this.#runs.delete(containerId);
      }
  }

  healthOf(containerId: string): ContainerHealth {
    return this.#runs.get(containerId)?.health ?? { isStarted: true, isReady: true };
  }

  /** Ends the probes of one pod, or of all. */
  stop(podUid?: string): void {
    for (const [containerId, run] of this.#runs)
      if (podUid === undefined || run.podUid === podUid) {
        for (const kind of kinds) end(run, kind);
        this.#runs.delete(containerId);
      }
  }

  #start(of: ProbedPod, container: Container, instance: ContainerInstance): Run {
    const known = knownStatus(of.about, instance);
    const health: ContainerHealth = {
      isStarted: !container.startupProbe || known?.started === true,
      isReady: !container.readinessProbe || known?.ready === true,
    };
    const run: Run = { podUid: of.uid, health, workers: new Map() };
    if (of.isEnding) return run;
    let started = () => undefined as void;
    const untilStarted = health.isStarted
      ? Promise.resolve()
      : new Promise<void>((resolve) => (started = resolve));
    for (const kind of kinds) {
      const probe = container[`${kind}Probe`];
      if (!probe || (kind === "startup" && health.isStarted)) continue;
      run.workers.set(
        kind,
        new ProbeWorker({
          kind,
          probe: of.isStatic ? { ...probe, periodSeconds: staticPeriodOf(probe) } : probe,
          clock: this.options.clock,
          containerStartedAtMs: instance.startedAtMs ?? this.options.clock.now(),
          initial: kind === "liveness" || (kind === "readiness" && health.isReady),
          untilStarted: kind === "startup" ? Promise.resolve() : untilStarted,
          eagerMs: eagernessOf(kind, of.isStatic, probe.initialDelaySeconds ?? 0),
          run: (timeoutMs) =>
            runAction(
              probe,
              {
                runtime: this.options.runtime,
                pod: of.pod,
                container,
                containerId: instance.containerId,
                podIp: of.podIp,
              },
              timeoutMs,
            ),
          onOutcome: (outcome) => this.#tell(of.about, container, kind, outcome),
          onResult: (isSuccess) => {
            if (kind === "readiness") run.health = { ...run.health, isReady: isSuccess };
            else if (!isSuccess) run.health = { ...run.health, failed: kind };
            else if (kind === "startup") {
              run.health = { ...run.health, isStarted: true };
              started();
            }
            this.options.wake(of.uid);
          },
        }),
      );
    }
    return run;
  }

  #tell(about: Pod, container: Container, kind: ProbeKind, { result, output }: ActionOutcome): void {
    if (result === "success") return;
    const [reason, verb] = result === "warning" ? ["ProbeWarning", "warning"] : ["Unhealthy", "failed"];
    const path = fieldPathOf(about, container.name);
    this.options.recorder.event(about, "Warning", reason, `${titles[kind]} probe ${verb}: ${output}`, path);
  }
}

/** The control plane's pods ask for one a second, over TLS: with a hundred labs at rest that is what the machine would do. */
function staticPeriodOf({ periodSeconds = 10 }: Probe): number {
  return Math.max(periodSeconds, 10);
}

function end(run: Run, kind: ProbeKind): void {
  run.workers.get(kind)?.stop();
  run.workers.delete(kind);
}

function containersOf(pod: Pod): Container[] {
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
}

/** What an earlier kubelet had found of this very run. */
function knownStatus(about: Pod, instance: ContainerInstance): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = about.status ?? {};
  return [...containerStatuses, ...initContainerStatuses].find(
    ({ containerID }) => containerID === `containerd://${instance.containerId}`,
  );
}

function eagernessOf(kind: ProbeKind, isStatic: boolean, initialDelaySeconds: number): number {
  if (kind === "liveness") return 0;
  if (isStatic) return staticEagerMs;
  return kind === "readiness" && initialDelaySeconds === 0 ? eagerMs : 0;
}
