/** Cilium's iptables rules of an agent without kube-proxy replacement, for iptables-restore --noflush. */
export function forwardRules(present: string): string {
  const accept = (match: string, text: string) =>
    `-A CILIUM_FORWARD ${match} -m comment --comment "cilium: ${text}" -j ACCEPT`;
  return [
    "*filter",
    ":CILIUM_FORWARD - [0:0]",
    ...feeder(present, "FORWARD", "CILIUM_FORWARD"),
    accept("-o cilium_host", "any->cluster on cilium_host forward accept"),
    accept("-i cilium_host", "cluster->any on cilium_host forward accept (nodeport)"),
    accept("-i lxc+", "cluster->any on lxc+ forward accept"),
    accept("-i cilium_net", "cluster->any on cilium_net forward accept (nodeport)"),
    accept("-o lxc+", "any->cluster on lxc+ forward accept"),
    accept("-o cilium_vxlan", "any->cluster on cilium_vxlan forward accept"),
    "COMMIT",
    "",
  ].join("\n");
}

export function natRules(podCidr: string, router: string, present: string): string {
  const toCluster = (device: string) =>
    `-A CILIUM_POST_nat ! -s ${podCidr} ! -d ${podCidr} -o ${device} -m comment --comment "cilium host->cluster masquerade" -j SNAT --to-source ${router}`;
  return [
    "*nat",
    ":CILIUM_POST_nat - [0:0]",
    ...feeder(present, "POSTROUTING", "CILIUM_POST_nat"),
    `-A CILIUM_POST_nat -s ${podCidr} ! -d ${podCidr} ! -o cilium_+ -m comment --comment "cilium masquerade non-cluster" -j MASQUERADE`,
    toCluster("cilium_host"),
    // Where packets really leave: see Datapath.
    toCluster("cilium_vxlan"),
    "COMMIT",
    "",
  ].join("\n");
}

function feeder(present: string, chain: string, target: string): string[] {
  const rule = `-m comment --comment "cilium-feeder: ${target}" -j ${target}`;
  return present.includes(`-A ${chain} ${rule}`) ? [] : [`-I ${chain} 1 ${rule}`];
}
