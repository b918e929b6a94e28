import type { AddressSet, Allowance, ResolvedPolicy } from "../policy/resolve";
import { comment, PolicyRulesBuilder, type PolicyRules } from "../policy/rule-set";
import type { PolicyPod } from "../policy/view";
import { setNameOf } from "./set-names";

const mark = "0x40000/0x40000";
const bridgePort = "vethwe-bridge";

/**
 * weave-npc's chains of the table filter (weaveworks/weave prog/weave-npc, npc/namespace.go, analyser.go, rule.go): all
 * pods of the cluster by their addresses, in every node the same. Who is in no set, a pod that is not known yet, gets and
 * sends nothing.
 */
export function npcRules(policies: ResolvedPolicy[], pods: PolicyPod[], namespaces: string[]): PolicyRules {
  const builder = new PolicyRulesBuilder(setNameOf);
  const ingressDefault: string[] = [];
  const egressDefault: string[] = [];
  for (const namespace of [...namespaces].sort()) {
    const open = (direction: "ingress" | "egress") => {
      const isolated = new Set(
        policies.filter((one) => one.namespace === namespace && one[direction]).flatMap((one) => one.pods),
      );
      const members = pods.flatMap((pod) =>
        pod.namespace === namespace && pod.ip && !isolated.has(pod) ? [pod.ip] : [],
      );
      return builder.set(defaultSet(namespace, direction, [...new Set(members)].sort()));
    };
    const why = (direction: string) =>
      comment(`DefaultAllow ${direction} isolation for namespace: ${namespace}`);
    ingressDefault.push(`-m set --match-set ${open("ingress")} dst ${why("ingress")} -j ACCEPT`);
    const source = `-m set --match-set ${open("egress")} src ${why("egress")}`;
    egressDefault.push(`${source} -j WEAVE-NPC-EGRESS-ACCEPT`, `${source} -j RETURN`);
  }
  const isNew = "-m state --state NEW";
  const isRefused = `-m mark ! --mark ${mark}`;
  builder.chain("WEAVE-NPC", [
    "-m state --state RELATED,ESTABLISHED -j ACCEPT",
    "-d 224.0.0.0/4 -j ACCEPT",
    `-m physdev --physdev-out ${bridgePort} --physdev-is-bridged -j ACCEPT`,
    `${isNew} -j WEAVE-NPC-DEFAULT`,
    `${isNew} -j WEAVE-NPC-INGRESS`,
  ]);
  builder.chain("WEAVE-NPC-DEFAULT", ingressDefault);
  builder.chain(
    "WEAVE-NPC-INGRESS",
    unique(policies.flatMap((policy) => directionRules(policy, "ingress", builder))).map(
      (rule) => `${rule} -j ACCEPT`,
    ),
  );
  builder.chain("WEAVE-NPC-EGRESS", [
    "-m state --state RELATED,ESTABLISHED -j ACCEPT",
    `-m physdev --physdev-in ${bridgePort} --physdev-is-bridged -j RETURN`,
    "-m addrtype --dst-type LOCAL -j RETURN",
    "-d 224.0.0.0/4 -j RETURN",
    `${isNew} -j WEAVE-NPC-EGRESS-DEFAULT`,
    `${isNew} ${isRefused} -j WEAVE-NPC-EGRESS-CUSTOM`,
    `${isRefused} -j DROP`,
  ]);
  builder.chain("WEAVE-NPC-EGRESS-ACCEPT", [`-j MARK --set-xmark ${mark}`]);
  builder.chain("WEAVE-NPC-EGRESS-DEFAULT", egressDefault);
  builder.chain(
    "WEAVE-NPC-EGRESS-CUSTOM",
    unique(policies.flatMap((policy) => directionRules(policy, "egress", builder))).flatMap((rule) => [
      `${rule} -j WEAVE-NPC-EGRESS-ACCEPT`,
      `${rule} -j RETURN`,
    ]),
  );
  return builder.rules;
}

function directionRules(
  policy: ResolvedPolicy,
  direction: "ingress" | "egress",
  builder: PolicyRulesBuilder,
): string[] {
  return (policy[direction] ?? []).flatMap((allowance) =>
    allowanceRules(policy, allowance, direction, builder),
  );
}

function allowanceRules(
  { target }: ResolvedPolicy,
  { peer, protocol, ports, named }: Allowance,
  direction: "ingress" | "egress",
  builder: PolicyRulesBuilder,
): string[] {
  const match = (set: AddressSet | undefined, side: string) =>
    set ? [`-m set --match-set ${builder.set(set)} ${side}`] : [];
  const [source, destination] = direction === "ingress" ? [peer, target] : [target, peer];
  const about = comment(
    `${source?.about ?? "anywhere"} -> ${destination?.about ?? "anywhere"} (${direction})`,
  );
  return (ports ?? [undefined]).map((port) =>
    [
      ...(protocol ? [`-p ${protocol}`] : []),
      ...match(source, "src"),
      ...match(destination, "dst"),
      ...match(named, "dst,dst"),
      ...(port && protocol ? [`-m ${protocol} --dport ${port}`] : []),
      about,
    ].join(" "),
  );
}

function defaultSet(namespace: string, direction: string, members: string[]): AddressSet {
  return { kind: "pods", key: `${direction}-default-allow:${namespace}`, about: "", members };
}

function unique(rules: string[]): string[] {
  return [...new Set(rules)];
}
