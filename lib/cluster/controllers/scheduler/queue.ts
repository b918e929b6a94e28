import type { Clock } from "@/lib/core/clock";

/** What happened in the cluster; each concerns only the filters that could now decide otherwise. */
export type ClusterEvent =
  | "node-added"
  | "node-gone"
  | "node-taints"
  | "node-labels"
  | "node-allocatable"
  | "pod-placed"
  | "pod-gone"
  | "pod-labels"
  | "namespace-labels"
  | "claims"
  | "volumes";

/** Filters whose answer an event can change (their EventsToRegister upstream). */
const concerns: Record<ClusterEvent, readonly string[] | "all"> = {
  "node-added": "all",
  "node-gone": ["PodTopologySpread"],
  "node-taints": ["NodeUnschedulable", "TaintToleration", "PodTopologySpread"],
  "node-labels": ["NodeAffinity", "InterPodAffinity", "PodTopologySpread", "VolumeBinding", "VolumeZone"],
  "node-allocatable": ["NodeResourcesFit"],
  "pod-placed": ["InterPodAffinity", "PodTopologySpread"],
  "pod-gone": [
    "NodeResourcesFit",
    "NodePorts",
    "VolumeRestrictions",
    "InterPodAffinity",
    "PodTopologySpread",
  ],
  "pod-labels": ["InterPodAffinity", "PodTopologySpread"],
  "namespace-labels": ["InterPodAffinity"],
  claims: ["VolumeBinding", "VolumeZone", "VolumeRestrictions"],
  volumes: ["VolumeBinding", "VolumeZone"],
};

const backoffFirstMs = 1000;
const backoffMaxMs = 10_000;
/** Longest stay without a try (podMaxInUnschedulablePodsDuration). */
const parkedMaxMs = 300_000;

interface Entry {
  key: string;
  priority: number;
  sequence: number;
  attempts: number;
  triedAtMs: number;
  /** Filters that refused it last; undefined: an error, anything may help. */
  plugins?: ReadonlySet<string>;
  state: "active" | "backing-off" | "parked" | "taken";
  timer?: AbortController;
}

/**
 * The scheduling queue (kubernetes 1.34 pkg/scheduler/backend/queue): the highest priority first, then the oldest. A pod
 * that did not fit is parked until something happens that concerns what refused it, and tried no sooner than its
 * back-off allows: 1 s, doubled by every try up to 10 s.
 */
export class SchedulingQueue {
  readonly #entries = new Map<string, Entry>();
  #sequence = 0;
  #activeCount = 0;
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(private readonly clock: Clock) {}

  /** A pod that is new or has changed itself: it may be tried at once. */
  add(key: string, priority: number): void {
    if (this.#isClosed) return;
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { key, priority, sequence: this.#sequence++, attempts: 0, triedAtMs: 0, state: "taken" };
      this.#entries.set(key, entry);
    }
    entry.priority = priority;
    this.#enter(entry, "active");
  }

  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#enter(entry, "taken");
    this.#entries.delete(key);
  }

  /** The pod did not fit, or binding it failed. */
  park(key: string, plugins?: ReadonlySet<string>): void {
    const entry = this.#entries.get(key);
    if (!entry || this.#isClosed || entry.state === "active") return;
    entry.attempts += 1;
    entry.triedAtMs = this.clock.now();
    entry.plugins = plugins;
    // An error calls for another try by itself.
    if (plugins) this.#enter(entry, "parked", parkedMaxMs);
    else this.#backOff(entry);
  }

  /** Something happened that may let parked pods fit. */
  signal(event: ClusterEvent): void {
    const concerned = concerns[event];
    for (const entry of this.#entries.values())
      if (
        entry.state === "parked" &&
        (concerned === "all" || concerned.some((plugin) => entry.plugins?.has(plugin)))
      )
        this.#backOff(entry);
  }

  /** The next pod to try; undefined when the queue is closed. */
  async take(): Promise<string | undefined> {
    while (this.#activeCount === 0 && !this.#isClosed)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#isClosed) return undefined;
    let next: Entry | undefined;
    for (const entry of this.#entries.values())
      if (
        entry.state === "active" &&
        (!next ||
          entry.priority > next.priority ||
          (entry.priority === next.priority && entry.sequence < next.sequence))
      )
        next = entry;
    this.#enter(next!, "taken");
    return next!.key;
  }

  close(): void {
    this.#isClosed = true;
    for (const entry of this.#entries.values()) entry.timer?.abort();
    this.#entries.clear();
    this.#wake?.();
  }

  #backOff(entry: Entry): void {
    const backoffMs = Math.min(backoffFirstMs * 2 ** (entry.attempts - 1), backoffMaxMs);
    const restMs = entry.triedAtMs + backoffMs - this.clock.now();
    if (restMs > 0) this.#enter(entry, "backing-off", restMs);
    else this.#enter(entry, "active");
  }

  #enter(entry: Entry, state: Entry["state"], forMs?: number): void {
    entry.timer?.abort();
    entry.timer = undefined;
    if (entry.state === "active") this.#activeCount -= 1;
    entry.state = state;
    if (state === "active") {
      this.#activeCount += 1;
      this.#wake?.();
      this.#wake = undefined;
    }
    if (forMs === undefined) return;
    const timer = (entry.timer = new AbortController());
    this.clock.sleep(forMs, timer.signal).then(
      () => {
        if (entry.timer === timer) this.#enter(entry, "active");
      },
      () => undefined,
    );
  }
}
