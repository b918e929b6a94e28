import type { ExecValue, FileValue, PlaceRef, Resource } from "./guest/bridge";

export type {
  DnsQuery,
  DnsValue,
  ExecValue,
  FileValue,
  HttpRequest,
  HttpValue,
  PlaceRef,
  Resource,
} from "./guest/bridge";

export type PodRef = Extract<PlaceRef, { pod: string }>;

export interface ProbeCommand {
  argv: string[];
  stdin: string;
  timeoutMs: number;
  /** Of stdout and stderr each. */
  outputBytesMax: number;
}

/**
 * What a run of checks looks at: one lab's cluster, nodes and pods, read-only by convention. Implemented by clusterd
 * over the shard's own store and labd. Without `cluster` the lab's first one is asked. Everything else that checks can ask (HTTP, DNS) is made of these.
 *
 * Failures are AppErrors. `not-found` means that a named node or pod is not there, which a student may have caused: the
 * check fails. Any other makes the question ungradable.
 */
export interface CheckProbe {
  /** Undefined when there is no such object. */
  get(resource: Resource, namespace: string | undefined, name: string, cluster?: string): Promise<unknown>;
  /** All namespaces when none is named. */
  list(
    resource: Resource,
    filter: { namespace?: string; labelSelector?: string; fieldSelector?: string; cluster?: string },
  ): Promise<unknown[]>;
  /** Runs a command as root in the node or in the pod's container (its first one when none is named). */
  exec(place: PlaceRef, command: ProbeCommand): Promise<ExecValue>;
  /**
   * Runs a program of the pod's node in the pod's network, with the pod's resolver: for images that have neither curl
   * nor dig.
   */
  execInPodNetwork(place: PodRef, command: ProbeCommand): Promise<ExecValue>;
  /** Undefined when there is no such file. Text past `bytesMax` is cut. */
  readFile(node: string, path: string, bytesMax: number): Promise<FileValue | undefined>;
}
