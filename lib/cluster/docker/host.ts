import type { Duplex } from "node:stream";
import type { ContainerInstance, ContainerMount } from "@/lib/cluster/node/container-runtime";

/** What a Docker engine needs of the node that it runs on; clusterd implements it over labd. Paths are the node's own. */
export interface DockerHost {
  name: string;
  exec(argv: string[], stdin?: string): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  writeFiles(files: { path: string; content: string; mode?: number }[]): Promise<void>;
  listContainers(): Promise<HostContainer[]>;
  /** From the catalogue. Throws AppError `not-found` with containerd's text. */
  findImage(reference: string): Promise<HostImage>;
  /** Starts one, or one that has ended again over its root. */
  startContainer(spec: HostContainerSpec): Promise<HostContainer>;
  stopContainer(containerId: string, graceMs: number): Promise<void>;
  /** Throws `conflict` for one that does not run. */
  killContainer(containerId: string, signal: string): Promise<void>;
  removeContainer(containerId: string): Promise<void>;
  /** Its stdio, as frames (native/PROTOCOL.md). Throws `conflict` for one that has ended. */
  attach(containerId: string): Promise<Duplex>;
  /** Resolves when something on the node changed after `revision`, or with the same one after a while. */
  waitForChange(revision: number, signal: AbortSignal): Promise<{ revision: number }>;
}

export type HostContainer = ContainerInstance & { pid?: number };

export interface HostImage {
  /** In full: "docker.io/library/nginx:latest". */
  name: string;
  imageId: string;
  sizeBytes: number;
  entrypoint: string[];
  cmd: string[];
  env: Record<string, string>;
  workingDir: string;
}

export interface HostContainerSpec {
  containerId: string;
  name: string;
  image: string;
  hostname: string;
  /** The node's own network when absent. */
  netns?: string;
  logPath: string;
  command: string[];
  env: { name: string; value: string }[];
  workingDir: string;
  user?: { uid?: number; gid?: number };
  mounts: ContainerMount[];
  privileged: boolean;
  capabilities: { add: string[]; drop: string[] };
  readOnlyRootFilesystem: boolean;
  tty: boolean;
  stdin: boolean;
  /** The first who attaches gets the output from its beginning. */
  keepOutput: boolean;
  memoryBytes?: number;
}
