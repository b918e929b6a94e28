/** flannel's iptables rules (pkg/trafficmngr/iptables), for iptables-restore --noflush; `present` is iptables-save's text. */
export function masqueradeRules(network: string, subnet: string, present: string): string {
  const comment = '-m comment --comment "flanneld masq"';
  const jump = `POSTROUTING ${comment} -j FLANNEL-POSTRTG`;
  return restore("nat", "FLANNEL-POSTRTG", present.includes(`-A ${jump}`) ? [] : [`-A ${jump}`], [
    `-m mark --mark 0x4000/0x4000 ${comment} -j RETURN`,
    `-s ${subnet} -d ${network} ${comment} -j RETURN`,
    `-s ${network} -d ${subnet} ${comment} -j RETURN`,
    `! -s ${network} -d ${subnet} ${comment} -j RETURN`,
    `-s ${network} ! -d 224.0.0.0/4 ${comment} -j MASQUERADE --random-fully`,
    `! -s ${network} -d ${network} ${comment} -j MASQUERADE --random-fully`,
  ]);
}

export function forwardRules(network: string, present: string): string {
  const comment = '-m comment --comment "flanneld forward"';
  const jump = `FORWARD ${comment} -j FLANNEL-FWD`;
  return restore("filter", "FLANNEL-FWD", present.includes(`-A ${jump}`) ? [] : [`-A ${jump}`], [
    `-s ${network} ${comment} -j ACCEPT`,
    `-d ${network} ${comment} -j ACCEPT`,
  ]);
}

function restore(table: string, chain: string, jumps: string[], rules: string[]): string {
  return [
    `*${table}`,
    `:${chain} - [0:0]`,
    ...jumps,
    ...rules.map((rule) => `-A ${chain} ${rule}`),
    "COMMIT",
    "",
  ].join("\n");
}
