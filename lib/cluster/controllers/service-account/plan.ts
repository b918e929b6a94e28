import type { ConfigMap, Namespace, ServiceAccount } from "@/lib/cluster/resources/types";
import { isTerminating } from "../namespace/plan";

export const rootCaName = "kube-root-ca.crt";
const rootCaDescription =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

export type NamespaceWrite =
  | { kind: "create"; object: ServiceAccount | ConfigMap }
  | { kind: "update"; object: ConfigMap };

/**
 * What a namespace lacks: the account `default` and the ConfigMap with the cluster's CA, as it is now (kubernetes 1.34
 * pkg/controller/serviceaccount and pkg/controller/certificates/rootcacertpublisher). One that ends lacks nothing.
 */
export function planNamespace(
  namespace: Namespace,
  account: ServiceAccount | undefined,
  published: ConfigMap | undefined,
  caPem: string,
): NamespaceWrite[] {
  if (isTerminating(namespace)) return [];
  const { name } = namespace.metadata;
  const writes: NamespaceWrite[] = [];
  if (!account)
    writes.push({
      kind: "create",
      object: { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: name } },
    });
  const data = { "ca.crt": caPem };
  const annotations = { "kubernetes.io/description": rootCaDescription };
  if (!published)
    writes.push({
      kind: "create",
      object: {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: rootCaName, namespace: name, annotations },
        data,
      },
    });
  else if (!isPublished(published, caPem))
    writes.push({
      kind: "update",
      object: {
        ...published,
        metadata: {
          ...published.metadata,
          annotations: { ...published.metadata.annotations, ...annotations },
        },
        data,
      },
    });
  return writes;
}

/** Exactly the certificate and nothing beside it. */
function isPublished({ data = {}, metadata }: ConfigMap, caPem: string): boolean {
  return (
    Object.keys(data).length === 1 &&
    data["ca.crt"] === caPem &&
    metadata.annotations?.["kubernetes.io/description"] !== undefined
  );
}
