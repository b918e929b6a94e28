import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "@/lib/cluster/resources/types";
import type { Connection, World } from "./world";

/**
 * What the specification of networking.k8s.io/v1 NetworkPolicy says of one connection, read off the policies as they are
 * written. Knows nothing of sets, chains or nodes' rules; shares no code with what makes these.
 */
export function specAllows(
  world: World,
  connection: Connection,
  options: {
    /** Whether a policy can keep a pod from its own node: the specification says no, Calico asks. */
    isOwnNodeGuarded: boolean;
    /** Whether an ipBlock holds neither pods nor nodes: so Cilium. */
    areBlocksOutside?: boolean;
    /** Whether a range is its first port: so Cilium before 1.16. */
    hasNoRanges?: boolean;
  },
): boolean {
  const source = world.pods.find(({ ip }) => ip === connection.from);
  const target = world.pods.find(({ ip }) => ip === connection.to);
  if (source) {
    const ownNode = world.nodes.find(({ name }) => name === source.node);
    const isToOwnNode = ownNode?.ip === connection.to;
    if ((!isToOwnNode || options.isOwnNodeGuarded) && !passes("Egress")) return false;
  }
  if (!target) return true;
  const isFromOwnNode = world.nodes.some(({ name, ip }) => name === target.node && ip === connection.from);
  return isFromOwnNode || passes("Ingress");

  function passes(type: "Ingress" | "Egress"): boolean {
    const pod = (type === "Ingress" ? target : source)!;
    const applying = world.policies.filter(
      (policy) =>
        policy.metadata.namespace === pod.namespace &&
        typesOf(policy).includes(type) &&
        selects(policy.spec?.podSelector ?? {}, pod.labels ?? {}),
    );
    if (applying.length === 0) return true;
    for (const policy of applying) {
      const rules =
        type === "Ingress"
          ? (policy.spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
          : (policy.spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
      for (const { peers = [], ports = [] } of rules) {
        const other = type === "Ingress" ? connection.from : connection.to;
        const isPeer = peers.length === 0 || peers.some((peer) => isThePeer(peer, other, pod.namespace));
        const isPort = ports.length === 0 || ports.some((port) => isThePort(port));
        if (isPeer && isPort) return true;
      }
    }
    return false;
  }

  function isThePeer(peer: NetworkPolicyPeer, address: string, namespace: string): boolean {
    if (peer.ipBlock) {
      const isInside = [...world.pods, ...world.nodes].some(({ ip }) => ip === address);
      if (options.areBlocksOutside && isInside) return false;
      const { cidr, except = [] } = peer.ipBlock;
      return inside(cidr, address) && !except.some((hole) => inside(hole, address));
    }
    const pod = world.pods.find(({ ip }) => ip === address);
    if (!pod) return false;
    if (peer.namespaceSelector) {
      const home = world.namespaces.find(({ name }) => name === pod.namespace);
      if (!home || !selects(peer.namespaceSelector, home.labels)) return false;
    } else if (pod.namespace !== namespace) return false;
    return !peer.podSelector || selects(peer.podSelector, pod.labels ?? {});
  }

  function isThePort({ protocol = "TCP", port, endPort }: NetworkPolicyPort): boolean {
    if (protocol.toLowerCase() !== connection.protocol) return false;
    if (port === undefined) return true;
    const last = options.hasNoRanges ? undefined : endPort;
    if (typeof port === "number") return connection.port >= port && connection.port <= (last ?? port);
    return (target?.ports ?? []).some(
      (one) =>
        one.name === port &&
        one.protocol.toLowerCase() === connection.protocol &&
        one.port === connection.port,
    );
  }
}

function typesOf({ spec = {} }: NetworkPolicy): string[] {
  if (spec.policyTypes && spec.policyTypes.length > 0) return spec.policyTypes;
  return spec.egress && spec.egress.length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
}

function selects(
  selector: NonNullable<NetworkPolicyPeer["podSelector"]>,
  labels: Record<string, string>,
): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {}))
    if (labels[key] !== value) return false;
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const value = labels[key];
    if (operator === "Exists" && value === undefined) return false;
    if (operator === "DoesNotExist" && value !== undefined) return false;
    if (operator === "In" && (value === undefined || !values.includes(value))) return false;
    if (operator === "NotIn" && value !== undefined && values.includes(value)) return false;
  }
  return true;
}

function inside(cidr: string, address: string): boolean {
  const [network = "", prefix = "32"] = cidr.split("/");
  const bits = (text: string) =>
    text
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
  return bits(network).slice(0, Number(prefix)) === bits(address).slice(0, Number(prefix));
}
