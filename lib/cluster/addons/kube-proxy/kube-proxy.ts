import { z } from "zod";
import type { Addon } from "../addon";
import type { AgentPrograms } from "../agents/agent-session";
import { kubeProxyObjects } from "./objects";
import { runProxier } from "./proxier";

const options = z.object({}).strict();

/** kube-proxy in iptables mode: the rules are computed here and loaded into each node where its process runs. */
export const kubeProxy: Addon<z.infer<typeof options>> = {
  name: "kube-proxy",
  parse: (value) => options.parse(value),
  objects: (cluster) => kubeProxyObjects(cluster),
};

export const kubeProxyPrograms: AgentPrograms = { "kube-proxy": runProxier };
