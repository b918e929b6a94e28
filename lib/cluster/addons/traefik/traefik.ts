import { z } from "zod";
import type { Addon } from "../addon";
import type { AgentPrograms } from "../agents/agent-session";
import { traefikObjects } from "./objects/objects";
import { runTraefik } from "./run-traefik";

const nodePort = z.number().int().min(30_000).max(32_767).optional();
const options = z
  .object({
    release: z
      .string()
      .regex(/^3\.\d+\.\d+$/)
      .default("3.5.3"),
    serviceType: z.enum(["NodePort", "LoadBalancer"]).default("NodePort"),
    httpNodePort: nodePort,
    httpsNodePort: nodePort,
    isDefaultClass: z.boolean().default(false),
  })
  .strict();

/** Traefik as an ingress controller: the IngressClass `traefik`, served in the namespace traefik. */
export const traefik: Addon<z.infer<typeof options>> = {
  name: "traefik",
  parse: (value) => options.parse(value),
  objects: (_, value) => [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "traefik" } },
    ...traefikObjects({ ...value, namespace: "traefik", name: "traefik" }),
  ],
};

export const traefikPrograms: AgentPrograms = { traefik: runTraefik };
