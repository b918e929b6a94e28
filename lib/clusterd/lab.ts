import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { Scope } from "@/lib/core/scope";
import type { FrozenLab, LabStatus } from "@/lib/contract/clusterd";
import type { LabEnvironment } from "@/lib/contract/environment";
import type { LabdRpc } from "@/lib/contract/labd";
import type { Mirror } from "@/lib/mirror/mirror";
import type { RpcClient } from "@/lib/rpc/client";
import { createCluster } from "@/lib/cluster/api/create-cluster";
import type { Cluster } from "@/lib/cluster/api/types";
import { agentPrograms, findAddon } from "@/lib/cluster/addons";
import { serveAgents } from "@/lib/cluster/addons/agents/serve-agents";
import { serveCoredns } from "@/lib/cluster/addons/coredns/coredns";
import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { createObjects } from "@/lib/cluster/client/create-objects";
import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import { Informers } from "@/lib/cluster/client/informers";
import { runControllers } from "@/lib/cluster/controllers/run-controllers";
import type { Kubelet } from "@/lib/cluster/node/kubelet";
import { toolPrograms } from "@/lib/cluster/tools";
import type { Node } from "@/lib/cluster/resources/types";
import { addonNode } from "./addon-node";
import { LabdRuntime, preloadedImages } from "./labd-runtime";
import { serveComponents } from "./component-endpoints";
import { ensureSandbox, requireSandbox, sandboxState } from "./ensure-sandbox";
import { followApiServerFlags } from "./follow-api-server-flags";
import { kubeadmObjects } from "./kubeadm/cluster-objects";
import { clusterLayout, type ClusterLayout } from "./kubeadm/facts";
import { freezeLab, removeFrozen } from "./freeze-lab";
import { joinNode, type ControlPlane } from "./join-node";
import type { FrozenLabs } from "./frozen-labs";
import type { LabFolder, LabRecord } from "./lab-folder";
import { createNodeProxy } from "./node-proxy";
import { serveOutside } from "./outside/serve-outside";
import { createClusterPki, outsideAuthority, type ClusterPki } from "./pki/cluster-pki";
import { runSetup } from "./run-setup";
import { StatusBoard } from "./status-board";
import { untilReady } from "./until-ready";
import { whileComponentRuns } from "./while-component-runs";

export interface LabOptions {
  folder: LabFolder;
  record: LabRecord;
  frozenLabs: FrozenLabs;
  labd: RpcClient<LabdRpc>;
  /** RUNDIR/labs/<labId>/api, made by labd. */
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
  /** The API as the cluster's admin. */
  client: ClusterClient;
  /** Calls on this lab's nodes; the sandbox is `labId`. */
  labd: RpcClient<LabdRpc>;
}

/**
 * One lab in this shard: its control plane, controllers, kubelets and addons. Starting and resuming are one way: every
 * step looks at what is there, and what must happen only once is marked in the lab's record.
 */
export class Lab {
  readonly board: StatusBoard;
  readonly #layout: ClusterLayout;
  readonly #scope = new Scope();
  readonly #kubelets = new Map<string, Kubelet>();
  readonly #runtimes = new Map<string, LabdRuntime>();
  #controlPlane: ControlPlane | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #isStopping = false;

  constructor(private readonly options: LabOptions) {
    this.board = new StatusBoard(options.record, options.clock, (record) =>
      options.folder.writeRecord(record),
    );
    this.#layout = clusterLayout(options.record.environment);
  }

  get labId(): string {
    return this.options.record.labId;
  }

  get status(): LabStatus {
    return this.board.status;
  }

