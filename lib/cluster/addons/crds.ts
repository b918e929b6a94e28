import type { KubeObject } from "@/lib/cluster/resources/kind";

interface OwnNames {
  shortNames?: string[];
  categories?: string[];
}

/** A CustomResourceDefinition of a component's own group; without schemas of its parts it takes any spec. */
export function customResource(
  { group, version }: { group: string; version: string },
  kind: string,
  plural: string,
  scope: string,
  {
    names = {},
    version: more = {},
    properties,
  }: { names?: OwnNames; version?: Record<string, unknown>; properties?: Record<string, unknown> } = {},
): KubeObject {
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        ...names,
      },
      scope,
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          ...more,
          schema: {
            openAPIV3Schema: { type: "object", properties: properties ?? { spec: open, status: open } },
          },
        },
      ],
    },
  };
}
