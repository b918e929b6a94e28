import { z } from "zod";
import { cidrV4 } from "@/lib/contract/fields";

/** flannel's net-conf.json (flannel-io/flannel pkg/subnet/config.go), as far as it bears on what flanneld does. */
const networkConfig = z.object({
  Network: cidrV4,
  Backend: z.object({
    Type: z.string().default("udp"),
    VNI: z.number().int().min(1).max(16_777_215).default(1),
    Port: z.number().int().min(0).max(65_535).default(0),
  }),
});
export type NetworkConfig = z.infer<typeof networkConfig>;

/** Throws with flanneld's words. */
export function parseNetworkConfig(text: string): NetworkConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("error parsing subnet config: invalid character in network configuration");
  }
  const given = z.object({ Network: z.string().optional(), Backend: z.unknown() }).safeParse(value);
  if (!given.success || !given.data.Network)
    throw new Error(
      "error parsing subnet config: please define a correct Network parameter in the flannel config",
    );
  const parsed = networkConfig.safeParse({ ...(value as object), Backend: given.data.Backend ?? {} });
  if (!parsed.success)
    throw new Error(`error parsing subnet config: invalid CIDR address: ${given.data.Network}`);
  return parsed.data;
}
