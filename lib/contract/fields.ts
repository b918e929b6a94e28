import { z } from "zod";

/** Named fields that several contracts share. */

export const dnsLabel = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be lower-case letters, digits and '-' (a DNS label)");

/** Names a lab that runs: one attempt, one walk, one `examctl lab run`. Part of file and interface names. */
export const labId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{2,39}$/, "must be a lower-case id of 3 to 40 characters");

/** IFNAMSIZ is 16 with the NUL. */
export const interfaceName = z
  .string()
  .regex(/^[a-zA-Z0-9._-]{1,15}$/, "must be an interface name of at most 15 characters");

export const ipv4 = z.ipv4();
export const cidrV4 = z.cidrv4();
/** Lower-case, colon-separated, unicast: 02:42:ac:11:00:02. */
export const mac = z
  .string()
  .regex(/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/, "must be a unicast MAC address in lower case");

export const absolutePath = z.string().regex(/^\/[^\0]*$/, "must be an absolute path");

export const parameterValue = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.union([z.string(), z.number()])),
]);
export const parameterValues = z.record(z.string(), parameterValue);
export type ParameterValues = z.infer<typeof parameterValues>;

export const empty = z.object({});
