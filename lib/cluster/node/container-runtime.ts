import type { Duplex } from "node:stream";

/**
 * What a kubelet needs of its node: the CRI's calls and a little of the node's file system. clusterd implements it over
 * labd. Paths are the node's own. Failures are errors whose message a kubelet can report as it stands.
 */
export interface ContainerRuntime {
  listPods(): Promise<{ sandboxes: SandboxState[]; containers: ContainerInstance[] }>;
  runPod(spec: PodSandboxRequest): Promise<SandboxState>;
  stopPod(podUid: string): Promise<void>;
  /** Undefined unless the node has it. */
  findImage(image: string): Promise<PulledImage | undefined>;
  pullImage(image: string): Promise<PulledImage>;
  startContainer(spec: ContainerRequest): Promise<ContainerInstance>;
  stopContainer(containerId: string, graceMs: number): Promise<ContainerInstance>;
  removeContainer(containerId: string): Promise<void>;
  exec(containerId: string, argv: string[], timeoutMs: number): Promise<ExecOutcome>;
  /** A connection from the node ("10.0.0.1:80"). Fails with an AppError `refused`, `timeout` or `unreachable`. */
  dial(address: string, timeoutMs: number): Promise<Duplex>;
  /** Resolves when something on the node changed after `revision`, or with the same one after a while. */
  waitForChange(revision: number, signal: AbortSignal): Promise<NodeChange>;
  /** The folders whose changes count as `NodeChange.files`. */
  watchFolders(folders: string[]): Promise<void>;
  /** Facts of the node that change while it runs. */
  inspect(staticPodPath: string): Promise<NodeInspection>;
  /** Lines for the kubelet's unit log. */
  log(lines: string[]): Promise<void>;
  /**
   * Takes the steps in order, then replaces the content of each of `projections`, which readers see change at once.
   * Safe to repeat. With `gid`, projected files are of that group and readable by it.
   */
  makeVolumes(steps: VolumeStep[], projections: VolumeFiles[], gid?: number): Promise<void>;
  /** Unmounts what is mounted below a pod's folder and removes the folder. */
  removeVolumes(podFolder: string): Promise<void>;
}

export type VolumeStep =
  | { kind: "folder"; path: string }
  | { kind: "empty-dir"; path: string; inMemory: boolean; sizeBytes?: number }
  /** Checks, or makes, as hostPath's `type` says. */
  | { kind: "host-path"; path: string; type: string; volume: string }
  | { kind: "local"; path: string; volume: string }
  /** Gives a folder with all that is in it to a group. */
  | { kind: "group"; path: string; gid: number };

/** The files of a folder that is written as a whole: `..data` is a link to the content of one moment. */
export interface VolumeFiles {
  root: string;
  files: { path: string; content: string | Buffer; mode: number }[];
}

export interface NodeChange {
  revision: number;
  /** Grows with every change in a watched folder. */
  files: number;
  /** By name, those that the node's service manager knows: whether it runs, and its pid. */
  services: ReadonlyMap<string, { isActive: boolean; pid: number }>;
}

export interface ExecOutcome {
  exitCode: number;
  /** What it wrote to stdout and stderr. */
  output: string;
  /** It was ended at its deadline. */
  timedOut: boolean;
}

export interface SandboxState {
  podUid: string;
  state: "ready" | "not-ready";
  /** Empty for hostNetwork. */
  ips: string[];
}

export interface ContainerInstance {
  containerId: string;
  podUid: string;
  name: string;
  /** Which start of the container in its pod, from 0. */
  attempt: number;
  image: string;
  imageId?: string;
  state: "created" | "running" | "exited";
  exitCode?: number;
  reason?: string;
  message?: string;
  startedAtMs?: number;
  finishedAtMs?: number;
}

export interface PulledImage {
  imageId: string;
  sizeBytes: number;
  /** Who its containers run as. */
  uid: number;
}

export interface PodSandboxRequest {
  podUid: string;
  name: string;
  namespace: string;
  hostname: string;
  hostNetwork: boolean;
  hostPid: boolean;
  hostIpc: boolean;
  shareProcessNamespace: boolean;
  fqdn?: string;
  sysctls: Record<string, string>;
  dns?: { servers: string[]; searches: string[]; options: string[] };
  hostAliases: { ip: string; hostnames: string[] }[];
  portMappings: { hostPort: number; containerPort: number; protocol: "tcp" | "udp"; hostIP?: string }[];
}

export interface ContainerMount {
  source: string;
  target: string;
  readOnly: boolean;
  /** Whether mounts made later go over: from the node into the container, or both ways. Default: neither. */
  propagation?: "private" | "slave" | "shared";
}

export interface ContainerRequest {
  podUid: string;
  name: string;
  attempt: number;
  image: string;
  command: string[];
  args: string[];
  env: { name: string; value: string }[];
  workingDir: string;
  mounts: ContainerMount[];
  /** What made the sources of its mounts: done again when the node comes back with its files alone. */
  volumeSteps: VolumeStep[];
  user?: { uid?: number; gid?: number };
  additionalGids: number[];
  noNewPrivileges: boolean;
  /** The container whose processes it sees. */
  processesOf?: string;
  terminationMessagePath?: string;
  isLogTerminationMessage: boolean;
  privileged: boolean;
  capabilities: { add: string[]; drop: string[] };
  readOnlyRootFilesystem: boolean;
  tty: boolean;
  stdin: boolean;
  stdinOnce: boolean;
  memoryBytes?: number;
  cpuMillis?: number;
}

export interface NodeInspection {
  /** Of the kubelet's configuration file. */
  staticPodPath: string;
  /** Of the kubelet's kubeconfig: "controlplane:6443" or an address; empty when it cannot be read. */
  apiServer: string;
  hasStaticPodPath: boolean;
  /** Files of the static pods' folder. */
  manifests: { path: string; content: string }[];
  /** Whether /etc/cni/net.d holds a configuration that containerd can load. */
  hasCniConfig: boolean;
  kernelVersion: string;
  osImage: string;
  machineId: string;
  bootId: string;
  systemUuid: string;
  architecture: string;
  cpuCount: number;
  memoryKib: number;
  diskKib: number;
  diskFreeKib: number;
  inodes: number;
  inodesFree: number;
  /** The nameservers and search domains of the file that the kubelet's configuration names; undefined without it. */
  resolvConf: { servers: string[]; searches: string[]; options: string[] } | undefined;
  resolvConfPath: string;
  /** How long a pressure must be gone before it is; 0 is the default. */
  pressureTransitionMs: number;
}
