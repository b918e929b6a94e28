import type { ContainerRuntime } from "./container-runtime";
import type { PodOnNode } from "./pod-plan";

/**
 * What the node has of each pod: as the runtime lists it, and as a pod's own sync leaves it behind. A list is older than
 * what a sync did meanwhile, so such pods are left out of it and listed again when they are at rest.
 */
export class PodsOnNode {
  readonly #known = new Map<string, PodOnNode>();
  readonly #syncing = new Set<string>();
  /** Of whom a list said something that could not be used. */
  readonly #due = new Set<string>();
  /** Pods that were worked on since the list under way began. */
  readonly #touched = new Set<string>();
  #listing: Promise<void> | undefined;
  #isAgainDue = false;

  constructor(
    private readonly runtime: Pick<ContainerRuntime, "listPods">,
    /** The node has something else of the pod than was known. */
    private readonly onChange: (uid: string) => void,
  ) {}

  get(uid: string): PodOnNode {
    return this.#known.get(uid) ?? { containers: [] };
  }

  set(uid: string, state: PodOnNode): void {
    this.#touched.add(uid);
    this.#known.set(uid, state);
  }

  forget(uid: string): void {
    this.#touched.add(uid);
    this.#known.delete(uid);
  }

  uids(): string[] {
    return [...this.#known.keys()];
  }

  /** Until `done` the pod's own sync tells what the node has of it. */
  begin(uid: string): void {
    this.#syncing.add(uid);
    this.#touched.add(uid);
  }

  /** True when a list is due: something happened to the pod meanwhile. */
  done(uid: string): boolean {
    this.#syncing.delete(uid);
    return this.#due.delete(uid);
  }

  /** Resolves when a list that began after the call is taken over. Calls during one share the next. */
  async relist(): Promise<void> {
    if (this.#listing) {
      this.#isAgainDue = true;
      return this.#listing;
    }
    this.#listing = this.#listUntilSettled();
    return this.#listing;
  }

  async #listUntilSettled(): Promise<void> {
    try {
      do {
        this.#isAgainDue = false;
        await this.#list();
      } while (this.#isAgainDue);
    } finally {
      this.#listing = undefined;
    }
  }

  async #list(): Promise<void> {
    this.#touched.clear();
    for (const uid of this.#syncing) this.#touched.add(uid);
    const { sandboxes, containers } = await this.runtime.listPods();
    const seen = new Map<string, PodOnNode>();
    const entry = (uid: string) => {
      const known = seen.get(uid) ?? { containers: [] };
      seen.set(uid, known);
      return known;
    };
    for (const sandbox of sandboxes) entry(sandbox.podUid).sandbox = sandbox;
    for (const container of containers) entry(container.podUid).containers.push(container);
    for (const uid of new Set([...seen.keys(), ...this.#known.keys()])) {
      if (this.#touched.has(uid)) {
        if (this.#syncing.has(uid)) this.#due.add(uid);
        else this.#isAgainDue = true;
        continue;
      }
      const now = seen.get(uid) ?? { containers: [] };
      if (JSON.stringify(now) === JSON.stringify(this.get(uid))) continue;
      this.#known.set(uid, now);
      this.onChange(uid);
    }
  }
}
