import { chains } from "./chains";
import { clusterEndpoints, localEndpoints, type ProxyEndpoint, type ServicePortInfo } from "./service-ports";

export interface RuleOptions {
  nodeName: string;
  /** Traffic from here is the cluster's own; undefined when the configuration does not say. */
  podCidr: string | undefined;
  masqueradeAll?: boolean;
  /** Whether node ports answer on 127.0.0.1. */
  localhostNodePorts?: boolean;
  /** Per-service chains that the node has already; those that are no longer used are removed. */
  present: Iterable<string>;
  /** Rules of iptables-save that jump from built-in chains; what is missing of ours is added. */
  presentJumps: ReadonlySet<string>;
}

export interface RuleSet {
  /** For iptables-restore --noflush. */
  text: string;
  /** Per-service chains of this rule set. */
  chains: Set<string>;
}

const masqueradeMark = "0x4000";

/** Jumps into our chains: table, built-in chain, rule as iptables-save prints it. */
export const jumps: { table: "nat" | "filter"; chain: string; rule: string }[] = [
  jump("nat", "PREROUTING", '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES'),
  jump("nat", "OUTPUT", '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES'),
  jump("nat", "POSTROUTING", '-m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING'),
  ...["INPUT", "FORWARD", "OUTPUT"].map((chain) =>
    jump(
      "filter",
      chain,
      '-m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    ),
  ),
  jump("filter", "INPUT", '-m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS'),
  ...["INPUT", "FORWARD"].map((chain) =>
    jump(
      "filter",
      chain,
      '-m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES',
    ),
  ),
  jump("filter", "FORWARD", '-m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD'),
  ...["FORWARD", "OUTPUT"].map((chain) =>
    jump(
      "filter",
      chain,
      '-m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    ),
  ),
  // Of the kubelet's chain, which the proxy keeps as well.
  ...["INPUT", "OUTPUT"].map((chain) => jump("filter", chain, "-j KUBE-FIREWALL")),
];

function jump(table: "nat" | "filter", chain: string, rule: string) {
  return { table, chain, rule };
}

/** The key under which `presentJumps` holds a jump. */
export function jumpKey(table: string, chain: string, rule: string): string {
  return `${table} ${chain} ${rule}`;
}

/**
 * One node's rules for all Services, as kubernetes 1.34 pkg/proxy/iptables/proxier.go writes them (syncProxyRules):
 * its chains, comments and order. Without nfacct, which a node in a user namespace does not have.
 */
export function proxyRules(ports: ServicePortInfo[], options: RuleOptions): RuleSet {
  const nat: string[] = [];
  const services: string[] = [];
  const nodePorts: string[] = [];
  const filterServices: string[] = [];
  const filterExternal: string[] = [];
  const filterFirewall: string[] = [];
  const healthPorts = new Map<string, number>();
  const used = new Set<string>();
  const declared: string[] = [];
  const declare = (chain: string) => {
    if (!used.has(chain)) declared.push(chain);
    used.add(chain);
    return chain;
  };

  for (const info of ports) {
    const { name, protocol } = info;
    const endpoints = clusterEndpoints(info);
    const local = localEndpoints(info, options.nodeName);
    const internal = info.internalLocal ? local : endpoints;
    const match = (ip: string, port: number, comment: string) =>
      `-m comment --comment "${name} ${comment}" -m ${protocol} -p ${protocol} -d ${ip}/32 --dport ${port}`;
    const svc = chains.service(name, protocol);
    const svl = chains.local(name, protocol);
    const ext = chains.external(name, protocol);
    const internalChain = info.internalLocal ? svl : svc;
    const firewall = chains.firewall(name, protocol);
    const hasFirewall = info.loadBalancerIps.length > 0 && info.sourceRanges.length > 0;
    if (info.healthCheckNodePort) healthPorts.set(info.service, info.healthCheckNodePort);
    const isExternal =
      info.nodePort !== undefined || info.externalIps.length + info.loadBalancerIps.length > 0;
    const needsCluster = !info.internalLocal || isExternal;
    const needsLocal = local.length > 0 && (info.internalLocal || (isExternal && info.externalLocal));
    const reachable = union(needsCluster ? endpoints : [], needsLocal ? local : []);

    if (internal.length > 0) {
      services.push(`-A KUBE-SERVICES ${match(info.clusterIp, info.port, "cluster IP")} -j ${internalChain}`);
    } else {
      const why = endpoints.length > 0 ? "has no local endpoints" : "has no endpoints";
      filterServices.push(
        `-A KUBE-SERVICES ${match(info.clusterIp, info.port, why)} -j ${endpoints.length > 0 ? "DROP" : "REJECT"}`,
      );
    }
    const externalTargets = info.externalLocal ? local : endpoints;
    const externalMatches = [
      ...info.externalIps.map((ip) => ({ ip, comment: "external IP", target: ext })),
      ...info.loadBalancerIps.map((ip) => ({
        ip,
        comment: "loadbalancer IP",
        target: hasFirewall ? firewall : ext,
      })),
    ];
    if (isExternal && reachable.length > 0) {
      for (const { ip, comment, target } of externalMatches)
        services.push(`-A KUBE-SERVICES ${match(ip, info.port, comment)} -j ${target}`);
      for (const ip of hasFirewall ? info.loadBalancerIps : [])
        filterFirewall.push(
          `-A KUBE-PROXY-FIREWALL ${match(ip, info.port, `traffic not accepted by ${firewall}`)} -j DROP`,
        );
      if (info.nodePort)
        nodePorts.push(
          `-A KUBE-NODEPORTS -m comment --comment "${name}" -m ${protocol} -p ${protocol} --dport ${info.nodePort} -j ${ext}`,
        );
    }
    if (isExternal && externalTargets.length === 0) {
      const why = endpoints.length > 0 ? "has no local endpoints" : "has no endpoints";
      const verdict = endpoints.length > 0 ? "DROP" : "REJECT";
      for (const { ip } of externalMatches)
        filterExternal.push(`-A KUBE-EXTERNAL-SERVICES ${match(ip, info.port, why)} -j ${verdict}`);
      if (info.nodePort)
        filterExternal.push(
          `-A KUBE-EXTERNAL-SERVICES -m comment --comment "${name} ${why}" -m addrtype --dst-type LOCAL -m ${protocol} -p ${protocol} --dport ${info.nodePort} -j ${verdict}`,
        );
    }
    if (reachable.length === 0) continue;

    if (hasFirewall) {
      declare(firewall);
      nat.push(
        ...info.sourceRanges.map(
          (range) => `-A ${firewall} -m comment --comment "${name} loadbalancer IP" -s ${range} -j ${ext}`,
        ),
        `-A ${firewall} -m comment --comment "other traffic to ${name} will be dropped by KUBE-PROXY-FIREWALL"`,
      );
    }
    if (isExternal) {
      declare(ext);
      if (info.externalLocal) {
        const about = `${name} external destinations`;
        if (options.podCidr)
          nat.push(
            `-A ${ext} -s ${options.podCidr} -m comment --comment "pod traffic for ${about}" -j ${svc}`,
          );
        nat.push(
          `-A ${ext} -m comment --comment "masquerade LOCAL traffic for ${about}" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
          `-A ${ext} -m comment --comment "route LOCAL traffic for ${about}" -m addrtype --src-type LOCAL -j ${svc}`,
        );
        if (local.length > 0) nat.push(`-A ${ext} -j ${svl}`);
      } else {
        nat.push(
          `-A ${ext} -m comment --comment "masquerade traffic for ${name} external destinations" -j KUBE-MARK-MASQ`,
          `-A ${ext} -j ${svc}`,
        );
      }
    }
    const masqueraded = (chain: string) => {
      const from = options.masqueradeAll ? "" : options.podCidr && ` ! -s ${options.podCidr}`;
      const rule = `-A ${chain} ${match(info.clusterIp, info.port, "cluster IP")}${from} -j KUBE-MARK-MASQ`;
      return from === undefined ? [] : [rule];
    };
    if (needsCluster) {
      declare(svc);
      if (!info.internalLocal) nat.push(...masqueraded(svc));
      nat.push(...balance(svc, info, endpoints));
    }
    if (needsLocal) {
      declare(svl);
      if (info.internalLocal) nat.push(...masqueraded(svl));
      nat.push(...balance(svl, info, local));
    }
    for (const endpoint of reachable) {
      const sep = declare(endpointChain(info, endpoint));
      const comment = `-m comment --comment "${name}"`;
      const affinity = info.affinitySeconds ? ` -m recent --name ${sep} --set` : "";
      nat.push(
        `-A ${sep} ${comment} -s ${endpoint.ip}/32 -j KUBE-MARK-MASQ`,
        `-A ${sep} ${comment}${affinity} -m ${protocol} -p ${protocol} -j DNAT --to-destination ${endpoint.ip}:${endpoint.port}`,
      );
    }
  }
  services.push(
    `-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL${options.localhostNodePorts === false ? " ! -d 127.0.0.0/8" : ""} -j KUBE-NODEPORTS`,
  );

  const stale = [...options.present].filter((chain) => !used.has(chain));
  const missing = (table: "nat" | "filter") =>
    jumps
      .filter((one) => one.table === table && !options.presentJumps.has(jumpKey(table, one.chain, one.rule)))
      // Inserted one after another at the head, so the last one stands first.
      .reverse()
      .map(({ chain, rule }) => `-I ${chain} 1 ${rule}`);
  const text = [
    "*filter",
    ...declarations([
      "KUBE-EXTERNAL-SERVICES",
      "KUBE-FIREWALL",
      "KUBE-FORWARD",
      "KUBE-NODEPORTS",
      "KUBE-PROXY-CANARY",
      "KUBE-PROXY-FIREWALL",
      "KUBE-SERVICES",
    ]),
    ...missing("filter"),
    ...filterServices,
    ...filterExternal,
    ...filterFirewall,
    ...[...healthPorts].map(
      ([service, port]) =>
        `-A KUBE-NODEPORTS -m comment --comment "${service} health check node port" -m tcp -p tcp --dport ${port} -j ACCEPT`,
    ),
    '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
    "-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP",
    `-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark ${masqueradeMark}/${masqueradeMark} -j ACCEPT`,
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    "COMMIT",
    "*nat",
    ...declarations([
      "KUBE-MARK-MASQ",
      "KUBE-NODEPORTS",
      "KUBE-POSTROUTING",
      "KUBE-PROXY-CANARY",
      "KUBE-SERVICES",
    ]),
    ...declarations(declared),
    ...declarations(stale),
    ...missing("nat"),
    `-A KUBE-POSTROUTING -m mark ! --mark ${masqueradeMark}/${masqueradeMark} -j RETURN`,
    `-A KUBE-POSTROUTING -j MARK --xor-mark ${masqueradeMark}`,
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
    `-A KUBE-MARK-MASQ -j MARK --or-mark ${masqueradeMark}`,
    ...nodePorts,
    ...services,
    ...nat,
    ...stale.map((chain) => `-X ${chain}`),
    "COMMIT",
    "",
  ].join("\n");
  return { text, chains: used };
}

function declarations(names: string[]): string[] {
  return names.map((name) => `:${name} - [0:0]`);
}

function union(some: ProxyEndpoint[], others: ProxyEndpoint[]): ProxyEndpoint[] {
  const byAddress = new Map([...some, ...others].map((one) => [`${one.ip}:${one.port}`, one]));
  return [...byAddress.values()];
}

function endpointChain(info: ServicePortInfo, { ip, port }: ProxyEndpoint): string {
  return chains.endpoint(info.name, info.protocol, `${ip}:${port}`);
}

/** Rules that choose an endpoint: the client's last one first where there is affinity, then each with equal chance. */
function balance(chain: string, info: ServicePortInfo, endpoints: ProxyEndpoint[]): string[] {
  const comment = ({ ip, port }: ProxyEndpoint) => `-m comment --comment "${info.name} -> ${ip}:${port}"`;
  const sticky = info.affinitySeconds
    ? endpoints.map((endpoint) => {
        const sep = endpointChain(info, endpoint);
        return `-A ${chain} ${comment(endpoint)} -m recent --name ${sep} --rcheck --seconds ${info.affinitySeconds} --reap -j ${sep}`;
      })
    : [];
  const random = endpoints.map((endpoint, index) => {
    const left = endpoints.length - index;
    const chance = left > 1 ? ` -m statistic --mode random --probability ${(1 / left).toFixed(10)}` : "";
    return `-A ${chain} ${comment(endpoint)}${chance} -j ${endpointChain(info, endpoint)}`;
  });
  return [...sticky, ...random];
}
