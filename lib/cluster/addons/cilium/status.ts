import type { AddonContext } from "../addon";
import type { AgentSession } from "../agents/agent-session";
import { inClusterClient } from "../agents/in-cluster-client";
import { addressOf, ciliumNodes, type CiliumNode } from "./cilium-nodes";
import { buildConfig } from "./config";

const ready = new WeakMap<AddonContext, Set<string>>();

export function markReady(context: AddonContext, node: string): void {
  ready.set(context, (ready.get(context) ?? new Set()).add(node));
}

export function unmarkReady(context: AddonContext, node: string): void {
  ready.get(context)?.delete(node);
}

/** "1.15.6", as the tag of the pod's image says. */
export function version({ identity: { pod } }: AgentSession): string {
  const images = pod?.spec.containers.map(({ image }) => image ?? "") ?? [];
  return images.map((image) => /cilium.*:v([\d.]+)/.exec(image)?.[1]).find(Boolean) ?? "1.15.6";
}

/** `cilium-dbg` in the agent's pod: build-config, status, node list, version. */
export async function ciliumDbg(session: AgentSession, context: AddonContext): Promise<number> {
  const words = session.hello.argv.slice(1).filter((word) => !word.startsWith("-"));
  const command = words.join(" ");
  const client = () => inClusterClient(session, (text) => session.fail(1, `Error: ${text}`));
  if (command === "version") {
    session.printOut(`Client: ${version(session)} go version go1.21.11 linux/amd64`);
    return 0;
  }
  if (command === "build-config") {
    await buildConfig(session, client()).catch((failure: Error) =>
      session.fail(1, `Error: failed to start: ${failure.message}`),
    );
    return 0;
  }
  if (!["status", "node list"].includes(command)) {
    session.print(`Error: "${command}" is not supported in this lab`);
    return 1;
  }
  if (!ready.get(context)?.has(session.node.name)) {
    session.print(
      'Cannot get status/config: Get "http://localhost/v1/healthz": dial unix /var/run/cilium/cilium.sock: connect: no such file or directory\nIs the agent running?',
    );
    return 1;
  }
  if (session.flag("brief")) return (session.printOut("OK"), 0);
  const { items } = await client().list<CiliumNode>(ciliumNodes);
  session.printOut(command === "status" ? statusText(session, context, items) : nodeTable(items));
  return 0;
}

/** cilium/cilium pkg/client FormatStatusResponse. */
function statusText(
  session: AgentSession,
  { informers, cluster }: AddonContext,
  nodes: CiliumNode[],
): string {
  const { name, ip } = session.node;
  const own = nodes.find(({ metadata }) => metadata.name === name);
  const podCidr = own?.spec.ipam?.podCIDRs?.[0] ?? "";
  const pods = informers.pods
    .list()
    .filter(({ spec, status }) => spec.nodeName === name && !spec.hostNetwork && status?.podIP).length;
  const [, minor] = /^v?\d+\.(\d+)/.exec(cluster.version) ?? [];
  const lines: [string, string][] = [
    ["KVStore", "Ok   Disabled"],
    ["Kubernetes", `Ok   1.${minor ?? "34"} (${cluster.version}) [linux/amd64]`],
    ["KubeProxyReplacement", `False   [eth0   ${ip}]`],
    ["Host firewall", "Disabled"],
    ["CNI Chaining", "none"],
    [
      "CNI Config file",
      "successfully wrote CNI configuration file to /host/etc/cni/net.d/05-cilium.conflist",
    ],
    ["Cilium", `Ok   ${version(session)}`],
    ["NodeMonitor", "Disabled"],
    ["Cilium health daemon", "Ok"],
    ["IPAM", `IPv4: ${pods + 1}/254 allocated from ${podCidr},`],
    ["BandwidthManager", "Disabled"],
    ["Host Routing", "Legacy"],
    ["Masquerading", "IPTables [IPv4: Enabled, IPv6: Disabled]"],
    ["Controller Status", "22/22 healthy"],
    ["Hubble", "Disabled"],
    ["Encryption", "Disabled"],
    ["Cluster health", `${nodes.length}/${nodes.length} reachable`],
  ];
  return lines.map(([key, value]) => `${`${key}:`.padEnd(24)} ${value}`).join("\n");
}

function nodeTable(nodes: CiliumNode[]): string {
  const rows = nodes.map((node) => [
    node.metadata.name,
    addressOf(node, "InternalIP") ?? "",
    node.spec.ipam?.podCIDRs?.[0] ?? "",
    "local",
  ]);
  return [["Name", "IPv4 Address", "Endpoint CIDR", "Source"], ...rows]
    .map((row) =>
      row
        .map((cell) => cell.padEnd(16))
        .join("")
        .trimEnd(),
    )
    .join("\n");
}
