import { z } from "zod";
import type { Addon } from "../addon";
import type { AgentPrograms } from "../agents/agent-session";
import { webhookCertgen } from "./certgen";
import { runIngressController } from "./controller/run-controller";
import { ingressNginxObjects } from "./objects";

const nodePort = z.number().int().min(30_000).max(32_767).optional();
const options = z
  .object({
    serviceType: z.enum(["NodePort", "LoadBalancer"]).default("NodePort"),
    httpNodePort: nodePort,
    httpsNodePort: nodePort,
    isDefaultClass: z.boolean().default(false),
    webhook: z.boolean().default(true),
  })
  .strict();

/** ingress-nginx: an nginx in a pod that serves what Ingress objects say. */
export const ingressNginx: Addon<z.infer<typeof options>> = {
  name: "ingress-nginx",
  parse: (value) => options.parse(value),
  objects: (_, value) => ingressNginxObjects(value),
};

export const ingressNginxPrograms: AgentPrograms = {
  "nginx-ingress-controller": runIngressController,
  "kube-webhook-certgen": webhookCertgen,
};
