import { createHash } from "node:crypto";
import type { Allowance, ResolvedPolicy } from "../policy/resolve";
import { comment, PolicyRulesBuilder, type PolicyRules } from "../policy/rule-set";
import type { PolicyPod } from "../policy/view";
import { dispatchChains } from "./dispatch-rules";
import { interfaceOf, limitedName, setNameOf } from "./names";

const accepted = "0x10000/0x10000";
const cleared = "0x0/0x10000";
const notPassed = "0x0/0x20000";
const marks = "0x0/0xf0000";
/** iptables' multiport takes 15 ports, of which a range is two. */
const multiportMax = 15;

export interface EndpointOptions {
  node: string;
  /** What becomes of packets from pods to the node itself that policies let pass: DefaultEndpointToHostAction. */
  toHost: "ACCEPT" | "DROP" | "RETURN";
}

export type MadeChains = Map<string, { plain: string; hashed: string[] }>;

type Direction = "in" | "out";

/**
 * Felix's chains of the table filter (felix/rules of v3.28: static.go, dispatch.go, endpoints.go, policy.go): two a pod of
 * the node, through which its packets go by its interface's name, and one a policy and direction. A pod has its chains
 * from when it is bound to the node, before its interface is there; what is of no known pod is dropped.
 */
export function policyRules(
  policies: ResolvedPolicy[],
  pods: PolicyPod[],
  { node, toHost }: EndpointOptions,
  /** What was made the last time: chains that are still the same are taken from there. */
  made: MadeChains = new Map(),
): PolicyRules {
  const builder = new PolicyRulesBuilder(setNameOf);
  const chain = (name: string, rules: string[]) => {
    const plain = rules.join("\n");
    const known = made.get(name);
    const hashed = known?.plain === plain ? known.hashed : withHashes(name, rules);
    made.set(name, { plain, hashed });
    builder.chain(name, hashed);
  };
  const own = pods.filter((pod) => pod.node === node).map((pod) => ({ pod, device: interfaceOf(pod) }));
  const byName = [...policies].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const used = new Map<string, Allowance[]>();

  for (const [name, rules] of staticChains(toHost)) chain(name, rules);
  for (const direction of ["in", "out"] as const) {
    for (const [name, rules] of dispatchChains(
      own.map(({ device }) => device),
      direction,
    ))
      chain(name, rules);
    for (const { pod, device } of own) {
      const applied = byName.filter((policy) => allowancesOf(policy, direction) && policy.pods.includes(pod));
      const names = applied.map((policy) => policyChain(policy, direction));
      applied.forEach((policy, index) => used.set(names[index]!, allowancesOf(policy, direction)!));
      const profiles = profilesOf(pod).map((profile) =>
        limitedName(`cali-pr${letterOf(direction)}-`, profile),
      );
      chain(`cali-${direction === "in" ? "tw" : "fw"}-${device}`, endpointRules(direction, names, profiles));
      const [ofNamespace, ofAccount] = profiles;
      chain(ofNamespace!, ["-j MARK --set-xmark 0x10000/0x10000", `-m mark --mark ${accepted} -j RETURN`]);
      chain(ofAccount!, []);
    }
    for (const [name, allowances] of used)
      chain(
        name,
        allowances.flatMap((one) => allowanceRules(one, direction, builder)),
      );
    used.clear();
  }
  for (const name of made.keys()) if (!builder.rules.chains.has(name)) made.delete(name);
  return builder.rules;
}

function staticChains(toHost: string): [string, string[]][] {
  return [
    [
      "cali-FORWARD",
      [
        "-j MARK --set-xmark 0x0/0xe0000",
        `-m mark --mark ${cleared} -j cali-from-hep-forward`,
        "-i cali+ -j cali-from-wl-dispatch",
        "-o cali+ -j cali-to-wl-dispatch",
        "-j cali-to-hep-forward",
        "-j cali-cidr-block",
      ],
    ],
    [
      "cali-INPUT",
      [
        "-i cali+ -g cali-wl-to-host",
        `-m mark --mark ${accepted} -j ACCEPT`,
        `-j MARK --set-xmark ${marks}`,
        "-j cali-from-host-endpoint",
        `${comment("Host endpoint policy accepted packet.")} -m mark --mark ${accepted} -j ACCEPT`,
      ],
    ],
    [
      "cali-OUTPUT",
      [
        `-m mark --mark ${accepted} -j ACCEPT`,
        "-o cali+ -j RETURN",
        `-j MARK --set-xmark ${marks}`,
        "-m conntrack ! --ctstate DNAT -j cali-to-host-endpoint",
        `${comment("Host endpoint policy accepted packet.")} -m mark --mark ${accepted} -j ACCEPT`,
      ],
    ],
    [
      "cali-wl-to-host",
      ["-j cali-from-wl-dispatch", `${comment("Configured DefaultEndpointToHostAction")} -j ${toHost}`],
    ],
    ...[
      "cali-cidr-block",
      "cali-from-hep-forward",
      "cali-from-host-endpoint",
      "cali-to-hep-forward",
      "cali-to-host-endpoint",
    ].map((name): [string, string[]] => [name, []]),
  ];
}

