import { hookLines, type Hooks } from "../policy/plan-load";

/** Weave Net's iptables rules (net/bridge.go), for iptables-restore --noflush; `present` is iptables-save's text. */
export function masqueradeRules(range: string, present: string): string {
  return [
    "*nat",
    ":WEAVE - [0:0]",
    ...missing(present, ["POSTROUTING -j WEAVE"]),
    `-A WEAVE -s ${range} -d 224.0.0.0/4 -j RETURN`,
    `-A WEAVE ! -s ${range} -d ${range} -j MASQUERADE`,
    `-A WEAVE -s ${range} ! -d ${range} -j MASQUERADE`,
    "COMMIT",
    "",
  ].join("\n");
}

/** What lets packets pass to and from the bridge where no policies are enforced. */
const forwards = [
  "-i weave ! -o weave -j ACCEPT",
  "-o weave -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
];

const early = String.raw`-m comment --comment "NOTE: this must go before \'-j KUBE-FORWARD\'"`;

/** Where packets of pods go to weave-npc's chains; what these let pass by ingress is accepted there. */
export const npcHooks: Hooks[] = [
  { chain: "INPUT", head: ["-i weave -j WEAVE-NPC-EGRESS"], tail: [] },
  {
    chain: "FORWARD",
    head: [
      `-i weave ${early} -j WEAVE-NPC-EGRESS`,
      `-o weave ${early} -j WEAVE-NPC`,
      "-o weave -m state --state NEW -j NFLOG --nflog-group 86",
      "-o weave -j DROP",
      ...forwards,
    ],
    tail: [],
  },
];

/** With `expectsNpc`, nothing gets to pods before weave-npc has said what may. */
export function filterRules(expectsNpc: boolean, present: string): string {
  const hooks = expectsNpc ? npcHooks : [{ chain: "FORWARD", head: [], tail: forwards }];
  const chains = expectsNpc ? ["WEAVE-NPC", "WEAVE-NPC-EGRESS"] : [];
  return [
    "*filter",
    ...chains.filter((name) => !present.includes(`:${name} `)).map((name) => `:${name} - [0:0]`),
    ...hooks.flatMap((one) => hookLines(one, rulesIn(present, one.chain))),
    "COMMIT",
    "",
  ].join("\n");
}

function rulesIn(present: string, chain: string): string[] {
  const start = `-A ${chain} `;
  return present.split("\n").flatMap((line) => (line.startsWith(start) ? [line.slice(start.length)] : []));
}

function missing(present: string, rules: string[]): string[] {
  return rules.filter((rule) => !present.includes(`-A ${rule}`)).map((rule) => `-A ${rule}`);
}
