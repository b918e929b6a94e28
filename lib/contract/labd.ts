import { z } from "zod";
import { defineRpc } from "@/lib/rpc/contract";
import { absolutePath, cidrV4, dnsLabel, empty, interfaceName, ipv4, labId, mac } from "./fields";

/**
 * What labd (root) does for clusterd and terminald. A sandbox is one lab: a switch, a disk, a uid range, nodes.
 * Everything is addressed by sandbox and node name; no caller ever names a host path, a pid or a host interface.
 */
const nodeRef = z.object({ sandboxId: labId, node: dnsLabel });

/** Where the hosts outside a lab are, as its nodes see them: the range for benchmarks (RFC 2544), which nobody else has. */
export const outsideNetwork = "198.18.0.0/15";

/** Where a node has the certificates that it trusts, and images have theirs. */
export const authoritiesBundle = "/etc/ssl/certs/ca-certificates.crt";
/** A folder of a node whose files lie over those of images that have such a bundle: with the lab's own in it. */
export const authoritiesLayer =
  "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/authorities";

/** In every node: makes what a pod needs of its files (native/pod). */
export const podProgram = "/usr/lib/examctl/examctl-pod";

export const sandboxNode = z.object({
  name: dnsLabel,
  interface: interfaceName,
  address: cidrV4,
  mac,
  /** Nodes of the same group see the same sockets of clusterd; those without one are a group, too. */
  group: dnsLabel.optional(),
});

export const sandboxLimits = z.object({
  memoryBytes: z
    .number()
    .int()
    .positive()
    .default(2 * 1024 ** 3),
  pids: z.number().int().positive().default(1500),
  /** 100 is one core. */
  cpuPercent: z.number().int().positive().default(150),
  diskBytes: z
    .number()
    .int()
    .positive()
    .default(2 * 1024 ** 3),
});

export const sandboxState = z.object({
  sandboxId: labId,
  state: z.enum(["creating", "running", "freezing", "frozen", "broken", "destroying"]),
  createdAtMs: z.number(),
  nodes: z.array(sandboxNode.extend({ state: z.enum(["running", "stopped"]) })),
});
export type SandboxState = z.infer<typeof sandboxState>;

/** SHA-256, in hexadecimal. */
export const digest = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hexadecimal");
export const frozenSandbox = z.object({ digest, sizeBytes: z.number().int().nonnegative() });

export const commandResult = z.object({
  exitCode: z.number().int(),
  /** UTF-8 with replacement characters; cut at outputBytesMax. */
  stdout: z.string(),
  stderr: z.string(),
  truncated: z.boolean(),
  timedOut: z.boolean(),
  durationMs: z.number(),
});
export type NodeCommandResult = z.infer<typeof commandResult>;

const command = z.object({
  argv: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()).default({}),
  cwd: absolutePath.default("/root"),
  /** Base64. */
  stdin: z.string().default(""),
  timeoutMs: z.number().int().positive().max(600_000).default(30_000),
  outputBytesMax: z
    .number()
    .int()
    .positive()
    .default(1 << 20),
});

export const nodeFile = z.object({
  path: absolutePath,
  /** Base64; parents are made (0755). */
  content: z.string(),
  mode: z.number().int().default(0o644),
});

/** A pod sandbox as the CRI knows it: the namespaces and, unless hostNetwork, the CNI attachment. */
export const podSandboxSpec = z.object({
  podUid: z.string().min(1),
  name: z.string(),
  namespace: z.string(),
  hostname: z.string(),
  hostNetwork: z.boolean().default(false),
  hostPid: z.boolean().default(false),
  hostIpc: z.boolean().default(false),
  /** The pod's containers see each other's processes, and the pause container is their first one. */
  shareProcessNamespace: z.boolean().default(false),
  /** The name that /etc/hosts gives the pod beside its host name: "web-0.web.shop.svc.cluster.local". */
  fqdn: z.string().optional(),
  /** Of the pod's network namespace. */
  sysctls: z.record(z.string(), z.string()).default({}),
  dns: z
    .object({ servers: z.array(z.string()), searches: z.array(z.string()), options: z.array(z.string()) })
    .optional(),
  hostAliases: z.array(z.object({ ip: z.string(), hostnames: z.array(z.string()) })).default([]),
  portMappings: z
    .array(
      z.object({
        hostPort: z.number(),
        containerPort: z.number(),
        protocol: z.enum(["tcp", "udp"]),
        hostIP: z.string().optional(),
      }),
    )
    .default([]),
});

