import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { Scope } from "@/lib/core/scope";
import type { FrozenLab, LabStatus } from "@/lib/contract/clusterd";
import type { LabEnvironment } from "@/lib/contract/environment";
import type { LabdRpc } from "@/lib/contract/labd";
import type { Mirror } from "@/lib/mirror/mirror";
import type { RpcClient } from "@/lib/rpc/client";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { ensureSandbox, requireSandbox, sandboxState } from "./ensure-sandbox";
import { freezeLab, removeFrozen } from "./freeze-lab";
import type { FrozenLabs } from "./frozen-labs";
import { clusterLayouts, type ClusterLayout } from "./kubeadm/facts";
import { LabCluster } from "./lab-cluster";
import type { LabFolder, LabRecord } from "./lab-folder";
import { serveOutside } from "./outside/serve-outside";
import { outsideAuthority, type ClusterPki } from "./pki/cluster-pki";
import { prepareBase } from "./prepare-base";
import { runSetup } from "./run-setup";
import { StatusBoard } from "./status-board";

export interface LabOptions {
  folder: LabFolder;
  record: LabRecord;
  frozenLabs: FrozenLabs;
  labd: RpcClient<LabdRpc>;
  /** RUNDIR/labs/<labId>/api, made by labd; further clusters have api-NAME beside it. */
  apiFolder: string;
  /** RUNDIR/labs/<labId>/outside, made by labd. */
  outsideFolder: string;
  mirror: Mirror;
  clock: Clock;
  logger: Logger;
}

/** What checkers and other readers of a running lab are given. */
export interface LabAccess {
  labId: string;
  environment: LabEnvironment;
  /** The API as the first cluster's admin. */
  client: ClusterClient;
  /** The API of every cluster as its admin, by name. */
  clients: ReadonlyMap<string, ClusterClient>;
  /** Calls on this lab's nodes; the sandbox is `labId`. */
  labd: RpcClient<LabdRpc>;
}

/**
 * One lab in this shard: its nodes, its clusters over them, and the world outside. Starting and resuming are one way: every
 * step looks at what is there, and what must happen only once is marked in the lab's record.
 */
export class Lab {
  readonly board: StatusBoard;
  /** The lab's first cluster first. */
  readonly #layouts: ClusterLayout[];
  readonly #scope = new Scope();
  #clients: ReadonlyMap<string, ClusterClient> | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #isStopping = false;

  constructor(private readonly options: LabOptions) {
    this.board = new StatusBoard(options.record, options.clock, (record) =>
      options.folder.writeRecord(record),
    );
    this.#layouts = clusterLayouts(options.record.environment);
  }

  get labId(): string {
    return this.options.record.labId;
  }

  get status(): LabStatus {
    return this.board.status;
  }

  /** Throws AppError `unavailable` until the control planes are up. */
  get access(): LabAccess {
    if (!this.#clients)
      throw new AppError("unavailable", `The lab ${this.labId} is not ready yet. Try again in a moment.`);
    const { environment } = this.options.record;
    const clients = this.#clients;
    return {
      ...{ labId: this.labId, environment, labd: this.options.labd },
      ...{ client: clients.get(environment.cluster.name)!, clients },
    };
  }

  /** Starts or resumes once; how it goes is told by `board`. Never throws. */
  start(): Promise<void> {
    this.#started ??= this.#run().catch(async (failure: unknown) => {
      if (this.#isStopping) return;
      const error = AppError.from(failure);
      this.options.logger.error({ err: failure, labId: this.labId }, "lab cannot be started");
      const sentence =
        error.code === "internal" ? `The lab could not be started: ${causeOf(failure)}` : error.message;
      if (this.board.record.thawing) return this.#staysFrozen(sentence);
      if (this.board.record.phase === "freezing") return; // tried again with the next start of clusterd
      this.board.fail(sentence);
      await this.board.flush().catch(() => undefined);
    });
    return this.#started;
  }

