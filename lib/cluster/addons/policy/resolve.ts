import { selectorOf } from "@/lib/cluster/client/label-selector";
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "@/lib/cluster/resources/types";
import { describePeer, describeSelector } from "./describe";
import type { PolicyPod, PolicyView } from "./view";

/** Addresses that a rule tells apart; what is equal by `key` has the same members. */
export type AddressSet =
  | { kind: "pods"; key: string; about: string; members: string[] }
  /** The members that are marked are not in it, though a wider one is. */
  | { kind: "block"; key: string; about: string; cidr: string; except: string[] }
  /** Members are "address,tcp:80". */
  | { kind: "ports"; key: string; about: string; members: string[] };

/** One way for a connection to be allowed; what is absent does not matter. */
export interface Allowance {
  peer?: AddressSet;
  protocol?: string;
  /** "80" or "80:90". */
  ports?: string[];
  /** Destinations that have a port of a name. */
  named?: AddressSet;
}

export interface ResolvedPolicy {
  namespace: string;
  name: string;
  /** Its podSelector in words, and the pods that it applies to. */
  target: AddressSet;
  pods: PolicyPod[];
  /** Undefined: the policy is not about that direction. Empty: it allows nothing. */
  ingress: Allowance[] | undefined;
  egress: Allowance[] | undefined;
}

/**
 * What each policy says of the cluster as it is now (networking.k8s.io/v1). Sets hold IPv4 addresses of the pods that
 * have one.
 */
export function resolvePolicies(view: PolicyView): ResolvedPolicy[] {
  const labelsOf = new Map(view.namespaces.map(({ metadata }) => [metadata.name, metadata.labels]));
  const byNamespace = groupBy(view.pods, ({ namespace }) => namespace);

  function podsOf(peer: NetworkPolicyPeer, namespace: string): PolicyPod[] {
    const isPod = peer.podSelector ? selectorOf(peer.podSelector) : () => true;
    const isIn = selectorOf(peer.namespaceSelector);
    const names = peer.namespaceSelector
      ? [...byNamespace.keys()].filter((name) => labelsOf.has(name) && isIn(labelsOf.get(name)))
      : [namespace];
    return names.flatMap((name) => byNamespace.get(name) ?? []).filter(({ labels }) => isPod(labels));
  }

  function allowances(
    peers: NetworkPolicyPeer[],
    ports: NetworkPolicyPort[],
    namespace: string,
  ): Allowance[] {
    const groups = portGroups(ports, view.pods);
    if (peers.length === 0) return groups;
    return peers.flatMap((peer) => {
      if (peer.ipBlock?.cidr.includes(":")) return [];
      const set = addressSet(peer, namespace, peer.ipBlock ? [] : podsOf(peer, namespace));
      return groups.map((group) => ({ peer: set, ...group }));
    });
  }

  return view.policies.map((policy) => {
    const { name, namespace = "default" } = policy.metadata;
    const { podSelector = {}, ingress = [], egress = [] } = policy.spec ?? {};
    const isTarget = selectorOf(podSelector);
    const pods = (byNamespace.get(namespace) ?? []).filter(({ labels }) => isTarget(labels));
    const types = typesOf(policy);
    return {
      namespace,
      name,
      target: addressSet({ podSelector }, namespace, pods),
      pods,
      ingress: types.includes("Ingress")
        ? ingress.flatMap(({ from = [], ports = [] }) => allowances(from, ports, namespace))
        : undefined,
      egress: types.includes("Egress")
        ? egress.flatMap(({ to = [], ports = [] }) => allowances(to, ports, namespace))
        : undefined,
    };
  });
}

function typesOf({ spec }: NetworkPolicy): string[] {
  if (spec?.policyTypes?.length) return spec.policyTypes;
  return spec?.egress?.length ? ["Ingress", "Egress"] : ["Ingress"];
}

function addressSet(peer: NetworkPolicyPeer, namespace: string, pods: PolicyPod[]): AddressSet {
  const about = describePeer(peer, namespace);
  if (peer.ipBlock) {
    const { cidr, except = [] } = peer.ipBlock;
    return { kind: "block", key: `block ${cidr} ${except.join(" ")}`, about, cidr, except };
  }
  const { podSelector, namespaceSelector } = peer;
  const where = namespaceSelector ? `namespaces ${describeSelector(namespaceSelector)}` : `in ${namespace}`;
  return {
    kind: "pods",
    key: `pods ${where} ${describeSelector(podSelector)}`,
    about,
    members: unique(pods.flatMap(({ ip }) => ip ?? [])),
  };
}

/** Ports by protocol; each name on its own. Without any, every port of every protocol. */
function portGroups(ports: NetworkPolicyPort[], pods: PolicyPod[]): Omit<Allowance, "peer">[] {
  if (ports.length === 0) return [{}];
  const groups: Omit<Allowance, "peer">[] = [];
  for (const [protocol, some] of groupBy(ports, ({ protocol: one = "TCP" }) => one.toLowerCase())) {
    if (some.some(({ port }) => port === undefined)) {
      groups.push({ protocol });
      continue;
    }
    const numbers = some.flatMap(({ port, endPort }) =>
      typeof port === "number" ? [endPort && endPort > port ? `${port}:${endPort}` : String(port)] : [],
    );
    if (numbers.length > 0) groups.push({ protocol, ports: unique(numbers) });
    for (const name of unique(some.flatMap(({ port }) => (typeof port === "string" ? [port] : []))))
      groups.push({ protocol, named: namedSet(name, protocol, pods) });
  }
  return groups;
}

/** All pods' ports of the name: a rule joins it with its own pods. */
function namedSet(name: string, protocol: string, pods: PolicyPod[]): AddressSet {
  const members = pods.flatMap(({ ip, ports }) =>
    ports.flatMap((one) =>
      ip && one.name === name && one.protocol.toLowerCase() === protocol
        ? [`${ip},${protocol}:${one.port}`]
        : [],
    ),
  );
  return {
    kind: "ports",
    key: `ports ${protocol} ${name}`,
    about: `port: ${name}`,
    members: unique(members),
  };
}

function unique(values: string[]): string[] {
  return [...new Set(values)].sort();
}

function groupBy<T>(items: T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
