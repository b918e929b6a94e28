import type { ClusterClient } from "@/lib/cluster/client/client";
import { isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Pod, Service } from "@/lib/cluster/resources/types";
import { metallbRefs } from "../types";

const labels = {
  node: "metallb.io/node",
  name: "metallb.io/service-name",
  namespace: "metallb.io/service-namespace",
};

/** Says in a ServiceL2Status that this node announces a Service, in place of what other nodes said (0.14). */
export async function writeL2Status(
  client: ClusterClient,
  speaker: Pod,
  service: Service,
  interfaces: string[],
): Promise<void> {
  const { name: podName, namespace, uid } = speaker.metadata;
  const node = speaker.spec.nodeName!;
  await removeL2Statuses(client, namespace!, service.metadata);
  const { name, namespace: serviceNamespace } = service.metadata;
  const made = await client.create<KubeObject>(metallbRefs.l2Statuses, {
    apiVersion: "metallb.io/v1beta1",
    kind: "ServiceL2Status",
    metadata: {
      name: "",
      generateName: "l2-",
      namespace: namespace!,
      labels: { [labels.node]: node, [labels.name]: name, [labels.namespace]: serviceNamespace! },
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: podName, uid: uid! }],
    },
  });
  await client.updateStatus<KubeObject>(metallbRefs.l2Statuses, {
    ...made,
    status: {
      node,
      serviceName: name,
      serviceNamespace,
      ...(interfaces.length > 0 ? { interfaces: interfaces.map((one) => ({ name: one })) } : {}),
    },
  });
}

/** Of a Service; with `node` only what that node said. */
export async function removeL2Statuses(
  client: ClusterClient,
  namespace: string,
  service: { name: string; namespace?: string },
  node?: string,
): Promise<void> {
  const wanted = [`${labels.name}=${service.name}`, `${labels.namespace}=${service.namespace}`];
  if (node) wanted.push(`${labels.node}=${node}`);
  const { items } = await client.list<KubeObject>(metallbRefs.l2Statuses, {
    namespace,
    labelSelector: wanted.join(","),
  });
  for (const { metadata } of items)
    await client.delete(metallbRefs.l2Statuses, namespace, metadata.name).catch((failure: unknown) => {
      if (!isNotFound(failure)) throw failure;
    });
}
