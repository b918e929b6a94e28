import { z } from "zod";
import { absolutePath, cidrV4, dnsLabel, interfaceName, ipv4, mac } from "./fields";

/**
 * What one attempt's cluster looks like: a lab's `lab.yaml` with the attempt's parameters filled in. Everything that
 * labd and clusterd need to know of a lab; nothing in it is a template any more.
 */
export const nodeRole = z.enum(["control-plane", "worker", "base", "docker"]);
export type NodeRole = z.infer<typeof nodeRole>;

export const nodeEnvironment = z.object({
  name: dnsLabel,
  /**
   * A base is of no cluster: people work from it, its kubectl has a context for each cluster. Nor is a Docker host; where
   * all nodes are, the lab has no cluster.
   */
  role: nodeRole,
  /** The name of one of `otherClusters`; the lab's first cluster without it. */
  cluster: dnsLabel.optional(),
  /** The node's uplink: its name inside the node, its address with prefix length, its MAC. */
  interface: interfaceName,
  address: cidrV4,
  mac,
  labels: z.record(z.string(), z.string()).default({}),
});
export type NodeEnvironment = z.infer<typeof nodeEnvironment>;

export const addon = z.object({
  /** A folder of lib/cluster/addons. */
  name: dnsLabel,
  options: z.record(z.string(), z.unknown()).default({}),
});

export type Addon = z.infer<typeof addon>;

export const setupStep = z.object({
  /** File name in the lab's setup folder; steps run in name order. */
  name: z.string(),
  kind: z.enum(["manifest", "script"]),
  /** Rendered text. A script runs with bash on `node`; a manifest is applied from there as the cluster's admin. */
  content: z.string(),
  node: dnsLabel.optional(),
});

export type SetupStep = z.infer<typeof setupStep>;

export const clusterEnvironment = z.object({
  /** Also its context's on a base. */
  name: dnsLabel,
  version: z.string().default("v1.34.5"),
  podCidr: cidrV4,
  serviceCidr: cidrV4,
  domain: z.string().default("cluster.local"),
  addons: z.array(addon).default([]),
});
export type ClusterEnvironment = z.infer<typeof clusterEnvironment>;

export const labEnvironment = z.object({
  network: z.object({ cidr: cidrV4, gateway: ipv4 }),
  nodes: z.array(nodeEnvironment).min(1).max(8),
  cluster: clusterEnvironment.extend({ name: dnsLabel.default("kubernetes") }),
  /** Further clusters over the same nodes' network. */
  otherClusters: z.array(clusterEnvironment).max(3).default([]),
  setup: z.array(setupStep).default([]),
  /** Files placed in a node before its shell can be opened. */
  files: z
    .array(
      z.object({
        node: dnsLabel,
        path: absolutePath,
        content: z.string(),
        mode: z.number().int().default(0o644),
      }),
    )
    .default([]),
});
export type LabEnvironment = z.infer<typeof labEnvironment>;
export type LabEnvironmentInput = z.input<typeof labEnvironment>;
