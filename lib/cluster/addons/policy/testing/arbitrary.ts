import fc from "fast-check";
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "@/lib/cluster/resources/types";
import type { World } from "./world";

type Selector = NonNullable<NetworkPolicyPeer["podSelector"]>;

export const namespaceNames = ["blue", "green", "red"];
export const portNumbers = [80, 81, 443];
const portNames = ["web", "dns"];

const key = fc.constantFrom("app", "tier");
const value = fc.constantFrom("a", "b");

const selector: fc.Arbitrary<Selector> = fc.oneof(
  fc.constant({}),
  fc.record({ matchLabels: fc.dictionary(key, value, { maxKeys: 2 }) }),
  fc.record({
    matchExpressions: fc.array(
      fc.oneof(
        fc.record({
          key,
          operator: fc.constantFrom("In", "NotIn"),
          values: fc.uniqueArray(value, { minLength: 1 }),
        }),
        fc.record({ key, operator: fc.constantFrom("Exists", "DoesNotExist") }),
      ),
      { minLength: 1, maxLength: 2 },
    ),
  }),
);

const namespaceSelector: fc.Arbitrary<Selector> = fc.oneof(
  fc.constant({}),
  fc
    .constantFrom(...namespaceNames)
    .map((name) => ({ matchLabels: { "kubernetes.io/metadata.name": name } })),
  fc.constant<Selector>({ matchExpressions: [{ key: "team", operator: "Exists" }] }),
);

const port: fc.Arbitrary<NetworkPolicyPort> = fc
  .record({
    protocol: fc.constantFrom("TCP", "UDP", "SCTP"),
    port: fc.option(fc.oneof(fc.constantFrom(...portNumbers), fc.constantFrom(...portNames)), {
      nil: undefined,
    }),
    more: fc.option(fc.constantFrom(1, 5), { nil: undefined }),
  })
  .map(({ protocol, port: first, more }) => ({
    protocol,
    ...(first === undefined ? {} : { port: first }),
    ...(typeof first === "number" && more ? { endPort: first + more } : {}),
  }));

/** Blocks that some of `addresses` are in, and holes in these. */
function ipBlock(addresses: string[]): fc.Arbitrary<NetworkPolicyPeer> {
  const at = fc.constantFrom(...addresses);
  return fc
    .record({
      at,
      prefix: fc.constantFrom(0, 1, 8, 16, 24, 31, 32),
      holes: fc.array(fc.record({ at, prefix: fc.constantFrom(1, 8, 16, 24, 30, 32) }), { maxLength: 2 }),
    })
    .map(({ at: address, prefix, holes }) => {
      const cidr = network(address, prefix);
      const except = holes
        .filter((hole) => hole.prefix > prefix && network(hole.at, prefix) === cidr)
        .map((hole) => network(hole.at, hole.prefix));
      return { ipBlock: { cidr, ...(except.length > 0 ? { except } : {}) } };
    });
}

function network(address: string, prefix: number): string {
  const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - prefix);
  const first = Math.floor(value / size) * size;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".")}/${prefix}`;
}

/** Policies that say something of a cluster whose pods and others have these addresses. */
export function policies(addresses: string[], countMax: number): fc.Arbitrary<NetworkPolicy[]> {
  const peer: fc.Arbitrary<NetworkPolicyPeer> = fc.oneof(
    fc.record({ podSelector: selector }),
    fc.record({ namespaceSelector }),
    fc.record({ podSelector: selector, namespaceSelector }),
    ipBlock(addresses),
  );
  const peers = fc.array(peer, { maxLength: 3 });
  const ports = fc.array(port, { maxLength: 3 });
  const spec = fc.record(
    {
      podSelector: selector,
      ingress: fc.array(fc.record({ from: peers, ports }, { requiredKeys: [] }), { maxLength: 2 }),
      egress: fc.array(fc.record({ to: peers, ports }, { requiredKeys: [] }), { maxLength: 2 }),
      policyTypes: fc.constantFrom(["Ingress"], ["Egress"], ["Ingress", "Egress"]),
    },
    { requiredKeys: ["podSelector"] },
  );
  return fc
    .array(fc.record({ namespace: fc.constantFrom(...namespaceNames), spec }), { maxLength: countMax })
    .map((some) =>
      some.map(({ namespace, spec: one }, index) => ({
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: `p${index}`, namespace },
        spec: one,
      })),
    ) as fc.Arbitrary<NetworkPolicy[]>;
}

/** Three namespaces, two of them of a team, with pods on two nodes. */
export const worlds: fc.Arbitrary<World> = fc
  .array(
    fc.record({
      namespace: fc.constantFrom(...namespaceNames),
      node: fc.integer({ min: 0, max: 1 }),
      labels: fc.dictionary(key, value, { maxKeys: 2 }),
      web: fc.constantFrom(...portNumbers),
      hasDns: fc.boolean(),
    }),
    { minLength: 2, maxLength: 6 },
  )
  .map((some) => ({
    namespaces: namespaceNames.map((name) => ({
      name,
      labels: { "kubernetes.io/metadata.name": name, ...(name === "red" ? {} : { team: name }) },
    })),
    nodes: [
      { name: "node0", ip: "172.30.7.10" },
      { name: "node1", ip: "172.30.7.11" },
    ],
    pods: some.map(({ namespace, node, labels, web, hasDns }, index) => ({
      ...{ namespace, name: `pod${index}`, labels, serviceAccount: "default" },
      node: `node${node}`,
      ip: `10.244.${node}.${index + 2}`,
      ports: [
        { name: "web", protocol: "TCP", port: web },
        ...(hasDns ? [{ name: "dns", protocol: "UDP", port: 81 }] : []),
      ],
    })),
    policies: [],
  }))
  .chain((world) =>
    policies([...addressesOf(world), "8.8.8.8"], 4).map((some) => ({ ...world, policies: some })),
  );

export function addressesOf({ pods, nodes }: World): string[] {
  return [...pods, ...nodes].map(({ ip }) => ip);
}
