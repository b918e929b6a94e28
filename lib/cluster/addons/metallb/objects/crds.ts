import { customResource } from "@/lib/cluster/addons/crds";
import { list, object, text, type Schema } from "@/lib/cluster/addons/gateway-api/crds/schema";
import type { KubeObject } from "@/lib/cluster/resources/kind";

const group = "metallb.io";
const flag = (description: string, value: boolean): Schema => ({
  type: "boolean",
  description,
  default: value,
});
const names = (description: string) => list(description, { type: "string" }, 1024);

const selectors = (description: string) =>
  list(
    description,
    object("Which labels an object must have; an empty one matches every object.", {
      matchLabels: {
        type: "object",
        description: "Labels with exactly these values.",
        additionalProperties: { type: "string" },
      },
      matchExpressions: list(
        "Requirements that all have to hold.",
        object("One requirement.", {
          "key!": text("The label."),
          "operator!": text("In, NotIn, Exists or DoesNotExist."),
          values: names("What In and NotIn compare with."),
        }),
        1024,
      ),
    }),
    1024,
  );

const poolSpec = object("Addresses that MetalLB may give to Services.", {
  "addresses!": names("Prefixes (192.0.2.0/24) or ranges with both ends (192.0.2.10-192.0.2.20)."),
  autoAssign: flag("Whether Services that name no pool get addresses of this one.", true),
  avoidBuggyIPs: flag("Leaves out addresses that end in .0 and .255.", false),
  serviceAllocation: object("Whom the pool is kept for.", {
    priority: { type: "integer", description: "Among pools that fit, the lowest goes first; 0 is none." },
    namespaces: names("Namespaces by name."),
    namespaceSelectors: selectors("Namespaces by their labels."),
    serviceSelectors: selectors("Services by their labels."),
  }),
});
const count = (description: string): Schema => ({ type: "integer", format: "int64", description });
const poolStatus = object("How far the pool is used.", {
  "assignedIPv4!": count("Given IPv4 addresses."),
  "assignedIPv6!": count("Given IPv6 addresses."),
  "availableIPv4!": count("Free IPv4 addresses."),
  "availableIPv6!": count("Free IPv6 addresses."),
});

const l2Spec = object("Which addresses are announced by ARP, and from where.", {
  ipAddressPools: names("Pools by name. Without these and without selectors: all pools."),
  ipAddressPoolSelectors: selectors("Pools by their labels."),
  nodeSelectors: selectors("Nodes that may announce. Without any: all nodes."),
  interfaces: names("Interfaces to answer on. Without any: all of the node."),
  serviceSelectors: selectors("Services whose addresses are announced. Without any: all."),
});

const column = (name: string, jsonPath: string, type = "string") => ({ name, type, jsonPath });
const withStatus = { subresources: { status: {} } };

function definition(
  kind: string,
  plural: string,
  columns: ReturnType<typeof column>[],
  properties?: Record<string, Schema>,
  version = "v1beta1",
): KubeObject {
  return customResource({ group, version }, kind, plural, "Namespaced", {
    version: { ...withStatus, ...(columns.length > 0 ? { additionalPrinterColumns: columns } : {}) },
    ...(properties ? { properties } : {}),
  });
}

/** MetalLB's kinds (config/crd of 0.15). Those of BGP are open: nobody here acts on them. */
export function metallbCrds(): KubeObject[] {
  return [
    definition("BFDProfile", "bfdprofiles", []),
    definition("BGPAdvertisement", "bgpadvertisements", [
      column("IPAddressPools", ".spec.ipAddressPools"),
      column("IPAddressPool Selectors", ".spec.ipAddressPoolSelectors"),
      column("Peers", ".spec.peers"),
    ]),
    definition(
      "BGPPeer",
      "bgppeers",
      [column("Address", ".spec.peerAddress"), column("ASN", ".spec.peerASN")],
      undefined,
      "v1beta2",
    ),
    definition("Community", "communities", []),
    definition(
      "IPAddressPool",
      "ipaddresspools",
      [
        column("Auto Assign", ".spec.autoAssign", "boolean"),
        column("Avoid Buggy IPs", ".spec.avoidBuggyIPs", "boolean"),
        column("Addresses", ".spec.addresses"),
      ],
      { spec: poolSpec, status: poolStatus },
    ),
    definition(
      "L2Advertisement",
      "l2advertisements",
      [
        column("IPAddressPools", ".spec.ipAddressPools"),
        column("IPAddressPool Selectors", ".spec.ipAddressPoolSelectors"),
        column("Interfaces", ".spec.interfaces"),
      ],
      { spec: l2Spec, status: { type: "object", description: "Empty." } },
    ),
    definition("ServiceL2Status", "servicel2statuses", [
      column("Allocated Node", ".status.node"),
      column("Service Name", ".status.serviceName"),
      column("Service Namespace", ".status.serviceNamespace"),
    ]),
  ];
}
