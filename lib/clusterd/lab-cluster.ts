import { join } from "node:path";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { Scope } from "@/lib/core/scope";
import type { LabEnvironment } from "@/lib/contract/environment";
import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";
import { agentPrograms, findAddon } from "@/lib/cluster/addons";
import type { AddonContext, AddonNode } from "@/lib/cluster/addons/addon";
import { serveAgents } from "@/lib/cluster/addons/agents/serve-agents";
import { serveCoredns } from "@/lib/cluster/addons/coredns/coredns";
import type { ApiListener } from "@/lib/cluster/api/types";
import { createCluster } from "@/lib/cluster/api/create-cluster";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { createObjects } from "@/lib/cluster/client/create-objects";
import { Informers } from "@/lib/cluster/client/informers";
import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import { runControllers } from "@/lib/cluster/controllers/run-controllers";
import { serveDockerHosts, type DockerHosts } from "@/lib/cluster/docker";
import type { Kubelet } from "@/lib/cluster/node/kubelet";
import type { Node } from "@/lib/cluster/resources/types";
import { toolPrograms } from "@/lib/cluster/tools";
import { addonNode } from "./addon-node";
import { serveComponents } from "./component-endpoints";
import { dockerHost } from "./docker-host";
import { followApiServerFlags } from "./follow-api-server-flags";
import { joinDockerHost } from "./join-docker-host";
import { joinNode, type ControlPlane } from "./join-node";
import { kubeadmObjects } from "./kubeadm/cluster-objects";
import type { ClusterLayout } from "./kubeadm/facts";
import type { LabFolder } from "./lab-folder";
import { ResourceMetrics } from "./kubelet-server/resource-metrics";
import { LabdRuntime, preloadedImages } from "./labd-runtime";
import { createNodeProxy } from "./node-proxy";
import { createClusterPki, type ClusterPki } from "./pki/cluster-pki";
import { untilReady } from "./until-ready";
import { whileComponentRuns } from "./while-component-runs";

export interface LabClusterOptions {
  labId: string;
  environment: LabEnvironment;
  layout: ClusterLayout;
  /** Undefined for the lab's first cluster: files and sockets of others carry their names. */
  name: string | undefined;
  folder: LabFolder;
  /** Where this cluster's nodes look for its sockets, made by labd. */
  apiFolder: string;
  labd: RpcClient<LabdRpc>;
  /** See StatusBoard. Marks are this cluster's own. */
  once(mark: string, work: () => Promise<void>): Promise<void>;
  isThawing(): boolean;
  isStopping(): boolean;
  clock: Clock;
  logger: Logger;
}

type InstalledAddon = ReturnType<typeof findAddon>;

/** One cluster of a lab: its control plane, controllers, kubelets and addons. The lab calls its steps in their order. */
export class LabCluster {
  readonly #scope = new Scope();
  readonly #kubelets = new Map<string, Kubelet>();
  readonly #runtimes = new Map<string, LabdRuntime>();
  readonly #addons: InstalledAddon[];
  readonly #metrics: ResourceMetrics;
  #controlPlane: ControlPlane | undefined;
  #context: AddonContext | undefined;
  #docker: DockerHosts | undefined;

  /** Throws AppError `invalid` for an addon that is not known. */
  constructor(private readonly options: LabClusterOptions) {
    this.#addons = options.layout.addons.map(({ name, options: own }) => findAddon(name, own));
    this.#metrics = new ResourceMetrics(options.labd, options.labId, options.clock);
  }

  get layout(): ClusterLayout {
    return this.options.layout;
  }

  /** Undefined until the control plane is up. */
  get admin(): ClusterClient | undefined {
    return this.#controlPlane?.admin;
  }

  close(): Promise<void> {
    return this.#scope.close();
  }

