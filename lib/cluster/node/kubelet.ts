import { setMaxListeners } from "node:events";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { EventRecorder } from "@/lib/cluster/client/event-recorder";
import type { Informers } from "@/lib/cluster/client/informers";
import { KeyedRunner } from "@/lib/cluster/client/keyed-runner";
import type { Pod } from "@/lib/cluster/resources/types";
import { ApiConnection } from "./api-connection";
import type { ContainerRuntime, NodeChange, NodeInspection } from "./container-runtime";
import { KubeletLog, quoted } from "./kubelet-log";
import { DiskPressure } from "./disk-pressure";
import { ManifestFolder } from "./manifest-folder";
import { deleteAtOnce, ensureMirror } from "./mirror-pods";
import type { NodeContext } from "./node-context";
import { NodeReporter, type NodeIdentity } from "./node-reporter";
import { NodeServices } from "./node-services";
import { networkNotReadyMessage } from "./node-status";
import { isMirrorPod, isTerminal, refersTo, runtimeUid } from "./pod-identity";
import { PodProblemStore } from "./pod-problems";
import { PodSync } from "./pod-sync";
import { PodsOnNode } from "./pods-on-node";
import { Probes } from "./probes/probes";
import { PodVolumes } from "./volumes/pod-volumes";

export interface KubeletOptions {
  node: NodeIdentity;
  cluster: { dnsIp: string; domain: string; version: string };
  /** As the node: `system:node:<name>` of `system:nodes`. */
  client: ClusterClient;
  informers: Informers;
  recorder: EventRecorder;
  runtime: ContainerRuntime;
  clock: Clock;
  logger: Logger;
  /** How often the node's files are looked at though nothing told of a change; as the kubelet's fileCheckFrequency. */
  inspectEveryMs?: number;
  /** How long containerd may be away before the node is not ready. */
  runtimeGraceMs?: number;
}

/** Of networks, and of resolv.conf. */
const otherFolders = ["/etc/cni/net.d", "/etc"];
/** An editor's several writes are one change. */
const settleMs = 60;

/**
 * The agent of one node: registers it, runs the pods that are bound to it and those of its manifests folder, and
 * reports. Holds nothing that it could not read again: a new kubelet adopts what runs.
 */
export class Kubelet {
  readonly reporter: NodeReporter;
  readonly #abort = new AbortController();
  readonly #onNode: PodsOnNode;
  readonly #queue: KeyedRunner;
  readonly #pods: PodSync;
  readonly #probes: Probes;
  readonly #services: NodeServices;
  readonly #log: KubeletLog;
  readonly #disk: DiskPressure;
  readonly #api: ApiConnection;
  readonly #manifests: ManifestFolder;
  #latestChange: NodeChange | undefined;
  #isObserving = false;
  /** Until all that should run is known, what runs must not be taken for left over. */
  #knowsPods = false;
  #inspection: NodeInspection | undefined;
  #releases: (() => void)[] = [];

