import type { Refusal, Reviewed } from "@/lib/cluster/addons/agents/serve-webhook";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { MetallbCaches } from "../caches";
import { readConfig } from "../model/read-config";
import type { IPAddressPool, L2Advertisement } from "../types";

/** What MetalLB's webhook refuses (metallb internal/k8s/webhooks): what the controller could not read with what is there. */
export function checkResource(
  { kind, operation, object }: Reviewed,
  caches: Pick<MetallbCaches, "pools" | "advertisements">,
  namespace: string,
): Refusal | undefined {
  if (operation === "DELETE") return undefined;
  const refuse = (message: string): Refusal => ({ message, code: 403, reason: "Forbidden" });
  const written = object as KubeObject;
  if (written.metadata.namespace !== namespace)
    return refuse(`resource must be created in ${namespace} namespace`);
  const pools = caches.pools.list();
  try {
    if (kind === "IPAddressPool") readConfig({ pools: withWritten(pools, written as IPAddressPool) });
    if (kind === "L2Advertisement")
      readConfig({
        pools,
        advertisements: withWritten(caches.advertisements.list(), written as L2Advertisement),
      });
  } catch (failure) {
    return refuse((failure as Error).message);
  }
  return undefined;
}

function withWritten<T extends KubeObject>(present: T[], written: T): T[] {
  return [...present.filter(({ metadata }) => metadata.name !== written.metadata.name), written];
}
