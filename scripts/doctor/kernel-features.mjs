// What the networks of labs ask of the kernel, tried in a namespace of its own as a lab's node would.

/** @typedef {{ modules: string[], what: string, argv: string[], isThere?: (stderr: string) => boolean }} Feature */

const link = (...words) => ["ip", "link", "add", "name", "examctl0", ...words];
const rule = (...words) => ["iptables-legacy", ...words];

/** @type {Feature[]} */
const features = [
  { modules: ["bridge"], what: "bridges", argv: link("type", "bridge") },
  { modules: ["veth"], what: "veth pairs", argv: link("type", "veth", "peer", "name", "examctl1") },
  {
    modules: ["vxlan"],
    what: "VXLAN (Flannel, Calico, Weave Net)",
    argv: link("type", "vxlan", "id", "7", "dstport", "4789"),
  },
  {
    modules: ["iptable_nat", "nf_nat", "xt_MASQUERADE"],
    what: "address translation (Services)",
    argv: rule("-t", "nat", "-A", "POSTROUTING", "-j", "MASQUERADE"),
  },
  {
    modules: ["xt_comment", "xt_statistic", "xt_conntrack", "xt_addrtype", "xt_mark"],
    what: "the matches of kube-proxy's rules",
    argv: rule(
      ...[
        "-A",
        "INPUT",
        "-m",
        "comment",
        "--comment",
        "x",
        "-m",
        "statistic",
        "--mode",
        "random",
        "--probability",
        "0.5",
      ],
      ...[
        "-m",
        "conntrack",
        "--ctstate",
        "NEW",
        "-m",
        "addrtype",
        "--dst-type",
        "LOCAL",
        "-m",
        "mark",
        "--mark",
        "1",
      ],
      ...["-j", "ACCEPT"],
    ),
  },
  {
    modules: ["ip_set", "ip_set_hash_ip", "ip_set_hash_net", "xt_set"],
    what: "sets of addresses (NetworkPolicy)",
    argv: rule("-A", "INPUT", "-m", "set", "--match-set", "examctl", "src", "-j", "ACCEPT"),
    // There is no such set; who says so has looked.
    isThere: (stderr) => /doesn't exist/.test(stderr),
  },
];

const filtering = "/proc/sys/net/bridge/bridge-nf-call-iptables";

/** @param {import("./host.mjs").Host} host @returns {import("./checks.mjs").Finding} */
export function checkKernelFeatures(host) {
  const check = "kernel modules";
  const missing = features.filter((feature) => !isThere(host, feature));
  const all = [
    ...missing,
    ...(host.exists(filtering)
      ? []
      : [{ modules: ["br_netfilter"], what: "rules for what crosses a bridge (Services, NetworkPolicy)" }]),
  ];
  if (all.length === 0)
    return { check, ok: true, sentence: "The kernel has what the networks of labs need." };
  const modules = all.flatMap((one) => one.modules).join(" ");
  return {
    check,
    ok: false,
    sentence: `The kernel does not offer ${all.map(({ what }) => what).join("; ")}.`,
    remedy: `Load the modules: modprobe -a ${modules} (and name them, one a line, in /etc/modules-load.d/examctl.conf for the next start).`,
  };
}

function isThere(host, { argv, isThere: judge }) {
  const { exitCode, stderr } = host.run(["unshare", "--user", "--map-root-user", "--net", ...argv]);
  // Without the program, or without namespaces, other checks have said what to do.
  if (exitCode === 0 || /not found|No such file|not installed|unshare failed/.test(stderr)) return true;
  return judge?.(stderr) ?? false;
}
