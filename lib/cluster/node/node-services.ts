import type { Clock } from "@/lib/core/clock";
import type { ContainerRuntime, NodeChange } from "./container-runtime";

export type KubeletState = "running" | "stopped";

/**
 * Whether the node's kubelet and container runtime run, as its service manager tells. A kubelet that was just started
 * counts from the moment that it listens: one that cannot start is up for an instant again and again.
 */
export class NodeServices {
  #kubelet: KubeletState = "running";
  #pid = 0;
  #runtimeDownSinceMs: number | undefined;
  /** A node that is being made: its kubelet counts as running until it was seen to run. */
  #isFresh = true;

  constructor(
    private readonly options: {
      runtime: ContainerRuntime;
      clock: Clock;
      signal: AbortSignal;
      onKubelet(state: KubeletState): Promise<void>;
      onRuntime(isDown: boolean): Promise<void>;
    },
  ) {}

  get isKubeletRunning(): boolean {
    return this.#kubelet === "running";
  }

  /** Of the kubelet; 0 while it does not run. */
  get pid(): number {
    return this.#pid;
  }

  get runtimeDownSinceMs(): number | undefined {
    return this.#runtimeDownSinceMs;
  }

  /** The node is no new one: what its services are now counts. */
  adopt(): void {
    this.#isFresh = false;
  }

  async observe({ services }: NodeChange): Promise<void> {
    await this.#observeRuntime(services.get("containerd")?.isActive ?? true);
    const kubelet = services.get("kubelet");
    if (!kubelet) return;
    if (!kubelet.isActive) {
      if (this.#isFresh || this.#kubelet === "stopped") return;
      this.#kubelet = "stopped";
      this.#pid = 0;
      return this.options.onKubelet("stopped");
    }
    if (kubelet.pid === this.#pid) return;
    if (!(await this.#listens())) return;
    const isFirst = this.#isFresh;
    this.#isFresh = false;
    this.#kubelet = "running";
    this.#pid = kubelet.pid;
    if (isFirst) return;
    await this.options.onKubelet("running");
  }

  async #observeRuntime(isActive: boolean): Promise<void> {
    const wasDown = this.#runtimeDownSinceMs !== undefined;
    if (isActive === !wasDown) return;
    if (this.#isFresh && !isActive) return;
    this.#runtimeDownSinceMs = isActive ? undefined : this.options.clock.now();
    await this.options.onRuntime(!isActive);
  }

  async #listens(): Promise<boolean> {
    const { runtime, clock, signal } = this.options;
    for (let attempt = 0; attempt < 40 && !signal.aborted; attempt++) {
      const socket = await runtime.dial("127.0.0.1:10248", 1000).catch(() => undefined);
      socket?.destroy();
      if (socket) return true;
      await clock.sleep(200, signal).catch(() => undefined);
    }
    return false;
  }
}
