import { refs } from "@/lib/cluster/client/refs";
import { hasReason, isAlreadyExists, isNotFound } from "@/lib/cluster/client/status";
import { runLoop, type ControllerContext, type Running } from "../controller";
import { planNamespace, rootCaName } from "./plan";

/** Every active namespace has the account `default` and the ConfigMap kube-root-ca.crt. */
export function runServiceAccounts(context: ControllerContext): Running {
  const { informers, client, cluster } = context;
  return runLoop(context, {
    name: "service-accounts",
    initial: () => informers.namespaces.list().map(({ metadata }) => metadata.name),
    watch: (add) => [
      informers.namespaces.onChange((now) => now && add(now.metadata.name)),
      informers.serviceAccounts.onChange((now, old) => {
        if (!now && old?.metadata.name === "default") add(old.metadata.namespace!);
      }),
      informers.configMaps.onChange((now, old) => {
        const seen = now ?? old!;
        if (seen.metadata.name === rootCaName) add(seen.metadata.namespace!);
      }),
    ],
    async reconcile(namespace) {
      const object = informers.namespaces.get(undefined, namespace);
      if (!object) return;
      const account = informers.serviceAccounts.get(namespace, "default");
      const published = informers.configMaps.get(namespace, rootCaName);
      for (const write of planNamespace(object, account, published, cluster.caPem)) {
        const isAccount = write.object.kind === "ServiceAccount";
        await ignoringRaces(
          write.kind === "update"
            ? client.update(refs.configMaps, write.object)
            : client.create(isAccount ? refs.serviceAccounts : refs.configMaps, write.object),
        );
      }
    },
  });
}

/** Somebody was faster, or the namespace is on its way out: nothing to do. */
async function ignoringRaces(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (failure) {
    if (!isAlreadyExists(failure) && !isNotFound(failure) && !hasReason(failure, "Forbidden")) throw failure;
  }
}
