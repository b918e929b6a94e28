import { refs } from "@/lib/cluster/client/refs";
import { hasReason, isAlreadyExists, isNotFound } from "@/lib/cluster/client/status";
import type { ConfigMap, Namespace } from "@/lib/cluster/resources/types";
import { runLoop, type ControllerContext, type Running } from "../controller";

const rootCaName = "kube-root-ca.crt";
const rootCaDescription =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/**
 * Every active namespace has the account `default` and the ConfigMap kube-root-ca.crt (kubernetes 1.34
 * pkg/controller/serviceaccount and pkg/controller/certificates/rootcacertpublisher).
 */
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
      if (!object || isTerminating(object)) return;
      if (!informers.serviceAccounts.get(namespace, "default"))
        await ignoringRaces(
          client.create(refs.serviceAccounts, {
            apiVersion: "v1",
            kind: "ServiceAccount",
            metadata: { name: "default", namespace },
          }),
        );
      const published = informers.configMaps.get(namespace, rootCaName);
      const wanted: ConfigMap = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
          name: rootCaName,
          namespace,
          annotations: { "kubernetes.io/description": rootCaDescription },
        },
        data: { "ca.crt": cluster.caPem },
      };
      if (!published) await ignoringRaces(client.create(refs.configMaps, wanted));
      else if (published.data?.["ca.crt"] !== cluster.caPem)
        await ignoringRaces(client.update(refs.configMaps, { ...published, data: wanted.data } as ConfigMap));
    },
  });
}

export function isTerminating(namespace: Namespace): boolean {
  return namespace.metadata.deletionTimestamp !== undefined || namespace.status?.phase === "Terminating";
}

/** Somebody was faster, or the namespace is on its way out: nothing to do. */
async function ignoringRaces(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (failure) {
    if (!isAlreadyExists(failure) && !isNotFound(failure) && !hasReason(failure, "Forbidden")) throw failure;
  }
}
