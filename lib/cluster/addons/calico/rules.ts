import type { Pool } from "./startup";

/** Felix's iptables rules as far as they do not depend on policies, for iptables-restore --noflush. */
export function filterRules(present: string): string {
  const input = '-m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j cali-INPUT';
  const forward = '-m comment --comment "cali:wUHhoiAYhphO9Mso" -j cali-FORWARD';
  return [
    "*filter",
    ":cali-INPUT - [0:0]",
    ":cali-FORWARD - [0:0]",
    ...missing(present, "INPUT", input),
    ...missing(present, "FORWARD", forward),
    '-A cali-FORWARD -i cali+ -m comment --comment "cali:Policy explicitly accepted packet." -j ACCEPT',
    '-A cali-FORWARD -o cali+ -m comment --comment "cali:Policy explicitly accepted packet." -j ACCEPT',
    "COMMIT",
    "",
  ].join("\n");
}

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