export const containerSpec = z.object({
  podUid: z.string().min(1),
  /** The container's name in its pod, and which start of it this is. */
  name: z.string(),
  attempt: z.number().int().nonnegative().default(0),
  image: z.string(),
  /** Empty: the image's own entrypoint and arguments, as in a pod spec. */
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  env: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
  workingDir: z.string().default(""),
  /** Sources are paths inside the node. */
  mounts: z
    .array(
      z.object({
        source: absolutePath,
        target: absolutePath,
        readOnly: z.boolean(),
        /** Whether mounts made later go over: from the node into the container, or both ways. */
        propagation: z.enum(["private", "slave", "shared"]).default("private"),
      }),
    )
    .default([]),
  /**
   * How the sources of its mounts came to be, as words of three of the pod program's `volumes` (native/pod/volumes.c): done
   * again on a node that comes back with its files alone, before the container does.
   */
  volumeSteps: z.array(z.string()).default([]),
  /** Where only one is given, the other is the image's. */
  user: z.object({ uid: z.number().int().optional(), gid: z.number().int().optional() }).optional(),
  additionalGids: z.array(z.number().int()).default([]),
  privileged: z.boolean().default(false),
  capabilities: z
    .object({ add: z.array(z.string()), drop: z.array(z.string()) })
    .default({ add: [], drop: [] }),
  readOnlyRootFilesystem: z.boolean().default(false),
  noNewPrivileges: z.boolean().default(false),
  /** The container of the pod whose processes this one sees (kubectl debug --target). */
  processesOf: z.string().optional(),
  /** A file of the container whose end becomes the message of its end; none when absent. */
  terminationMessagePath: absolutePath.optional(),
  /** Where that file is empty after a failure, the end of the log is the message. */
  isLogTerminationMessage: z.boolean().default(false),
  tty: z.boolean().default(false),
  stdin: z.boolean().default(false),
  /** The first client that attaches is the only one: its output starts with the first byte, stdin ends with it. */
  stdinOnce: z.boolean().default(false),
  memoryBytes: z.number().int().optional(),
  cpuMillis: z.number().int().optional(),
  /**
   * A container without a pod, as Docker makes it: namespaces of its own, the files of /etc only as `mounts` has them.
   * Its uid as a pod is its id.
   */
  standalone: z
    .object({
      /** Of one that has ended: it is started again over the root that it left. */
      containerId: z.string().regex(/^[0-9a-f]{64}$/),
      hostname: z.string(),
      /** The network namespace; the node's own when absent. */
      netns: absolutePath.optional(),
      logPath: absolutePath,
    })
    .optional(),
});
export type ContainerSpec = z.input<typeof containerSpec>;

export const containerStatus = z.object({
  containerId: z.string(),
  podUid: z.string(),
  name: z.string(),
  attempt: z.number().int(),
  image: z.string(),
  imageId: z.string().optional(),
  state: z.enum(["created", "running", "exited"]),
  pid: z.number().int().optional(),
  exitCode: z.number().int().optional(),
  /** "Completed", "Error", "OOMKilled", "StartError". */
  reason: z.string().optional(),
  message: z.string().optional(),
  startedAtMs: z.number().optional(),
  finishedAtMs: z.number().optional(),
});
export type ContainerStatus = z.infer<typeof containerStatus>;

export const podSandboxStatus = z.object({
  podUid: z.string(),
  /** 64 hexadecimal digits. */
  podId: z.string(),
  name: z.string(),
  namespace: z.string(),
  state: z.enum(["ready", "not-ready"]),
  /** Empty for hostNetwork. */
  ips: z.array(z.string()),
  pid: z.number().int().optional(),
  startedAtMs: z.number().optional(),
});
export type PodSandboxStatus = z.infer<typeof podSandboxStatus>;

const podRef = nodeRef.extend({ podUid: z.string().min(1) });
const containerRef = nodeRef.extend({ containerId: z.string().min(1) });

