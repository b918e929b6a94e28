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

export function forwardRules(present: string): string {
  return [
    "*filter",
    ...missing(present, [
      "FORWARD -i weave ! -o weave -j ACCEPT",
      "FORWARD -o weave -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    ]),
    "COMMIT",
    "",
  ].join("\n");
}

function missing(present: string, rules: string[]): string[] {
  return rules.filter((rule) => !present.includes(`-A ${rule}`)).map((rule) => `-A ${rule}`);
}
