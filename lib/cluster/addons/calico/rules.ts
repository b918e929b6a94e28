import type { Hooks } from "../policy/plan-load";
import type { Pool } from "./startup";

/** Where the built-in chains of the table filter lead into Felix's; the rest is in policy-rules.ts. */
export const hooks: Hooks[] = [
  { chain: "INPUT", head: ['-m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j cali-INPUT'], tail: [] },
  { chain: "OUTPUT", head: ['-m comment --comment "cali:tVnHkvAo15HuiPy0" -j cali-OUTPUT'], tail: [] },
  {
    chain: "FORWARD",
    head: ['-m comment --comment "cali:wUHhoiAYhphO9Mso" -j cali-FORWARD'],
    tail: [
      '-m comment --comment "cali:S93hcgKJrXEqnTfs" -m comment --comment "Policy explicitly accepted packet." -m mark --mark 0x10000/0x10000 -j ACCEPT',
      '-m comment --comment "cali:mp77cMpurHhyjLrM" -j MARK --set-xmark 0x10000/0x10000',
    ],
  },
];

/** For iptables-restore --noflush; `present` is iptables-save's text. */
export function natRules({ cidr, natOutgoing }: Pool, present: string): string {
  const jump = '-m comment --comment "cali:O3lYWMrLQYEMJtB5" -j cali-POSTROUTING';
  return [
    "*nat",
    ":cali-POSTROUTING - [0:0]",
    ":cali-nat-outgoing - [0:0]",
    ...missing(present, "POSTROUTING", jump),
    '-A cali-POSTROUTING -m comment --comment "cali:Z-c7XtVd2Bq7s_hA" -j cali-nat-outgoing',
    ...(natOutgoing
      ? [
          `-A cali-nat-outgoing -s ${cidr} ! -d ${cidr} -m comment --comment "cali:flqWnvo8yq4ULQLa" -j MASQUERADE --random-fully`,
        ]
      : []),
    "COMMIT",
    "",
  ].join("\n");
}

function missing(present: string, chain: string, rule: string): string[] {
  return present.includes(`-A ${chain} ${rule}`) ? [] : [`-I ${chain} 1 ${rule}`];
}
