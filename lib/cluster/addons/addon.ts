import type { Duplex } from "node:stream";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { EtcdData } from "@/lib/cluster/client/etcd-data";
import type { ContainerInstance, SandboxState } from "@/lib/cluster/node/container-runtime";
import type { Informers } from "@/lib/cluster/client/informers";
import type { KubeObject } from "@/lib/cluster/resources/kind";

/** A node as an addon reaches it. */
export interface AddonNode {
  name: string;
  ip: string;
  /** `truncated`: it wrote more than 16 MiB, and that is the beginning. */
  exec(
    argv: string[],
    stdin?: string,
  ): Promise<{ exitCode: number; stdout: string; stderr: string; truncated: boolean }>;
  writeFiles(files: { path: string; content: string; mode?: number }[]): Promise<void>;
  /** Loads rules with iptables-restore --noflush, all or nothing. */
  restoreRules(rules: string): Promise<void>;
  /** Its container runtime, as crictl reaches it. */
  cri: NodeCri;
  /** A connection to "10.0.0.1:80" from its network namespace, or from that of a pod on it. */
  dial(address: string, podUid?: string): Promise<Duplex>;
  /** Tells the node's kubelet that files it cares for have changed. */
  inspectNow(): Promise<void>;
}

export interface NodeCri {
  isRunning(): Promise<boolean>;
  list(): Promise<{ pods: CriPod[]; containers: ContainerInstance[] }>;
  /** Each by one of the names that it was pulled under. */
  images(): Promise<CriImage[]>;
  /** Throws an AppError with the runtime's words. */
  pull(image: string): Promise<{ imageId: string }>;
  removeImage(name: string): Promise<void>;
  stopPod(podUid: string): Promise<void>;
  stop(containerId: string, graceMs: number): Promise<unknown>;
  remove(containerId: string): Promise<void>;
}

export interface CriPod extends SandboxState {
  podId: string;
  name: string;
  namespace: string;
  startedAtMs?: number;
}

export interface CriImage {
  name: string;
  imageId: string;
  sizeBytes: number;
}

export interface ClusterShape {
  version: string;
  podCidr: string;
  serviceCidr: string;
  domain: string;
  dnsIp: string;
  controlPlane: { name: string; ip: string };
}

export interface AddonContext {
  cluster: ClusterShape;
  client: ClusterClient;
  /** The API as somebody else: a component acts with the rights of its ServiceAccount. */
  clientFor(user: { name: string; groups: string[] }): ClusterClient;
  informers: Informers;
  /** What the cluster keeps, as etcd's files have it. */
  etcd: EtcdData;
  apiServer: {
    /** The certificate that clients are shown from now on, and the authority of theirs. Throws for what fits not together. */
    serveWith(serving: { certificatePem: string; privateKeyPem: string }, clientCaPem: string): void;
  };
  nodes: ReadonlyMap<string, AddonNode>;
  /** A folder of the host that every node sees read-only at /run/examctl: relays of components connect to sockets in it. */
  socketFolder: string;
  clock: Clock;
  logger: Logger;
  /** Runs `work` once in the life of the cluster, however often this process starts. */
  once(mark: string, work: () => Promise<void>): Promise<void>;
}

/** Something installed in a cluster; `options` come from the lab's environment and are checked by `parse`. */
export interface Addon<Options = unknown> {
  name: string;
  /** Nodes get Ready by it: what others install waits for that, as a person would. */
  isNetwork?: boolean;
  /** Throws AppError `invalid` with a sentence for the lab's author. */
  parse(options: Record<string, unknown>): Options;
  /** What installing it puts into the API, once. */
  objects(cluster: ClusterShape, options: Options): KubeObject[];
  /** What its pods do on a real cluster; runs as long as the cluster does. Resolves when it works. */
  run?(context: AddonContext, options: Options): Promise<{ stop(): Promise<void> }>;
}
