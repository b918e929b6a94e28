import { createHash } from "node:crypto";
import { z } from "zod";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { isAlreadyExists, isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { AgentSession } from "../agents/agent-session";
import type { AddonContext } from "../addon";
import { calicoRef, calicoVersion } from "./api";

const modes = z.enum(["Always", "CrossSubnet", "Never"]).catch("Never");

const poolSpec = z.object({
  cidr: z.string(),
  blockSize: z.number().int().min(20).max(32).default(26),
  ipipMode: modes.default("Never"),
  vxlanMode: modes.default("Never"),
  natOutgoing: z.boolean().default(false),
  disabled: z.boolean().default(false),
});
export type Pool = z.infer<typeof poolSpec>;

/**
 * What calico/node sees to in the datastore when it starts (node/pkg/lifecycle/startup): the default pool and the
 * cluster's facts. Returns the IPv4 pools, and the line that tells of a pool that it made.
 */
export async function ensureDatastore(
  session: AgentSession,
  context: AddonContext,
  client: ClusterClient,
): Promise<{ pools: Pool[]; created?: string }> {
  const { env } = session;
  let created: string | undefined;
  const known = await listPools(client);
  if (known.length === 0 && env.NO_DEFAULT_POOLS !== "true") {
    // kubeadm's range, as calico/node reads it from the ConfigMap kubeadm-config.
    const cidr = env.CALICO_IPV4POOL_CIDR || context.cluster.podCidr;
    const ipipMode = modes.parse(env.CALICO_IPV4POOL_IPIP ?? "Never");
    const vxlanMode = modes.parse(env.CALICO_IPV4POOL_VXLAN ?? "Never");
    const natOutgoing = env.CALICO_IPV4POOL_NAT_OUTGOING !== "false";
    const blockSize = Number(env.CALICO_IPV4POOL_BLOCK_SIZE ?? 26);
    await createOnce(client, "ippools", {
      apiVersion: calicoVersion,
      kind: "IPPool",
      metadata: { name: "default-ipv4-ippool" },
      spec: {
        allowedUses: ["Workload", "Tunnel"],
        blockSize,
        cidr,
        ipipMode,
        natOutgoing,
        nodeSelector: "all()",
        vxlanMode,
      },
    });
    created = `Created default IPv4 pool (${cidr}) with NAT outgoing ${natOutgoing}. IPIP mode: ${ipipMode}, VXLAN mode: ${vxlanMode}, DisableBGPExport: false`;
  }
  await createOnce(client, "felixconfigurations", {
    apiVersion: calicoVersion,
    kind: "FelixConfiguration",
    metadata: { name: "default" },
    spec: { floatingIPs: "Disabled", logSeverityScreen: "Info", reportingInterval: "0s" },
  });
  await createOnce(client, "clusterinformations", {
    apiVersion: calicoVersion,
    kind: "ClusterInformation",
    metadata: { name: "default" },
    spec: {
      calicoVersion: imageVersion(session),
      clusterGUID: createHash("sha256").update(context.cluster.controlPlane.ip).digest("hex").slice(0, 32),
      clusterType: env.CLUSTER_TYPE ? `${env.CLUSTER_TYPE},kubeadm,kdd` : "k8s,bgp,kubeadm,kdd",
      datastoreReady: true,
    },
  });
  return { pools: await listPools(client), ...(created ? { created } : {}) };
}

async function listPools(client: ClusterClient): Promise<Pool[]> {
  const { items } = await client.list<KubeObject & { spec?: unknown }>(calicoRef("ippools"));
  return items.flatMap(({ spec }) => {
    const parsed = poolSpec.safeParse(spec);
    return parsed.success && !parsed.data.disabled && parsed.data.cidr.includes(".") ? [parsed.data] : [];
  });
}

async function createOnce(client: ClusterClient, plural: string, object: KubeObject): Promise<void> {
  try {
    await client.get(calicoRef(plural), undefined, object.metadata.name);
  } catch (failure) {
    if (!isNotFound(failure)) throw failure;
    await client.create(calicoRef(plural), object).catch((cause: unknown) => {
      if (!isAlreadyExists(cause)) throw cause;
    });
  }
}

/** What the tag of the pod's image says. */
export function imageVersion({ identity: { pod } }: AgentSession): string {
  const image = pod?.spec.containers.find(({ name }) => name === "calico-node")?.image ?? "";
  return /:(v[\d.]+)/.exec(image)?.[1] ?? "v3.28.2";
}
