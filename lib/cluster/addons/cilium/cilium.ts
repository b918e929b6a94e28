import { z } from "zod";
import { cidrV4 } from "@/lib/contract/fields";
import type { Addon } from "../addon";
import type { AgentPrograms } from "../agents/agent-session";
import { ciliumAgent } from "./agent";
import { ciliumObjects } from "./objects";
import { ciliumOperator } from "./operator";
import { ciliumDbg } from "./status";

const options = z
  .object({ ipam: z.enum(["cluster-pool", "kubernetes"]).default("cluster-pool"), pool: cidrV4.optional() })
  .strict();

/** Cilium: a routed veth a pod behind cilium_host, tunnels between the nodes, addresses from a pool of its own. */
export const cilium: Addon<z.infer<typeof options>> = {
  name: "cilium",
  isNetwork: true,
  parse: (value) => options.parse(value),
  objects: ({ podCidr }, { ipam, pool }) => ciliumObjects(ipam, pool ?? podCidr),
};

export const ciliumPrograms: AgentPrograms = {
  "cilium-agent": ciliumAgent,
  "cilium-operator-generic": ciliumOperator,
  cilium: ciliumDbg,
  "cilium-dbg": ciliumDbg,
};
