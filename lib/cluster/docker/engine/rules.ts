import type { NetworkState, PublishedPort } from "./state";

/** One rule of iptables as `-A` has it: its table, its chain and the rest; `first`: where in the chain it is inserted. */
export interface Rule {
  table: "nat" | "filter";
  chain: string;
  match: string[];
  insertAt?: number;
}

/** Chains of the engine's own (moby/moby daemon/libnetwork/drivers/bridge/setup_ip_tables.go, before version 28). */
export const chains: { table: Rule["table"]; chain: string; isUsers?: boolean }[] = [
  { table: "nat", chain: "DOCKER" },
  { table: "filter", chain: "DOCKER" },
  { table: "filter", chain: "DOCKER-ISOLATION-STAGE-1" },
  { table: "filter", chain: "DOCKER-ISOLATION-STAGE-2" },
  // What people put into it stays.
  { table: "filter", chain: "DOCKER-USER", isUsers: true },
];

/** What leads into the chains, whatever networks there are. */
export function engineRules(): Rule[] {
  return [
    { table: "nat", chain: "PREROUTING", match: ["-m", "addrtype", "--dst-type", "LOCAL", "-j", "DOCKER"] },
    {
      table: "nat",
      chain: "OUTPUT",
      match: ["!", "-d", "127.0.0.0/8", "-m", "addrtype", "--dst-type", "LOCAL", "-j", "DOCKER"],
    },
    { table: "filter", chain: "DOCKER-ISOLATION-STAGE-1", match: ["-j", "RETURN"] },
    { table: "filter", chain: "DOCKER-ISOLATION-STAGE-2", match: ["-j", "RETURN"] },
    { table: "filter", chain: "DOCKER-USER", match: ["-j", "RETURN"] },
    { table: "filter", chain: "FORWARD", match: ["-j", "DOCKER-ISOLATION-STAGE-1"], insertAt: 1 },
    { table: "filter", chain: "FORWARD", match: ["-j", "DOCKER-USER"], insertAt: 1 },
  ];
}

/** Of a bridge network: its way out, its way in, and its wall to the others. */
export function networkRules({ device, subnet, internal }: NetworkState): Rule[] {
  const forward = (...match: string[]): Rule => ({ table: "filter", chain: "FORWARD", match, insertAt: 3 });
  const isolation = (...match: string[]): Rule => ({
    table: "filter",
    chain: "DOCKER-ISOLATION-STAGE-1",
    match,
    insertAt: 1,
  });
  // The last that is inserted stands first.
  const within = forward("-i", device, "-o", device, "-j", "ACCEPT");
  if (internal)
    return [
      within,
      isolation("!", "-d", subnet, "-i", device, "-j", "DROP"),
      isolation("!", "-s", subnet, "-o", device, "-j", "DROP"),
    ];
  return [
    {
      table: "nat",
      chain: "POSTROUTING",
      match: ["-s", subnet, "!", "-o", device, "-j", "MASQUERADE"],
      insertAt: 1,
    },
    { table: "nat", chain: "DOCKER", match: ["-i", device, "-j", "RETURN"], insertAt: 1 },
    within,
    forward("-i", device, "!", "-o", device, "-j", "ACCEPT"),
    forward("-o", device, "-j", "DOCKER"),
    forward("-o", device, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"),
    isolation("-i", device, "!", "-o", device, "-j", "DOCKER-ISOLATION-STAGE-2"),
    {
      table: "filter",
      chain: "DOCKER-ISOLATION-STAGE-2",
      match: ["-o", device, "-j", "DROP"],
      insertAt: 1,
    },
  ];
}

/** Of one published port of a container with the address `ip` on a network. */
export function portRules({ device }: NetworkState, ip: string, port: PublishedPort): Rule[] {
  const { hostIp, hostPort, containerPort, protocol } = port;
  const toHost = hostIp === "" || hostIp === "0.0.0.0" ? [] : ["-d", `${hostIp}/32`];
  const proto = ["-p", protocol, "-m", protocol];
  const to = String(containerPort);
  return [
    {
      table: "nat",
      chain: "DOCKER",
      match: [
        ...[...toHost, "!", "-i", device, ...proto, "--dport", String(hostPort)],
        ...["-j", "DNAT", "--to-destination", `${ip}:${to}`],
      ],
    },
    {
      table: "filter",
      chain: "DOCKER",
      match: ["-d", `${ip}/32`, "!", "-i", device, "-o", device, ...proto, "--dport", to, "-j", "ACCEPT"],
    },
    {
      table: "nat",
      chain: "POSTROUTING",
      match: ["-s", `${ip}/32`, "-d", `${ip}/32`, ...proto, "--dport", to, "-j", "MASQUERADE"],
    },
  ];
}

/** A shell script that adds what is not there. All words are ours: addresses, devices, ports. */
export function addScript(rules: Rule[]): string {
  return rules
    .map(({ table, chain, match, insertAt }) => {
      const rest = match.join(" ");
      const run = `iptables -w -t ${table}`;
      const append = `${run} -A ${chain} ${rest}`;
      // Where somebody has emptied the chain, there is no such place.
      const add =
        insertAt === undefined ? append : `${run} -I ${chain} ${insertAt} ${rest} 2>/dev/null || ${append}`;
      return `${run} -C ${chain} ${rest} 2>/dev/null || ${add}`;
    })
    .join("\n");
}

/** A shell script that takes away what is there. */
export function deleteScript(rules: Rule[]): string {
  return rules
    .map(
      ({ table, chain, match }) =>
        `iptables -w -t ${table} -D ${chain} ${match.join(" ")} 2>/dev/null || true`,
    )
    .join("\n");
}

/**
 * Makes the chains, empty but for DOCKER-USER, with the rules, and forwarding with nothing let through but what they let. In one
 * step where there was nothing of the engine before.
 */
export function setUpScript(rules: Rule[]): string {
  const again = [
    ...chains.map(({ table, chain, isUsers }) => {
      const make = `iptables -w -t ${table} -N ${chain} 2>/dev/null`;
      return isUsers ? `${make} || true` : `${make} || iptables -w -t ${table} -F ${chain}`;
    }),
    addScript(rules),
  ];
  return [
    "echo 1 > /proc/sys/net/ipv4/ip_forward",
    "iptables -w -P FORWARD DROP",
    "if iptables -w -S DOCKER-USER >/dev/null 2>&1 || iptables -w -t nat -S DOCKER >/dev/null 2>&1; then",
    ...again,
    `else iptables-restore -w --noflush <<'RULES'\n${restoreText(rules)}\nRULES\nfi`,
  ].join("\n");
}

function restoreText(rules: Rule[]): string {
  return (["nat", "filter"] as const)
    .flatMap((table) => [
      `*${table}`,
      ...chains.filter((one) => one.table === table).map(({ chain }) => `:${chain} - [0:0]`),
      ...rules
        .filter((rule) => rule.table === table)
        .map(({ chain, match, insertAt }) =>
          [insertAt === undefined ? `-A ${chain}` : `-I ${chain} ${insertAt}`, ...match].join(" "),
        ),
      "COMMIT",
    ])
    .join("\n");
}