  constructor(private readonly options: KubeletOptions) {
    setMaxListeners(0, this.#abort.signal);
    const { clock, logger } = options;
    this.#log = new KubeletLog(options.runtime, clock, () => this.#services.pid);
    this.#api = new ApiConnection(options.node.name, options.runtime, this.#log);
    this.#manifests = new ManifestFolder(options, this.#log);
    this.#disk = new DiskPressure({ ...options, pods: () => this.#apiPods() }, this.#log);
    this.#onNode = new PodsOnNode(options.runtime, (uid) => {
      if (this.#knowsPods) this.#queue.add(uid);
    });
    this.#queue = new KeyedRunner((uid) => this.#sync(uid), {
      clock,
      // A worker a pod, as upstream: one that is slow (an image, a hook) holds up no other.
      concurrency: Infinity,
      onError: (uid, failure) => logger.warn({ err: failure, podUid: uid }, "pod could not be synced"),
    });
    this.#services = new NodeServices({
      ...options,
      signal: this.#abort.signal,
      onKubelet: (state) => (state === "running" ? this.#restarted() : this.#stopped()),
      onRuntime: (isDown) => this.#runtimeChanged(isDown),
    });
    this.reporter = new NodeReporter({
      ...options,
      inspection: () => this.#inspection,
      runtimeProblem: () => this.#runtimeProblem(),
      hasDiskPressure: () => this.#disk.isPresent,
    });
    this.#probes = new Probes({ ...options, wake: (uid) => this.#queue.add(uid) });
    const context: NodeContext = {
      ...options,
      signal: this.#abort.signal,
      volumes: new PodVolumes(options),
      problems: new PodProblemStore(clock),
      inspection: () => this.#inspection,
      onNode: (uid) => this.#onNode.get(uid),
      setOnNode: (uid, state) => this.#onNode.set(uid, state),
      wake: (uid, delayMs) => this.#queue.addAfter(uid, delayMs),
    };
    this.#pods = new PodSync(context, this.#probes);
  }

  /**
   * Registers the node, not before `turn`, and starts work; resolves when the node is registered and what runs on it is
   * known.
   */
  async start(turn: Promise<unknown> = Promise.resolve()): Promise<void> {
    const { informers, node, runtime } = this.options;
    const [inspection] = await Promise.all([runtime.inspect(this.#manifests.path), this.#relist()]);
    this.#inspection = inspection;
    await turn;
    if (!(await this.reporter.register())) this.#services.adopt();
    await this.#readConfiguration();
    this.#readManifests(this.#inspection);
    this.#knowsPods = true;
    this.#releases.push(
      informers.pods.onChange((pod, old) => {
        const seen = pod ?? old!;
        if (seen.spec.nodeName !== node.name) return;
        const uid = runtimeUid(seen);
        const isShorter =
          pod?.metadata.deletionGracePeriodSeconds !== old?.metadata.deletionGracePeriodSeconds;
        if (!pod) this.#pods.stops.hasten(uid, 1000);
        else if (old && isShorter)
          this.#pods.stops.hasten(uid, (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000);
        this.#queue.add(uid);
      }),
      informers.configMaps.onChange((now, old) => this.#referenceChanged("configMap", now ?? old!)),
      informers.secrets.onChange((now, old) => this.#referenceChanged("secret", now ?? old!)),
    );
    this.#requeueAll();
    this.#loop("runtime events", () => this.#watchRuntime());
    this.#loop("node status", () => this.#inspectRegularly());
  }

  /** Looks at the node's files now: somebody knows that they changed. */
  async inspectNow(): Promise<void> {
    if (!this.#services.isKubeletRunning) return;
    const inspection = await this.options.runtime.inspect(this.#manifests.path);
    const hadCni = this.#inspection?.hasCniConfig;
    this.#inspection = inspection;
    this.#readManifests(inspection);
    if (hadCni && !inspection.hasCniConfig)
      this.#log.error(
        "kubelet.go:3117",
        `"Container runtime network not ready" networkReady=${quoted(networkNotReadyMessage.replace(/^[^:]*: /, ""))}`,
      );
    this.#disk.observe(inspection);
    if (this.#api.problem === undefined) await this.reporter.report();
    if (this.#api.problem === undefined && this.#canWork()) await this.#disk.evict(inspection);
    if (inspection.hasCniConfig && !hadCni)
      for (const pod of this.#apiPods()) this.#queue.add(runtimeUid(pod));
  }

  /** Ends the loops and waits for work in progress. What runs on the node goes on. */
  async stop(): Promise<void> {
    this.#abort.abort(new Error("The kubelet is stopping."));
    for (const release of this.#releases.splice(0)) release();
    this.#probes.stop();
    await this.#queue.close();
  }

  #apiPods(): Pod[] {
    return this.options.informers.pods.list().filter((pod) => pod.spec.nodeName === this.options.node.name);
  }

  #apiPod(uid: string): Pod | undefined {
    return this.#apiPods().find((pod) => runtimeUid(pod) === uid);
  }

  async #sync(uid: string): Promise<void> {
    if (this.#abort.signal.aborted || !this.#canWork()) return;
    const staticPod = this.#manifests.get(uid);
    const isConnected = this.#api.problem === undefined;
    const apiPod = this.#apiPod(uid);
    // Of what the API server would have told, a kubelet that does not reach it knows nothing new.
    if (!isConnected && !staticPod && apiPod && !isMirrorPod(apiPod)) return;
    this.#onNode.begin(uid);
    try {
      const mirrorFailure =
        staticPod && isConnected ? await ensureMirror(this.options, this.#log, staticPod) : undefined;
      const mirror = staticPod ? this.#apiPod(uid) : undefined;
      // The spec is the manifest's; status and identity are the mirror's.
      const pod = staticPod ? { ...staticPod, status: mirror?.status } : apiPod;
      const isEnding =
        !pod ||
        (!staticPod && (isMirrorPod(pod) || pod.metadata.deletionTimestamp !== undefined || isEvicted(pod)));
      const isGone = await this.#pods.sync({
        uid,
        pod,
        reportTo: !isConnected ? undefined : staticPod ? mirror : apiPod,
        mustEnd: isEnding,
        isStatic: staticPod !== undefined,
      });
      // The pod runs whether the API server shows it or not; that is tried again.
      if (mirrorFailure !== undefined) throw mirrorFailure;
      if (!isGone) return;
      this.#onNode.forget(uid);
      if (isConnected && apiPod && !staticPod && (apiPod.metadata.deletionTimestamp || isMirrorPod(apiPod)))
        await deleteAtOnce(this.options.client, apiPod);
    } finally {
      if (this.#onNode.done(uid)) this.#relistSoon();
    }
  }

  #readManifests(inspection: NodeInspection): void {
    for (const uid of this.#manifests.read(inspection)) this.#queue.add(uid);
  }

  async #relist(): Promise<void> {
    if (this.#canWork()) await this.#onNode.relist();
  }

  #relistSoon(): void {
    const { clock, logger, node } = this.options;
    const run = async () => {
      try {
        await this.#relist();
      } catch (failure) {
        if (this.#abort.signal.aborted) return;
        logger.warn({ err: failure, node: node.name }, "pods: could not be listed, trying again");
        await clock.sleep(1000, this.#abort.signal);
        this.#relistSoon();
      }
    };
    run().catch(() => undefined); // the sleep ends when the kubelet does
  }

  async #watchRuntime(): Promise<void> {
    const { runtime, clock } = this.options;
    await runtime.watchFolders([this.#manifests.path, ...otherFolders]);
    let revision = 0;
    let files: number | undefined;
    while (!this.#abort.signal.aborted) {
      const change = await runtime.waitForChange(revision, this.#abort.signal);
      if (change.revision === revision) continue;
      revision = change.revision;
      void this.#observe(change);
      const haveFilesChanged = files !== undefined && files !== change.files;
      files = change.files;
      await this.#relist();
      if (!haveFilesChanged) continue;
      await clock.sleep(settleMs, this.#abort.signal);
      await this.inspectNow();
    }
  }

  /** The newest change counts; those that are overtaken meanwhile are left out. */
  async #observe(change: NodeChange): Promise<void> {
    this.#latestChange = change;
    if (this.#isObserving) return;
    this.#isObserving = true;
    try {
      while (this.#latestChange) {
        const next = this.#latestChange;
        this.#latestChange = undefined;
        await this.#services.observe(next);
      }
    } catch (failure) {
      if (!this.#abort.signal.aborted)
        this.options.logger.warn({ err: failure, node: this.options.node.name }, "services: not observed");
    } finally {
      this.#isObserving = false;
    }
  }

  async #inspectRegularly(): Promise<void> {
    const { clock, inspectEveryMs = 20_000 } = this.options;
    let sinceInspectMs = 0;
    const tickMs = Math.min(10_000, inspectEveryMs);
    while (!this.#abort.signal.aborted) {
      await clock.sleep(tickMs, this.#abort.signal);
      if (!this.#services.isKubeletRunning) continue;
      await this.#checkConnection();
      if (this.#api.problem === undefined) await this.reporter.renewLease();
      sinceInspectMs += tickMs;
      if (sinceInspectMs < inspectEveryMs) continue;
      sinceInspectMs = 0;
      await this.inspectNow();
    }
  }

  /** False while the node's kubelet or its container runtime does not run: whatever is due waits. */
  #canWork(): boolean {
    return this.#services.isKubeletRunning && this.#services.runtimeDownSinceMs === undefined;
  }

  #requeueAll(): void {
    for (const uid of this.#manifests.uids()) this.#queue.add(uid);
    for (const pod of this.#apiPods()) this.#queue.add(runtimeUid(pod));
    for (const uid of this.#onNode.uids()) this.#queue.add(uid);
  }

  #referenceChanged(kind: "configMap" | "secret", { metadata }: Pick<Pod, "metadata">): void {
    for (const pod of this.#apiPods())
      if (pod.metadata.namespace === metadata.namespace && refersTo(pod, kind, metadata.name))
        this.#queue.add(runtimeUid(pod));
  }

  /** What a kubelet reads once, when it starts. */
  async #readConfiguration(): Promise<void> {
    const { staticPodPath } = this.#inspection!;
    if (staticPodPath === this.#manifests.path) return;
    this.#manifests.path = staticPodPath;
    await this.options.runtime.watchFolders([staticPodPath, ...otherFolders]);
    this.#inspection = await this.options.runtime.inspect(staticPodPath);
  }

  async #stopped(): Promise<void> {
    this.#probes.stop();
    await Promise.resolve();
  }

  async #restarted(): Promise<void> {
    const { runtime, node } = this.options;
    this.#inspection = await runtime.inspect(this.#manifests.path);
    await this.#readConfiguration();
    await this.#checkConnection();
    if (this.#api.problem === undefined) await this.reporter.restarted();
    this.#log.info("kubelet_node_status.go:75", `"Attempting to register node" node=${quoted(node.name)}`);
    if (this.#api.problem !== undefined) {
      const why = `Post ${quoted(`https://${this.#inspection.apiServer}/api/v1/nodes`)}: ${this.#api.problem}`;
      this.#log.error(
        "kubelet_node_status.go:107",
        `"Unable to register node with API server" err=${quoted(why)} node=${quoted(node.name)}`,
      );
    }
    this.#manifests.forget();
    this.#readManifests(this.#inspection);
    await this.#relist();
    this.#requeueAll();
  }

  async #runtimeChanged(isDown: boolean): Promise<void> {
    const { clock, runtimeGraceMs = 30_000 } = this.options;
    if (isDown) {
      this.#probes.stop();
      const why =
        'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /var/run/containerd/containerd.sock: connect: connection refused"';
      this.#log.error("remote_runtime.go:712", `"Status from runtime service failed" err=${quoted(why)}`);
      this.#log.error("kubelet.go:2996", `"Container runtime sanity check failed" err=${quoted(why)}`);
      void clock.sleep(runtimeGraceMs + 10, this.#abort.signal).then(
        () => this.reporter.report(),
        () => undefined,
      );
      return;
    }
    await this.reporter.report();
    await this.#relist();
    this.#requeueAll();
  }

  #runtimeProblem(): string | undefined {
    const { clock, runtimeGraceMs = 30_000 } = this.options;
    const sinceMs = this.#services.runtimeDownSinceMs;
    return sinceMs !== undefined && clock.now() - sinceMs >= runtimeGraceMs
      ? "container runtime is down"
      : undefined;
  }

  async #checkConnection(): Promise<void> {
    if (!(await this.#api.check(this.#inspection?.apiServer ?? ""))) return;
    this.reporter.reportAnew();
    this.#requeueAll();
  }

  /** Runs `work` until the kubelet stops; a failure (labd away, say) is tried again after a second. */
  #loop(what: string, work: () => Promise<void>): void {
    const { clock, logger, node } = this.options;
    const run = async () => {
      while (!this.#abort.signal.aborted) {
        try {
          await work();
        } catch (failure) {
          if (this.#abort.signal.aborted) return;
          logger.warn({ err: failure, node: node.name }, `${what}: trying again`);
          await clock.sleep(1000, this.#abort.signal).catch(() => undefined);
        }
      }
    };
    void run();
  }
}

function isEvicted(pod: Pod): boolean {
  return isTerminal(pod) && pod.status?.reason === "Evicted";
}