export const labdRpc = defineRpc({
  methods: {
    health: { input: empty, output: z.object({ pid: z.number(), sandboxes: z.number() }) },
    /**
     * Makes the switch, the disk and the nodes and returns when every node's PID 1 answers. All or nothing.
     * Throws `conflict` when the id is taken, `exhausted` when a host limit (uid ranges, loop devices, disk) is reached.
     */
    "sandbox.create": {
      input: z.object({
        sandboxId: labId,
        network: z.object({ cidr: cidrV4, gateway: ipv4 }),
        nodes: z.array(sandboxNode).min(1).max(8),
        limits: sandboxLimits.prefault({}),
      }),
      output: sandboxState.extend({ timingsMs: z.record(z.string(), z.number()) }),
    },
    /** Leaves no process, mount, namespace, interface, cgroup or file. Safe to repeat. */
    "sandbox.destroy": { input: z.object({ sandboxId: labId }), output: empty },
    /**
     * Puts a running sandbox to rest: its processes end, its nodes' files and what its container runtimes know go into an
     * archive (zstd, named by its SHA-256), everything else of it goes. Whole or not at all: until the archive is durable
     * the sandbox is as it was. Of a frozen one it answers the same again.
     * Throws `exhausted` when the archive would be larger than `bytesMax`.
     */
    "sandbox.freeze": {
      input: z.object({
        sandboxId: labId,
        bytesMax: z
          .number()
          .int()
          .positive()
          .default(256 << 20),
      }),
      output: frozenSandbox.extend({ timingsMs: z.record(z.string(), z.number()) }),
    },
    /**
     * Makes a sandbox from an archive, here or of another host: nodes, files, names, addresses, keys, pods and their ids
     * are the same, all processes are new. The id may differ from the frozen one's. All or nothing.
     * Throws `not-found` for an unknown archive, `invalid` for a damaged one, `conflict` when a sandbox of the id is there.
     */
    "sandbox.thaw": {
      input: z.object({ sandboxId: labId, digest }),
      output: sandboxState.extend({ timingsMs: z.record(z.string(), z.number()) }),
    },
    /** Archives are independent of sandboxes: whoever froze one removes it. */
    "frozen.list": { input: empty, output: z.object({ archives: z.array(frozenSandbox) }) },
    /** Safe to repeat. */
    "frozen.remove": { input: z.object({ digest }), output: empty },
    "sandbox.get": { input: z.object({ sandboxId: labId }), output: sandboxState },
    "sandbox.list": { input: empty, output: z.object({ sandboxes: z.array(sandboxState) }) },
    /** Proportional set size in bytes of all processes of the sandbox, number of processes, disk blocks in use. */
    "sandbox.usage": {
      input: z.object({ sandboxId: labId }),
      output: z.object({ pssBytes: z.number(), processes: z.number(), diskBytes: z.number() }),
    },
    /**
     * Processor time and memory of a node and of its running containers, as the kernel counts them. A container's time counts
     * from the first call that it ran in.
     */
    "node.usage": {
      input: nodeRef,
      output: z.object({
        atMs: z.number(),
        cpuNanos: z.number(),
        memoryBytes: z.number(),
        containers: z.array(
          z.object({ containerId: z.string(), cpuNanos: z.number(), memoryBytes: z.number() }),
        ),
      }),
    },
    "node.exec": { input: nodeRef.extend(command.shape), output: commandResult },
    "node.writeFiles": { input: nodeRef.extend({ files: z.array(nodeFile) }), output: empty },
    /** Throws `not-found`. */
    "node.readFile": {
      input: nodeRef.extend({
        path: absolutePath,
        bytesMax: z
          .number()
          .int()
          .default(1 << 20),
      }),
      output: z.object({ content: z.string(), mode: z.number(), sizeBytes: z.number() }),
    },
    /** Starts or stops a service of the node's PID 1 (kubelet, containerd): what systemctl does inside. */
    "node.service": {
      input: nodeRef.extend({ service: dnsLabel, action: z.enum(["start", "stop", "restart", "status"]) }),
      output: z.object({ state: z.enum(["active", "inactive", "failed"]), pid: z.number().int().optional() }),
    },
    /** Loads rules atomically with iptables-restore (legacy) in the node's own network namespace. */
    "node.restoreRules": {
      input: nodeRef.extend({ rules: z.string(), noFlush: z.boolean().default(true) }),
      output: empty,
    },
    "shell.resize": {
      input: nodeRef.extend({ shellId: z.string(), cols: z.number().int(), rows: z.number().int() }),
      output: empty,
    },
    "shell.list": {
      input: nodeRef,
      output: z.object({
        shells: z.array(
          z.object({ shellId: z.string(), running: z.boolean(), exitCode: z.number().int().optional() }),
        ),
      }),
    },
    "shell.close": { input: nodeRef.extend({ shellId: z.string() }), output: empty },

    /**
     * Runs the CNI chain of the node's /etc/cni/net.d for a new pod. Throws `unavailable` with the text that a
     * kubelet reports ("cni plugin not initialized" ...) when there is none, `internal` with the plugin's own error.
     */
    "pod.run": { input: nodeRef.extend({ pod: podSandboxSpec }), output: podSandboxStatus },
    "pod.stop": { input: podRef, output: empty },
    "pod.list": {
      input: nodeRef,
      output: z.object({ pods: z.array(podSandboxStatus), containers: z.array(containerStatus) }),
    },
    /** Throws `not-found` with the text of ErrImagePull when the catalogue has no such image. */
    "image.pull": {
      input: nodeRef.extend({ image: z.string() }),
      output: z.object({
        imageId: z.string(),
        sizeBytes: z.number(),
        entrypoint: z.array(z.string()),
        cmd: z.array(z.string()),
        env: z.record(z.string(), z.string()),
        workingDir: z.string(),
        /** In full: "docker.io/library/nginx:latest". */
        name: z.string(),
        /** Who its containers run as. */
        uid: z.number().int(),
      }),
    },
    "container.start": { input: nodeRef.extend({ container: containerSpec }), output: containerStatus },
    /** SIGTERM, then SIGKILL after the grace period. */
    "container.stop": {
      input: containerRef.extend({ graceMs: z.number().int().default(30_000) }),
      output: containerStatus,
    },
    /** Sends a signal by its name or number ("TERM", "15") to one that runs. */
    "container.kill": {
      input: containerRef.extend({ signal: z.string().regex(/^[A-Z0-9+]{1,10}$/) }),
      output: empty,
    },
    "container.remove": { input: containerRef, output: empty },
    "container.exec": { input: containerRef.extend(command.shape), output: commandResult },
    /**
     * Answers as soon as a container, a service or a watched folder of the node changes after `revision`, or after
     * `timeoutMs` with the same revision: how the kubelet hears of exits and of new manifests without polling.
     */
    "node.events": {
      input: nodeRef.extend({ revision: z.number().int(), timeoutMs: z.number().int().default(25_000) }),
      output: z.object({
        revision: z.number().int(),
        /** Grows with every change below the watched folders. */
        files: z.number().int(),
        /** The services that the node's PID 1 has been asked for. */
        services: z.array(z.object({ name: z.string(), active: z.string(), pid: z.number().int() })),
      }),
    },
    /** The folders (not what is below their subfolders) whose changes `node.events` tells; replaces the list before. */
    "node.watch": { input: nodeRef.extend({ folders: z.array(absolutePath).max(16) }), output: empty },
    /** Lines for `journalctl -u` from what speaks in a service's name. */
    "node.log": {
      input: nodeRef.extend({ service: dnsLabel, lines: z.array(z.string().max(8192)).max(500) }),
      output: empty,
    },
  },
  streams: {
    /**
     * A shell that the node's PID 1 keeps: opened when `shellId` is new, attached otherwise (the former attachment
     * ends). Raw PTY bytes both ways, from absolute output offset `reply.offset`, which is `fromOffset` or, where the
     * node no longer holds that much, the oldest byte that it does hold.
     */
    shell: {
      input: nodeRef.extend({
        shellId: z.string().regex(/^[a-z0-9-]{1,40}$/),
        fromOffset: z.number().int().nonnegative().default(0),
        cols: z.number().int().min(1).max(1000).default(80),
        rows: z.number().int().min(1).max(1000).default(24),
      }),
      reply: z.object({ offset: z.number().int(), created: z.boolean() }),
    },
    /** The bytes of an archive, then the end. Throws `not-found`. */
    "frozen.read": { input: z.object({ digest }), reply: z.object({ sizeBytes: z.number() }) },
    /** Takes an archive from elsewhere; a one-byte answer (1) says that it is stored, the end without it that it is not. */
    "frozen.write": { input: frozenSandbox, reply: empty },
    /** A connection made inside the node's (or, with podUid, the pod's) network namespace. */
    dial: {
      input: nodeRef.extend({
        podUid: z.string().optional(),
        network: z.enum(["tcp", "udp", "unix"]).default("tcp"),
        /** "10.0.0.1:80", "127.0.0.1:53", or a path inside the node. */
        address: z.string(),
        timeoutMs: z.number().int().default(5000),
      }),
      reply: empty,
    },
    /**
     * A command in a node or container with its stdio as frames: 1 byte channel (0 stdin, 1 stdout, 2 stderr,
     * 3 exit status as JSON {"exitCode"}, 4 resize as JSON {"cols","rows"}, 255 close of channel n), 4 bytes
     * big-endian length, payload.
     */
    exec: {
      input: nodeRef.extend({
        containerId: z.string().optional(),
        argv: z.array(z.string()).min(1),
        env: z.record(z.string(), z.string()).default({}),
        tty: z.boolean().default(false),
        stdin: z.boolean().default(false),
        cols: z.number().int().default(80),
        rows: z.number().int().default(24),
      }),
      reply: empty,
    },
    /** A running container's own stdio, framed as `exec`; its end comes as channel 3. Throws `conflict` when it has ended. */
    attach: { input: containerRef, reply: empty },
    /** A container's log as CRI lines ("2026-01-02T03:04:05.000000006Z stdout F text"). */
    log: {
      input: containerRef.extend({
        follow: z.boolean().default(false),
        tailLines: z.number().int().optional(),
      }),
      reply: empty,
    },
  },
});
export type LabdRpc = typeof labdRpc;
