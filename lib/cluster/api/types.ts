import type { Logger } from "@/lib/core/logger";
import type { Clock } from "@/lib/core/clock";
import type { EtcdData } from "@/lib/cluster/client/etcd-data";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { ClusterFacts } from "@/lib/cluster/resources/kind";
import type { NodeProxy } from "./node-proxy";

/** Who asks, as authentication found. */
export interface UserInfo {
  name: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

/** PEM texts. */
export interface KeyPair {
  certificatePem: string;
  privateKeyPem: string;
}

export interface ApiLimits {
  /** Requests in flight of one cluster, watches and streams apart; more are answered 429. */
  inFlightMax: number;
  watchesMax: number;
  /** Connections of one listener, idle ones too; more are closed at once. */
  connectionsMax: number;
  bodyBytesMax: number;
  /** Events that a collection keeps for watches that come back; older versions are answered 410. */
  watchWindow: number;
  /** How often a quiet watch hears the version that it may come back from. */
  bookmarkEveryMs: number;
}

export interface ClusterOptions {
  /** SQLite file, made when absent and replayed when present; ":memory:" keeps nothing. */
  journalPath: string;
  facts: ClusterFacts;
  /** Signs what the cluster issues; client certificates of it are accepted. */
  ca: KeyPair;
  /** Shown to the servers of APIServices, which know callers by what the front proxy says. */
  frontProxy?: KeyPair;
  /** Signs ServiceAccount tokens (EC P-256, PEM); default: a key that the journal keeps. */
  serviceAccountKeyPem?: string;
  clock?: Clock;
  logger?: Logger;
  nodeProxy?: NodeProxy;
  limits?: Partial<ApiLimits>;
  /** authorization.mode of the server: "AlwaysAllow" is for tests of other things. */
  authorization?: "RBAC" | "AlwaysAllow";
}

export interface ApiListener {
  /** "https://127.0.0.1:40123" for TCP. */
  url: string;
  /** Other keys for the connections that come, and another authority for their clients. Throws for keys that do not match. */
  serveWith(serving: KeyPair, clientCaPem: string): void;
  close(): Promise<void>;
}

export interface ApiServer {
  /** Listens on a unix socket path (mode 0666) or a TCP address. TLS always: client certificates end here. */
  listen(target: string | { host: string; port: number }, serving: KeyPair): Promise<ApiListener>;
}

/** One control plane's API: store, registry, admission and server. */
export interface Cluster {
  /**
   * The API without HTTP, as an identity. "system:masters" in `groups` may do everything:
   * `cluster.client({ name: "system:kube-controller-manager", groups: ["system:authenticated", "system:masters"] })`.
   */
  client(user: UserInfo): ClusterClient;
  server: ApiServer;
  etcd: EtcdData;
  /** Set once the host has its nodes; see NodeProxy. */
  setNodeProxy(proxy: NodeProxy): void;
  /** Waits until every acknowledged write is in the journal, ends watches, closes listeners and the file. */
  close(): Promise<void>;
}