  /** Throws AppError `unavailable` until the control plane is up. */
  get access(): LabAccess {
    if (!this.#controlPlane)
      throw new AppError("unavailable", `The lab ${this.labId} is not ready yet. Try again in a moment.`);
    const { environment } = this.options.record;
    return { labId: this.labId, environment, client: this.#controlPlane.admin, labd: this.options.labd };
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
    const addons = environment.cluster.addons.map(({ name, options }) => findAddon(name, options));
    const sandbox = { ...this.options, isStopping: () => this.#isStopping };
    await requireSandbox(sandbox);
    const [, controlPlane] = await Promise.all([
      this.board.step("sandbox", () => ensureSandbox(sandbox)),
      this.board.step("control-plane", () => this.#startControlPlane()),
    ]);
    if (this.options.record.thawing) await this.board.thawed();
    this.#controlPlane = controlPlane;
    const { cluster, pki, informers, admin } = controlPlane;
    this.#scope.use(
      await cluster.server.listen(join(this.options.apiFolder, "api.sock"), pki.apiserver),
      (listener) => listener.close(),
    );
    this.#scope.use(await serveComponents(this.options.apiFolder, pki), (endpoints) => endpoints.close());
    this.#scope.use(await this.#serveOutside(pki), (outside) => outside.close());
    const context = this.#addonContext(cluster, admin, informers);
    this.#scope.use(await serveAgents(context, { ...agentPrograms, ...toolPrograms }), (agents) =>
      agents.stop(),
    );
    this.#scope.use(await serveCoredns(context), (dns) => dns.stop());
    await this.board.step("nodes", () => this.#joinAll());
    await this.board.step("addons", () => this.#installAddons(context, addons));
    await this.board.step("setup", () =>
      runSetup({
        labId: this.labId,
        environment,
        layout: this.#layout,
        labd: this.options.labd,
        board: this.board,
      }),
    );
    await this.board.step("ready", () =>
      untilReady({
        labId: this.labId,
        layout: this.#layout,
        informers,
        labd: this.options.labd,
        clock: this.options.clock,
        isStopping: () => this.#isStopping,
      }),
    );
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

  async #startControlPlane(): Promise<ControlPlane> {
    const { folder, clock, logger } = this.options;
    const layout = this.#layout;
    let pki = await folder.readPki();
    if (!pki) {
      pki = createClusterPki({
        controlPlane: layout.controlPlane,
        nodes: layout.nodes,
        kubernetesServiceIp: layout.apiServiceIp,
        domain: layout.domain,
        nowMs: clock.now(),
      });
      await folder.writePki(pki);
    }
    const facts = {
      serviceCidr: layout.serviceCidr,
      podCidr: layout.podCidr,
      nodePortRange: { from: 30_000, to: 32_767 },
      domain: layout.domain,
      version: layout.version,
    };
    const cluster = await createCluster({
      journalPath: folder.journalPath,
      facts,
      ca: pki.ca,
      frontProxy: pki.frontProxyClient,
      serviceAccountKeyPem: pki.serviceAccount.privateKeyPem,
      clock,
      logger,
    });
    this.#scope.use(cluster, (one) => one.close());
    cluster.setNodeProxy(createNodeProxy(this.options.labd, this.labId, layout.controlPlane.name));
    const admin = cluster.client({
      name: "kubernetes-admin",
      groups: ["system:masters", "kubeadm:cluster-admins", "system:authenticated"],
    });
    await this.board.once("kubeadm-objects", () => createObjects(admin, kubeadmObjects(layout, pki)));
    if (this.options.record.thawing) await renewLeases(admin, layout, clock);
    const manager = cluster.client({
      name: "system:kube-controller-manager",
      groups: ["system:masters", "system:authenticated"],
    });
    const informers = this.#scope.use(new Informers(manager), (one) => one.stop());
    await informers.start();
    this.#scope.defer(followApiServerFlags(informers, `kube-apiserver-${layout.controlPlane.name}`, facts));
    const context = {
      client: manager,
      informers,
      clock,
      logger,
      cluster: {
        podCidr: layout.podCidr,
        caPem: pki.ca.certificatePem,
        caKeyPem: pki.ca.privateKeyPem,
      },
    };
    for (const component of ["kube-controller-manager", "kube-scheduler"] as const)
      this.#scope.use(
        whileComponentRuns(context, `${component}-${layout.controlPlane.name}`, () =>
          runControllers(context, component),
        ),
        (one) => one.stop(),
      );
    return { cluster, pki, admin, informers };
  }

  #serveOutside(pki: ClusterPki): ReturnType<typeof serveOutside> {
    const { mirror, outsideFolder, clock, logger } = this.options;
    return serveOutside({
      folder: outsideFolder,
      mirror,
      cluster: this.#layout,
      authority: outsideAuthority(pki),
      clock,
      logger,
    });
  }

  /** All nodes at once, registered in the order of the environment: the control plane gets the first pod range. */
  async #joinAll(): Promise<void> {
    const ordered = [...this.#layout.nodes].sort(
      (a, b) => Number(b.role === "control-plane") - Number(a.role === "control-plane"),
    );
    let turn: Promise<void> = Promise.resolve();
    const joins = ordered.map(({ name }) => (turn = this.#join(name, turn)));
    await Promise.all(joins);
  }

  #join(name: string, turn: Promise<void>): Promise<void> {
    const { labd, record, clock, logger } = this.options;
    const onKubelet = (node: string, kubelet: Kubelet) => {
      this.#kubelets.set(node, kubelet);
      this.#scope.use(kubelet, (one) => one.stop());
    };
    return joinNode(
      {
        ...{ labId: this.labId, environment: record.environment, layout: this.#layout },
        ...{ controlPlane: this.#controlPlane!, labd, board: this.board, clock, logger, onKubelet },
        runtime: this.#runtimeOf(name),
      },
      name,
      turn,
    );
  }

  /** The network first: pods that are made before their nodes are ready would only wait, and all go to the first one. */
  async #installAddons(context: AddonContext, addons: ReturnType<typeof findAddon>[]): Promise<void> {
    const { client, informers } = context;
    const install = async (mark: string, some: ReturnType<typeof findAddon>[]) => {
      await this.board.once(mark, () =>
        createObjects(
          client,
          some.flatMap(({ addon, options }) => addon.objects(this.#layout, options)),
        ),
      );
      const run = async ({ addon, options }: ReturnType<typeof findAddon>) => {
        const running = await addon.run?.(context, options);
        if (running) this.#scope.use(running, (one) => one.stop());
      };
      await Promise.all(some.map(run));
    };
    const networks = addons.filter(({ addon }) => addon.isNetwork);
    await install("network-objects", networks);
    if (networks.length > 0)
      await informers.nodes.until(() => informers.nodes.list().every(isUntainted), {
        timeoutMs: networkPatienceMs,
      });
    await install(
      "addon-objects",
      addons.filter(({ addon }) => !addon.isNetwork),
    );
  }

  /** One a node: it knows which images were pulled there. */
  #runtimeOf(node: string): LabdRuntime {
    const { labd } = this.options;
    const runtime =
      this.#runtimes.get(node) ??
      new LabdRuntime(labd, this.labId, node, preloadedImages(this.#layout.version));
    this.#runtimes.set(node, runtime);
    return runtime;
  }

  #addonContext(cluster: Cluster, client: ClusterClient, informers: Informers): AddonContext {
    const { labd, clock, logger } = this.options;
    const nodes = new Map(
      this.#layout.nodes.map(({ name, ip }) => [
        name,
        addonNode(labd, this.labId, { name, ip }, this.#runtimeOf(name), () =>
          this.#kubelets.get(name)!.inspectNow(),
        ),
      ]),
    );
    return {
      cluster: this.#layout,
      client,
      clientFor: (user) => cluster.client(user),
      informers,
      nodes,
      socketFolder: this.options.apiFolder,
      clock,
      logger,
      once: (mark, work) => this.board.once(mark, work),
    };
  }
}

/** How long a network may take to make the nodes Ready before the rest is installed nevertheless. */
const networkPatienceMs = 15_000;

/** The time that a lab slept is not held against its nodes. */
async function renewLeases(admin: ClusterClient, { nodes }: ClusterLayout, clock: Clock): Promise<void> {
  const renewTime = new Date(clock.now()).toISOString().replace("Z", "000Z");
  await Promise.all(
    nodes.map(({ name }) =>
      admin
        .patch(refs.leases, "kube-node-lease", name, "application/merge-patch+json", { spec: { renewTime } })
        .catch((failure: unknown) => {
          if (!isNotFound(failure)) throw failure;
        }),
    ),
  );
}

function isUntainted(node: Node): boolean {
  return !(node.spec?.taints ?? []).some(({ key }) => key === "node.kubernetes.io/not-ready");
}

function causeOf(failure: unknown): string {
  const { cause, message } = failure as Error;
  return cause instanceof Error ? cause.message : message;
}
