import type { KubeObject } from "@/lib/cluster/resources/kind";

/** A CustomResourceDefinition of Calico's group that takes any spec. */
export function customResource(kind: string, plural: string, scope: string): KubeObject {
  const group = "crd.projectcalico.org";
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      scope,
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec: open, status: open } } },
        },
      ],
    },
  };
}