function endpointRules(direction: Direction, policies: string[], profiles: string[]): string[] {
  const returnWhen = (about: string) => `${comment(about)} -m mark --mark ${accepted} -j RETURN`;
  const encapsulated =
    direction === "out"
      ? [
          `-p udp ${comment("Drop VXLAN encapped packets originating in workloads")} -m multiport --dports 4789 -j DROP`,
          `-p ipencap ${comment("Drop IPinIP encapped packets originating in workloads")} -j DROP`,
        ]
      : [];
  return [
    "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-m conntrack --ctstate INVALID -j DROP",
    `-j MARK --set-xmark ${cleared}`,
    ...encapsulated,
    ...(policies.length > 0
      ? [
          `${comment("Start of policies")} -j MARK --set-xmark ${notPassed}`,
          ...policies.flatMap((name) => [
            `-m mark --mark ${notPassed} -j ${name}`,
            returnWhen("Return if policy accepted"),
          ]),
          `${comment("Drop if no policies passed packet")} -m mark --mark ${notPassed} -j DROP`,
        ]
      : []),
    ...profiles.flatMap((name) => [`-j ${name}`, returnWhen("Return if profile accepted")]),
    `${comment("Drop if no profiles matched")} -j DROP`,
  ];
}

function allowanceRules(
  { peer, protocol, ports, named }: Allowance,
  direction: Direction,
  builder: PolicyRulesBuilder,
): string[] {
  const side = direction === "in" ? "src" : "dst";
  const isPlain = peer?.kind === "block" && peer.except.length === 0;
  const before = [
    ...(isPlain ? [`${direction === "in" ? "-s" : "-d"} ${peer.cidr}`] : []),
    ...(protocol ? [`-p ${protocol}`] : []),
  ];
  const after = [
    ...(peer && !isPlain ? [`-m set --match-set ${builder.set(peer)} ${side}`] : []),
    ...(named ? [`-m set --match-set ${builder.set(named)} dst,dst`] : []),
  ];
  const chunks = ports ? chunksOf(ports).map((some) => [`-m multiport --dports ${some.join(",")}`]) : [[]];
  return chunks.flatMap((some) => [
    [...before, ...after, ...some, `-j MARK --set-xmark ${accepted}`].join(" "),
    `-m mark --mark ${accepted} -j RETURN`,
  ]);
}

function chunksOf(ports: string[]): string[][] {
  const chunks: string[][] = [];
  let places = multiportMax;
  for (const port of ports) {
    const needed = port.includes(":") ? 2 : 1;
    if (places + needed > multiportMax) {
      chunks.push([]);
      places = 0;
    }
    chunks.at(-1)!.push(port);
    places += needed;
  }
  return chunks;
}

function allowancesOf(policy: ResolvedPolicy, direction: Direction): Allowance[] | undefined {
  return direction === "in" ? policy.ingress : policy.egress;
}

const letterOf = (direction: Direction) => (direction === "in" ? "i" : "o");
const keyOf = ({ namespace, name }: ResolvedPolicy) => `${namespace}/knp.default.${name}`;
const profilesOf = ({ namespace, serviceAccount }: PolicyPod) => [
  `kns.${namespace}`,
  `ksa.${namespace}.${serviceAccount}`,
];

function policyChain(policy: ResolvedPolicy, direction: Direction): string {
  return limitedName(`cali-p${letterOf(direction)}-`, `default/${keyOf(policy)}`);
}

/** Each rule with the comment by which Felix knows it again, after protocol and addresses, as iptables-save has it. */
function withHashes(chain: string, rules: string[]): string[] {
  let hash = chain;
  return rules.map((rule) => {
    hash = createHash("sha256").update(`${hash}\n${rule}`).digest("base64url").slice(0, 16);
    const match = /^((?:-[sdpio] \S+ )*)(.*)$/.exec(rule)!;
    return `${match[1]}-m comment --comment "cali:${hash}" ${match[2]}`;
  });
}
