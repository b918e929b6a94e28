import { z } from "zod";

/**
 * What the engine knows of its containers and networks. It lies in the node (/var/lib/docker), where root may change it:
 * it is parsed again each time it is read, and can do no more than what root on the node can do without it.
 */

const hexId = z.string().regex(/^[0-9a-f]{64}$/);
const name = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);

export const protocols = ["tcp", "udp", "sctp"] as const;

export const publishedPort = z.object({
  containerPort: z.number().int().min(1).max(65_535),
  protocol: z.enum(protocols),
  hostIp: z.string().regex(/^[0-9.]*$/),
  /** 0: the engine chooses one at each start. */
  hostPort: z.number().int().min(0).max(65_535),
});
export type PublishedPort = z.infer<typeof publishedPort>;

const endpoint = z.object({
  networkId: hexId,
  endpointId: z.string().default(""),
  /** All empty while the container does not run. */
  ip: z.string().default(""),
  mac: z.string().default(""),
  veth: z.string().default(""),
  device: z.string().default(""),
  wantedIp: z.string().default(""),
  aliases: z.array(z.string()).default([]),
});
export type Endpoint = z.infer<typeof endpoint>;

export const containerState = z.object({
  id: hexId,
  name,
  createdAtMs: z.number(),
  image: z.string(),
  imageId: z.string(),
  entrypoint: z.array(z.string()),
  cmd: z.array(z.string()),
  env: z.array(z.string()),
  workingDir: z.string(),
  hostname: z.string(),
  user: z.string(),
  tty: z.boolean(),
  openStdin: z.boolean(),
  attached: z.boolean(),
  autoRemove: z.boolean(),
  privileged: z.boolean(),
  readOnly: z.boolean(),
  capAdd: z.array(z.string()),
  capDrop: z.array(z.string()),
  memoryBytes: z.number().int().nonnegative(),
  labels: z.record(z.string(), z.string()),
  extraHosts: z.array(z.string()),
  dns: z.array(z.string()),
  restart: z.object({
    name: z.enum(["no", "always", "unless-stopped", "on-failure"]),
    max: z.number().int(),
  }),
  mounts: z.array(
    z.object({
      source: z.string().startsWith("/"),
      target: z.string().startsWith("/"),
      readOnly: z.boolean(),
      volume: z.string().optional(),
    }),
  ),
  /** "80/tcp" */
  exposed: z.array(z.string()),
  published: z.array(publishedPort),
  publishAll: z.boolean(),
  /** The network that it was made with: "bridge", "host", "none" or a name. */
  networkMode: z.string(),
  /** By the network's name, in the order in which they were connected. */
  endpoints: z.record(z.string(), endpoint),
  status: z.enum(["created", "running", "exited"]),
  /** Stopped by somebody: a restart policy leaves it alone. */
  isStopped: z.boolean(),
  exitCode: z.number().int(),
  error: z.string(),
  startedAtMs: z.number().optional(),
  finishedAtMs: z.number().optional(),
  restartCount: z.number().int(),
  /** While it runs. */
  sandboxId: z.string(),
  dnsPort: z.number().int(),
  bindings: z.array(publishedPort.extend({ pids: z.array(z.number().int()) })),
});
export type ContainerState = z.infer<typeof containerState>;

export const networkState = z.object({
  id: hexId,
  name,
  driver: z.enum(["bridge", "host", "null"]),
  createdAtMs: z.number(),
  /** Empty for host and none. */
  subnet: z.string(),
  gateway: z.string(),
  /** The bridge's device. */
  device: z.string().regex(/^[a-zA-Z0-9._-]{0,15}$/),
  internal: z.boolean(),
  labels: z.record(z.string(), z.string()),
});
export type NetworkState = z.infer<typeof networkState>;

export const imageState = z.object({ name: z.string(), imageId: z.string(), pulledAtMs: z.number() });
export type ImageState = z.infer<typeof imageState>;

export function isUserDefined(network: NetworkState): boolean {
  return network.driver === "bridge" && network.name !== "bridge";
}

export const dataRoot = "/var/lib/docker";
export const containerFolder = (id: string) => `${dataRoot}/containers/${id}`;
export const logPathOf = (id: string) => `${containerFolder(id)}/${id}-json.log`;
export const netnsFolder = "/var/run/docker/netns";
export const netnsOf = ({ sandboxId }: Pick<ContainerState, "sandboxId">) =>
  `${netnsFolder}/${sandboxId.slice(0, 12)}`;
export const volumePath = (name: string) => `${dataRoot}/volumes/${name}/_data`;
