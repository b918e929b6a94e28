import { createHash } from "node:crypto";
import { toNumber } from "../ipv4";
import type { Hooks } from "../policy/plan-load";
import type { AddressSet, Allowance, ResolvedPolicy } from "../policy/resolve";
import { PolicyRulesBuilder, type KernelSet, type PolicyRules } from "../policy/rule-set";
import type { PolicyPod } from "../policy/view";

export const chainPrefix = "CILIUM_POLICY";
export const setPrefix = "cilium-";

const comment = '-m comment --comment "cilium: policy"';

/** Before all others, as the real one's programs on the pods' devices are. */
export const policyHooks: Hooks[] = [
  { chain: "INPUT", head: [`-i lxc+ ${comment} -j ${chainPrefix}`], tail: [] },
  { chain: "FORWARD", head: [`${comment} -j ${chainPrefix}`], tail: [] },
];

export interface PolicyOptions {
  node: string;
  /** Addresses of the cluster's nodes, those of cilium_host too. */
  nodeAddresses: string[];
  /** Whether `endPort` is known: since 1.16. Before, a range is its first port. */
  hasRanges: boolean;
}

/**
 * What cilium-agent's eBPF programs enforce of NetworkPolicies, as rules of the table filter. Peers are told by identity and not
 * by address (docs: Layer 3 policies): an ipBlock holds neither pods nor nodes; the pod's own node always gets in, other
 * nodes only where everybody does.
 */
export function ciliumRules(
  policies: ResolvedPolicy[],
  pods: PolicyPod[],
  { node, nodeAddresses, hasRanges }: PolicyOptions,
): PolicyRules {
  const builder = new PolicyRulesBuilder(setNameOf);
  const insiders = [...pods.flatMap(({ ip }) => ip ?? []), ...nodeAddresses].map((ip) => `${ip}/32`).sort();
  const outsiders = (set: AddressSet): AddressSet =>
    set.kind === "block" ? { ...set, except: [...new Set([...set.except, ...insiders])] } : set;

  const rulesOf = ({ peer, protocol, ports, named }: Allowance, side: "src" | "dst"): string[] => {
    const matches = [
      ...(protocol ? [`-p ${protocol}`] : []),
      ...(peer ? [`-m set --match-set ${builder.set(outsiders(peer))} ${side}`] : []),
      ...(named ? [`-m set --match-set ${builder.set(named)} dst,dst`] : []),
    ];
    const destinations = ports?.map(
      (port) => `-m ${protocol} --dport ${hasRanges ? port : port.split(":")[0]}`,
    );
    return (destinations ?? [""]).map((port) => [...matches, port, "-j RETURN"].filter(Boolean).join(" "));
  };

  for (const direction of ["egress", "ingress"] as const) {
    const [flag, side] = direction === "egress" ? (["-s", "dst"] as const) : (["-d", "src"] as const);
    const name = `${chainPrefix}_${direction.toUpperCase()}`;
    const dispatch: string[] = [];
    for (const pod of pods) {
      if (pod.node !== node || !pod.ip) continue;
      const applied = policies.flatMap((policy) =>
        policy.pods.includes(pod) ? (policy[direction] ?? []) : [],
      );
      const isOpen = !policies.some((policy) => policy[direction] && policy.pods.includes(pod));
      if (isOpen) {
        dispatch.push(`${flag} ${pod.ip} -j RETURN`);
        continue;
      }
      const chain = `${chainPrefix}_${direction[0]!.toUpperCase()}_${hex(pod.ip)}`;
      dispatch.push(`${flag} ${pod.ip} -g ${chain}`);
      builder.chain(chain, [...new Set(applied.flatMap((one) => rulesOf(one, side))), "-j DROP"]);
    }
    // Whose address is not known yet is closed where a policy speaks of it.
    const isWaiting = policies.some(
      (policy) => policy[direction] && policy.pods.some((pod) => pod.node === node && !pod.ip),
    );
    builder.chain(name, [...dispatch.sort(), ...(isWaiting ? ["-j DROP"] : [])]);
  }
  builder.chain(chainPrefix, [
    "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
    `-i lxc+ -j ${chainPrefix}_EGRESS`,
    // What kube-proxy masquerades comes from this node.
    "-o lxc+ -m mark --mark 0x4000/0x4000 -j RETURN",
    `-o lxc+ -j ${chainPrefix}_INGRESS`,
  ]);
  return builder.rules;
}

function setNameOf(set: AddressSet): { name: string; type: KernelSet["type"] } {
  const hash = createHash("sha256").update(set.key).digest("hex").slice(0, 20);
  return { name: setPrefix + hash, type: set.kind === "ports" ? "hash:ip,port" : "hash:net" };
}

function hex(ip: string): string {
  return toNumber(ip).toString(16).padStart(8, "0");
}
