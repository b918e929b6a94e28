import type { KubeObject } from "@/lib/cluster/resources/kind";
import { customResource } from "@/lib/cluster/addons/crds";
import { calicoCrds } from "../objects";
import { operatorGroup } from "./installation";

const kinds: [kind: string, plural: string][] = [
  ["APIServer", "apiservers"],
  ["GatewayAPI", "gatewayapis"],
  ["Goldmane", "goldmanes"],
  ["ImageSet", "imagesets"],
  ["Installation", "installations"],
  ["ManagementClusterConnection", "managementclusterconnections"],
  ["Whisker", "whiskers"],
];

const condition = (type: string, field = "status") => `.status.conditions[?(@.type=='${type}')].${field}`;

/** The definitions that the operator brings itself (-manage-crds), its own and Calico's. */
export function operatorCrds(): KubeObject[] {
  const version = { group: operatorGroup, version: "v1" };
  return [
    ...kinds.map(([kind, plural]) =>
      customResource(version, kind, plural, "Cluster", { version: { subresources: { status: {} } } }),
    ),
    customResource(version, "TigeraStatus", "tigerastatuses", "Cluster", {
      version: {
        subresources: { status: {} },
        additionalPrinterColumns: [
          ["Available", condition("Available"), "Whether what it stands for runs."],
          ["Progressing", condition("Progressing"), "Whether changes are on their way."],
          ["Degraded", condition("Degraded"), "Whether something is wrong with it."],
        ]
          .map(([name, jsonPath, description]) => ({ name, type: "string", jsonPath, description }) as object)
          .concat({ name: "Since", type: "date", jsonPath: condition("Available", "lastTransitionTime") }),
      },
    }),
    ...calicoCrds(),
  ];
}
