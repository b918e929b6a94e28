import { z } from "zod";
import type { Addon } from "../addon";
import type { AgentPrograms } from "../agents/agent-session";
import { runController } from "./controller/run-controller";
import { metallbNamespace, metallbObjects } from "./objects/objects";
import { parseAddresses } from "./model/cidrs";
import { runSpeaker } from "./speaker/run-speaker";

const addresses = z.string().superRefine((text, context) => {
  try {
    parseAddresses(text);
  } catch (failure) {
    context.addIssue((failure as Error).message);
  }
});
const options = z
  .object({
    release: z
      .string()
      .regex(/^0\.1[345]\.\d+$/)
      .default("0.15.3"),
    /** A pool named "default" of these, announced by ARP. Without any, whoever uses the lab makes the pools. */
    addresses: z.array(addresses).default([]),
  })
  .strict();

/** MetalLB: Services of type LoadBalancer get addresses that a node answers ARP for. */
export const metallb: Addon<z.infer<typeof options>> = {
  name: "metallb",
  parse: (value) => options.parse(value),
  objects: (_, value) => {
    const own = (kind: string, spec: object) => ({
      apiVersion: "metallb.io/v1beta1",
      kind,
      metadata: { name: "default", namespace: metallbNamespace },
      spec,
    });
    const all = metallbObjects(value.release);
    if (value.addresses.length === 0) return all;
    // Before the webhook, which nobody answers yet, would be asked about them.
    const isWebhook = ({ kind }: { kind: string }) => kind === "ValidatingWebhookConfiguration";
    return [
      ...all.filter((one) => !isWebhook(one)),
      own("IPAddressPool", { addresses: value.addresses }),
      own("L2Advertisement", { ipAddressPools: ["default"] }),
      ...all.filter(isWebhook),
    ];
  },
};

export const metallbPrograms: AgentPrograms = {
  controller: runController,
  speaker: runSpeaker,
};
