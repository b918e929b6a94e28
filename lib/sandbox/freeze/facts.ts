import { z } from "zod";
import { cidrV4, ipv4 } from "@/lib/contract/fields";
import { sandboxLimits, sandboxNode } from "@/lib/contract/labd";
import type { NodeRecord } from "../pod/store";

/** What labd must know of a frozen lab beside its files. */
export const frozenFacts = z.object({
  version: z.literal(1),
  network: z.object({ cidr: cidrV4, gateway: ipv4 }),
  nodes: z.array(sandboxNode).min(1).max(8),
  limits: sandboxLimits,
  /** By node: the pods and containers that ran, as the container runtime recorded them. */
  runtimes: z.array(
    z.custom<NodeRecord>(
      (value) =>
        z
          .object({
            pods: z.record(z.string(), z.looseObject({ podId: hexId })),
            containers: z.record(z.string(), z.looseObject({ containerId: hexId })),
          })
          .safeParse(value).success,
    ),
  ),
});
export type FrozenFacts = z.infer<typeof frozenFacts>;

const hexId = z.string().regex(/^[0-9a-f]{64}$/);