  /** Ends everything of the lab and removes it from disk. Safe to repeat. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end().catch((failure: unknown) => {
      this.#stopped = undefined;
      throw failure;
    });
    return this.#stopped;
  }

  /**
   * Puts a ready lab to rest; it is of no use here afterwards, also when that fails: then it goes on, and is to be resumed.
   * Throws `conflict` for one that is not ready.
   */
  async freeze(): Promise<FrozenLab> {
    if (this.board.record.phase !== "ready" || this.#isStopping)
      throw new AppError("conflict", `The lab ${this.labId} is not ready: only a ready lab can be frozen.`);
    this.#isStopping = true;
    await this.board.freezing();
    await this.#scope.close();
    return freezeLab({ ...this.options, board: this.board });
  }

  /** Goes on where a freeze was cut off: true when the lab is frozen now, false when it had better run. */
  async #resumeFreeze(): Promise<boolean> {
    if (this.board.record.phase !== "freezing") return false;
    const sandbox = await sandboxState({ ...this.options, isStopping: () => this.#isStopping });
    if (sandbox === "frozen") await freezeLab({ ...this.options, board: this.board });
    else await this.board.stays("ready");
    return sandbox === "frozen";
  }

  /** What a thaw that did not succeed leaves: nothing that runs, and the frozen data. */
  async #staysFrozen(reason: string): Promise<void> {
    const { labd, logger } = this.options;
    await this.#scope.close().catch((failure: unknown) => {
      logger.warn({ err: failure, labId: this.labId }, "lab did not close cleanly");
    });
    await labd
      .call("sandbox.destroy", { sandboxId: this.labId }, { timeoutMs: 60_000 })
      .catch(() => undefined);
    await this.board.stays("frozen", reason);
  }

  /** Nothing of it runs here any more, or is about to. */
  get isDetached(): boolean {
    return this.#isStopping;
  }

  /** Lets go of the lab without touching its nodes: the next shard resumes it. */
  async detach(): Promise<void> {
    this.#isStopping = true;
    await this.#scope.close();
  }

  async #end(): Promise<void> {
    this.#isStopping = true;
    await this.board.stopping();
    const closed = this.#scope.close().catch((failure: unknown) => {
      this.options.logger.warn({ err: failure, labId: this.labId }, "lab did not close cleanly");
    });
    await this.options.labd.call("sandbox.destroy", { sandboxId: this.labId }, { timeoutMs: 60_000 });
    await closed;
    await this.board.flush();
    await this.options.folder.remove();
  }

  async #run(): Promise<void> {
    const { environment } = this.options.record;
    if (await this.#resumeFreeze()) return;
    const clusters = this.#layouts.map((layout, index) => this.#cluster(layout, index));
    const [first] = clusters as [LabCluster];
    const all = (work: (cluster: LabCluster) => Promise<void>) => Promise.all(clusters.map(work));
    const sandbox = { ...this.options, isStopping: () => this.#isStopping };
    await requireSandbox(sandbox);
    const [, keys] = await Promise.all([
      this.board.step("sandbox", () => ensureSandbox(sandbox)),
      this.board.step("control-plane", () => this.#startControlPlanes(clusters)),
    ]);
    if (this.options.record.thawing) await this.board.thawed();
    this.#clients = new Map(clusters.map(({ layout, admin }) => [layout.name, admin!]));
    await all((cluster) => cluster.serveNodes());
    this.#scope.use(await this.#serveOutside(first.layout, keys[0]!), (outside) => outside.close());
    await this.board.step("nodes", async () => {
      await Promise.all([all((cluster) => cluster.joinAll()), first.joinDockerHosts()]);
      await this.#prepareBases(keys);
    });
    await this.board.step("addons", async () => void (await all((cluster) => cluster.installAddons())));
    await this.board.step("setup", () =>
      runSetup({
        ...{ labId: this.labId, environment, layouts: this.#layouts },
        ...{ labd: this.options.labd, board: this.board },
      }),
    );
    await this.board.step("ready", async () => void (await all((cluster) => cluster.untilReady())));
    this.board.ready();
    await this.board.flush();
    await this.#forgetFrozen();
  }

  /** The data that the lab was thawed from: it has moved on. Those that were kept for others stay. */
  async #forgetFrozen(): Promise<void> {
    const { record, frozenLabs, labd, logger } = this.options;
    if (!record.thawing || record.thawing.isCopy || !record.frozen) return;
    try {
      await removeFrozen(frozenLabs, labd, record.frozen.frozenId);
    } catch (failure) {
      logger.warn({ err: failure, labId: this.labId }, "the data of a thawed lab were not removed");
    }
  }

  #cluster(layout: ClusterLayout, index: number): LabCluster {
    const { folder, apiFolder, labd, record, clock, logger } = this.options;
    const name = index === 0 ? undefined : layout.name;
    const cluster = new LabCluster({
      ...{ labId: this.labId, environment: record.environment, layout, name, folder, labd, clock, logger },
      apiFolder: name === undefined ? apiFolder : `${apiFolder}-${name}`,
      once: (mark, work) => this.board.once(name === undefined ? mark : `${name}/${mark}`, work),
      isThawing: () => record.thawing !== undefined,
      isStopping: () => this.#isStopping,
    });
    return this.#scope.use(cluster, (one) => one.close());
  }

  /** The keys of each. */
  async #startControlPlanes(clusters: LabCluster[]): Promise<ClusterPki[]> {
    const keys: ClusterPki[] = [];
    for (const cluster of clusters) keys.push(await cluster.readKeys(keys[0]?.outsideCa));
    await Promise.all(clusters.map((cluster, index) => cluster.startControlPlane(keys[index]!)));
    return keys;
  }

  async #prepareBases(keys: ClusterPki[]): Promise<void> {
    const { record, labd } = this.options;
    const clusters = this.#layouts.map((layout, index) => ({ layout, pki: keys[index]! }));
    const bases = record.environment.nodes.filter(({ role }) => role === "base");
    await Promise.all(
      bases.map((node) =>
        this.board.once(`base/${node.name}`, () => prepareBase(labd, this.labId, node, clusters)),
      ),
    );
  }

  #serveOutside(cluster: ClusterLayout, pki: ClusterPki): ReturnType<typeof serveOutside> {
    const { mirror, outsideFolder, clock, logger } = this.options;
    const authority = outsideAuthority(pki);
    return serveOutside({ folder: outsideFolder, mirror, cluster, authority, clock, logger });
  }
}

function causeOf(failure: unknown): string {
  const { cause, message } = failure as Error;
  return cause instanceof Error ? cause.message : message;
}
