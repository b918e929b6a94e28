import { join } from "node:path";
import { z } from "zod";
import type { Addon, AddonContext } from "../addon";
import { clusterView } from "./kubernetes/cluster-view";
import { serveLinks, type DnsPrograms } from "./link/serve-links";
import { corednsObjects } from "./objects";

const options = z.object({ replicas: z.number().int().min(1).max(10).default(2) }).strict();

/** Cluster DNS as kubeadm installs it. */
export const coredns: Addon<z.infer<typeof options>> = {
  name: "coredns",
  parse: (value) => options.parse(value),
  objects: (cluster, { replicas }) => corednsObjects(cluster, replicas),
};

/** What a coredns does, in whatever pod and whoever installed it: its own Corefile decides. `programs` answer otherwise. */
export async function serveCoredns(
  { socketFolder, informers, client, clock, logger }: AddonContext,
  programs: DnsPrograms = {},
): Promise<{ stop(): Promise<void> }> {
  const kubernetes = clusterView(informers, client, clock);
  const server = await serveLinks(join(socketFolder, "dns.sock"), { clock, logger, kubernetes, programs });
  return {
    async stop() {
      kubernetes.stop();
      await server.close();
    },
  };
}
