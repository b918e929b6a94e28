import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { EventRecorder } from "@/lib/cluster/client/event-recorder";
import type { Informers } from "@/lib/cluster/client/informers";
import { KeyedRunner } from "@/lib/cluster/client/keyed-runner";
import { refs } from "@/lib/cluster/client/refs";
import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { NodeInspection } from "@/lib/cluster/node/container-runtime";
import { NodeReporter, type NodeIdentity } from "@/lib/cluster/node/node-reporter";
import { isTerminal } from "@/lib/cluster/node/pod-identity";
import { podStatusOf } from "@/lib/cluster/node/pod-status";
import type { Pod } from "@/lib/cluster/resources/types";
import { PodAddresses } from "./pod-addresses";
import { isOfJob, jobRunsMs, simulatedPod } from "./simulated-pod";

export interface SimulatedNodesOptions {
  nodes: NodeIdentity[];
  /** "v1.34.5" */
  version: string;
  /** With the rights of every node. */
  client: ClusterClient;
  informers: Informers;
  clock: Clock;
  logger: Logger;
}

const renewEveryMs = 10_000;

/**
 * Nodes without machines, as kwok keeps them: they are always ready, every pod that is bound to one runs, whatever its
 * image, and a pod that is deleted is gone at once. Volumes, probes and hooks are taken for granted.
 */
export class SimulatedNodes {
  readonly #reporters: NodeReporter[];
  readonly #addresses = new PodAddresses();
  readonly #queue: KeyedRunner;
  readonly #abort = new AbortController();
  #release: () => void = () => undefined;

  constructor(private readonly options: SimulatedNodesOptions) {
    const { clock, logger, client } = options;
    this.#reporters = options.nodes.map(
      (node) =>
        new NodeReporter({
          node,
          cluster: { version: options.version },
          client,
          recorder: new EventRecorder(client, { component: "kubelet", host: node.name }, clock),
          clock,
          inspection: () => inspectionOf(node),
        }),
    );
    this.#queue = new KeyedRunner((key) => this.#sync(key), {
      clock,
      onError: (pod, failure) => logger.warn({ err: failure, pod }, "pod could not be simulated"),
    });
  }

  /** Registers the nodes in their order, and brings pods to life from then on. */
  async start(): Promise<void> {
    const { informers } = this.options;
    for (const reporter of this.#reporters) await reporter.register();
    this.#release = informers.pods.onChange((now, old) => this.#queue.add(keyOf((now ?? old)!)));
    for (const pod of informers.pods.list()) this.#queue.add(keyOf(pod));
    void this.#renew();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#release();
    await this.#queue.close();
  }

  async #renew(): Promise<void> {
    const { clock, logger } = this.options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await clock.sleep(renewEveryMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      const renewals = await Promise.allSettled(this.#reporters.map((reporter) => reporter.renewLease()));
      for (const renewal of renewals)
        if (renewal.status === "rejected" && !signal.aborted)
          logger.warn({ err: renewal.reason as unknown }, "a simulated node could not renew its lease");
    }
  }

  async #sync(key: string): Promise<void> {
    const { informers, client, nodes } = this.options;
    const [namespace, name = ""] = key.split("/");
    const pod = informers.pods.get(namespace, name);
    if (!pod) return this.#addresses.release(key);
    const node = nodes.find((one) => one.name === pod.spec.nodeName);
    if (!node) return;
    try {
      if (pod.metadata.deletionTimestamp)
        await client.delete(refs.pods, namespace, name, {
          gracePeriodSeconds: 0,
          preconditions: { uid: pod.metadata.uid },
        });
      else if (!isTerminal(pod)) await this.#report(key, pod, node);
    } catch (failure) {
      // It is gone or has changed: then it is due again by that.
      if (!isNotFound(failure) && !isConflict(failure)) throw failure;
    }
  }

  async #report(key: string, pod: Pod, node: NodeIdentity): Promise<void> {
    const { informers, client, clock } = this.options;
    const range = informers.nodes.get(undefined, node.name)?.spec?.podCIDR;
    const ip = pod.spec.hostNetwork ? node.ip : range && this.#addresses.of(key, pod, range);
    if (!ip) return this.#queue.addAfter(key, 20);
    const nowMs = clock.now();
    const status = podStatusOf({
      pod,
      onNode: simulatedPod(pod, ip, nowMs),
      problems: new Map(),
      backingOff: new Map(),
      nodeIp: node.ip,
      nowMs,
    });
    if (isOfJob(pod) && status.phase === "Running") this.#queue.addAfter(key, jobRunsMs);
    if (JSON.stringify(status) === JSON.stringify(pod.status)) return;
    const written = await client.updateStatus<Pod>(refs.pods, { ...pod, status });
    await informers.pods.reached(written);
  }
}

const keyOf = ({ metadata }: Pod) => `${metadata.namespace}/${metadata.name}`;

/** What a node tells of a machine that it does not have: room enough for anything. */
function inspectionOf(node: NodeIdentity): NodeInspection {
  const id = Buffer.from(node.name).toString("hex").padEnd(32, "0").slice(0, 32);
  return {
    manifests: [],
    staticPodPath: "/etc/kubernetes/manifests",
    apiServer: "",
    hasStaticPodPath: true,
    hasCniConfig: true,
    kernelVersion: "simulated",
    osImage: "simulated",
    machineId: id,
    bootId: id,
    systemUuid: id,
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    cpuCount: 32,
    memoryKib: 256 << 20,
    diskKib: 1 << 30,
    diskFreeKib: 1 << 29,
    inodes: 1 << 24,
    inodesFree: 1 << 23,
    resolvConf: { servers: [], searches: [], options: [] },
    resolvConfPath: "/etc/resolv.conf",
    pressureTransitionMs: 0,
  };
}