  /** The stored keys, or new ones. Clusters of a lab share the authority of the world outside. */
  async readKeys(outsideCa?: ClusterPki["outsideCa"]): Promise<ClusterPki> {
    const { folder, layout, clock, name } = this.options;
    const known = await folder.readPki(name);
    if (known) return known;
    const made = createClusterPki({
      controlPlane: layout.controlPlane,
      nodes: layout.nodes,
      kubernetesServiceIp: layout.apiServiceIp,
      domain: layout.domain,
      nowMs: clock.now(),
    });
    const pki = outsideCa ? { ...made, outsideCa } : made;
    await folder.writePki(pki, name);
    return pki;
  }

  async startControlPlane(pki: ClusterPki): Promise<void> {
    const { folder, clock, logger, layout, labd, labId, name, once } = this.options;
    const facts = {
      serviceCidr: layout.serviceCidr,
      podCidr: layout.podCidr,
      nodePortRange: { from: 30_000, to: 32_767 },
      domain: layout.domain,
      version: layout.version,
    };
    const cluster = await createCluster({
      journalPath: folder.journalPath(name),
      facts,
      ca: pki.ca,
      frontProxy: pki.frontProxyClient,
      serviceAccountKeyPem: pki.serviceAccount.privateKeyPem,
      clock,
      logger,
    });
    this.#scope.use(cluster, (one) => one.close());
    cluster.setNodeProxy(createNodeProxy(labd, labId, layout.controlPlane.name, this.#metrics));
    const admin = cluster.client({
      name: "kubernetes-admin",
      groups: ["system:masters", "kubeadm:cluster-admins", "system:authenticated"],
    });
    const hasCluster = layout.nodes.length > 0;
    if (hasCluster) await once("kubeadm-objects", () => createObjects(admin, kubeadmObjects(layout, pki)));
    if (this.options.isThawing()) await renewLeases(admin, layout, clock);
    const manager = cluster.client({
      name: "system:kube-controller-manager",
      groups: ["system:masters", "system:authenticated"],
    });
    const informers = this.#scope.use(new Informers(manager), (one) => one.stop());
    await informers.start();
    this.#controlPlane = { cluster, pki, admin, informers };
    // Without one, the API is there for what asks for it, and no node reaches it.
    if (!hasCluster) return;
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
  }

  /** What its nodes reach through their sockets, once there are nodes. */
  async serveNodes(): Promise<void> {
    const { apiFolder } = this.options;
    const { cluster, pki, admin } = this.#controlPlane!;
    const listener = this.#scope.use(
      await cluster.server.listen(join(apiFolder, "api.sock"), pki.apiserver),
      (one) => one.close(),
    );
    const kubelets = { client: admin, metrics: this.#metrics };
    this.#scope.use(await serveComponents(apiFolder, pki, kubelets), (endpoints) => endpoints.close());
    const context = (this.#context = this.#addonContext(listener));
    const docker = this.#scope.use(await this.#serveDocker(context), (one) => one.stop());
    this.#docker = docker;
    const programs = { ...agentPrograms, ...toolPrograms, ...docker.agentPrograms };
    this.#scope.use(
      await serveAgents({ ...context, nodes: this.#withDockerHosts(context) }, programs),
      (agents) => agents.stop(),
    );
    this.#scope.use(await serveCoredns(context, docker.dnsPrograms), (dns) => dns.stop());
  }

  #serveDocker({ socketFolder, clock, logger }: AddonContext): Promise<DockerHosts> {
    const { labd, labId } = this.options;
    const hosts = this.layout.dockerHosts.map(({ name }) => dockerHost(labd, labId, name));
    return serveDockerHosts(hosts, { socketFolder, clock, logger });
  }

  /** Where processes may call from; a cluster's network has nothing to do on a Docker host. */
  #withDockerHosts({ nodes }: AddonContext): AddonContext["nodes"] {
    const { labd, labId } = this.options;
    const hosts = this.layout.dockerHosts.map(({ name, ip }): [string, AddonNode] => [
      name,
      addonNode(labd, labId, { name, ip }, this.#runtimeOf(name), () => Promise.resolve()),
    ]);
    return new Map([...nodes, ...hosts]);
  }

  /** Makes the nodes that are to be Docker hosts so, and waits until their engines run. */
  async joinDockerHosts(): Promise<void> {
    const { labd, labId, environment, once, clock } = this.options;
    const join = { labId, environment, labd, pki: this.#controlPlane!.pki };
    await Promise.all(
      this.layout.dockerHosts.map(async ({ name }) => {
        await once(`docker-host/${name}`, () => joinDockerHost(join, name));
        await untilDockerRuns(this.#docker!, name, clock);
      }),
    );
  }

  /** All nodes at once, registered in the order of the environment: the control plane gets the first pod range. */
  async joinAll(): Promise<void> {
    const ordered = [...this.layout.nodes].sort(
      (a, b) => Number(b.role === "control-plane") - Number(a.role === "control-plane"),
    );
    let turn: Promise<void> = Promise.resolve();
    const joins = ordered.map(({ name }) => (turn = this.#join(name, turn)));
    await Promise.all(joins);
  }

  #join(name: string, turn: Promise<void>): Promise<void> {
    const { labId, environment, layout, labd, once, clock, logger } = this.options;
    const onKubelet = (node: string, kubelet: Kubelet) => {
      this.#kubelets.set(node, kubelet);
      this.#scope.use(kubelet, (one) => one.stop());
    };
    return joinNode(
      {
        ...{ labId, environment, layout, labd, once, clock, logger, onKubelet },
        controlPlane: this.#controlPlane!,
        runtime: this.#runtimeOf(name),
      },
      name,
      turn,
    );
  }

  /** The network first: pods that are made before their nodes are ready would only wait, and all go to the first one. */
  async installAddons(): Promise<void> {
    const context = this.#context!;
    const { client, informers } = context;
    const install = async (mark: string, some: InstalledAddon[]) => {
      await this.options.once(mark, () =>
        createObjects(
          client,
          some.flatMap(({ addon, options }) => addon.objects(this.layout, options)),
        ),
      );
      const run = async ({ addon, options }: InstalledAddon) => {
        const running = await addon.run?.(context, options);
        if (running) this.#scope.use(running, (one) => one.stop());
      };
      await Promise.all(some.map(run));
    };
    const networks = this.#addons.filter(({ addon }) => addon.isNetwork);
    await install("network-objects", networks);
    if (networks.length > 0)
      await informers.nodes.until(() => informers.nodes.list().every(isUntainted), {
        timeoutMs: networkPatienceMs,
      });
    await install(
      "addon-objects",
      this.#addons.filter(({ addon }) => !addon.isNetwork),
    );
  }

  untilReady(): Promise<void> {
    const { labId, layout, labd, clock, isStopping } = this.options;
    return untilReady({
      ...{ labId, layout, labd, clock, isStopping },
      informers: this.#controlPlane!.informers,
    });
  }

  /** One a node: it knows which images were pulled there. */
  #runtimeOf(node: string): LabdRuntime {
    const { labd, labId } = this.options;
    const runtime =
      this.#runtimes.get(node) ?? new LabdRuntime(labd, labId, node, preloadedImages(this.layout.version));
    this.#runtimes.set(node, runtime);
    return runtime;
  }

  #addonContext(apiServer: ApiListener): AddonContext {
    const { labd, labId, clock, logger, apiFolder, once } = this.options;
    const { cluster, admin, informers } = this.#controlPlane!;
    const nodes = new Map(
      this.layout.nodes.map(({ name, ip }) => [
        name,
        addonNode(labd, labId, { name, ip }, this.#runtimeOf(name), () =>
          this.#kubelets.get(name)!.inspectNow(),
        ),
      ]),
    );
    return {
      cluster: this.layout,
      client: admin,
      clientFor: (user) => cluster.client(user),
      informers,
      etcd: cluster.etcd,
      apiServer,
      nodes,
      socketFolder: apiFolder,
      clock,
      logger,
      once,
    };
  }
}

const dockerPatienceMs = 20_000;

/** A student may have stopped it: it is not waited for long. */
async function untilDockerRuns({ engines }: DockerHosts, name: string, clock: Clock): Promise<void> {
  const untilMs = clock.now() + dockerPatienceMs;
  while (!engines.get(name)!.isUp && clock.now() < untilMs) await clock.sleep(10);
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
