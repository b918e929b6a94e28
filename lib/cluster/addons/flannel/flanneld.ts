import { refs } from "@/lib/cluster/client/refs";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { Node } from "@/lib/cluster/resources/types";
import type { AddonContext } from "../addon";
import { AgentFileError, type AgentSession } from "../agents/agent-session";
import { inClusterClient } from "../agents/in-cluster-client";
import { isRemoved } from "../agents/is-removed";
import { klogLine } from "../agents/klog";
import { watchLoop } from "../agents/watch-loop";
import { contains, parseRange, toAddress } from "../ipv4";
import { forwardRules, masqueradeRules } from "./rules";
import { parseNetworkConfig, type NetworkConfig } from "./network-config";
import { annotationOf, Peers } from "./peers";

const configPath = "/etc/kube-flannel/net-conf.json";
const subnetPath = "/run/flannel/subnet.env";
const mtu = 1450;

interface Uplink {
  name: string;
  address: string;
}

/**
 * flanneld with the Kubernetes subnet manager and the vxlan or host-gw backend (flannel-io/flannel main.go,
 * pkg/subnet/kube, pkg/backend/vxlan).
 */
export async function flanneld(session: AgentSession, context: AddonContext): Promise<number | void> {
  const log = (severity: "I" | "W" | "E", where: string, text: string) =>
    session.announce(klogLine(severity, where, text, context.clock.now()));
  const die = (where: string, text: string) =>
    session.fail(1, klogLine("E", where, text, context.clock.now()));
  log(
    "I",
    "main.go:215",
    `CLI flags config: {ipMasq:${session.flag("ip-masq") ?? "false"} ifaceRegex:[] subnetFile:${subnetPath} kubeSubnetMgr:${session.flag("kube-subnet-mgr") ?? "false"} netConfPath:${configPath} healthzPort:${session.flag("healthz-port") ?? 0}}`,
  );
  log(
    "W",
    "client_config.go:659",
    "Neither --kubeconfig nor --master was specified.  Using the inClusterConfig.  This might not work.",
  );
  const client = inClusterClient(session, (text) =>
    die("main.go:232", `Failed to create SubnetManager: ${text}`),
  );
  const config = await readConfig(session).catch((failure: Error) =>
    die("main.go:232", `Failed to create SubnetManager: ${failure.message}`),
  );
  log("I", "kube.go:139", "Waiting 10m0s for node controller to sync");
  log("I", "kube.go:537", "Starting kube subnet manager");
  await client
    .list(refs.nodes)
    .catch((failure: Error) =>
      die(
        "reflector.go:204",
        `"Failed to watch" err="failed to list *v1.Node: ${failure.message}" type="*v1.Node"`,
      ),
    );
  log("I", "kube.go:163", "Node controller sync successful");
  log("I", "main.go:241", `Created subnet manager: Kubernetes Subnet Manager - ${session.node.name}`);
  log("I", "main.go:244", "Installing signal handlers");
  log("I", "main.go:523", `Found network config - Backend type: ${config.Backend.Type}`);
  if (config.Backend.Type !== "vxlan" && config.Backend.Type !== "host-gw")
    die("main.go:278", `Error fetching backend: unknown backend type: ${config.Backend.Type}`);
  const uplink = await findUplink(session, session.flag("iface"));
  if (!uplink)
    return die(
      "main.go:265",
      "Failed to find any valid interface to use: failed to get default interface: unable to find default route",
    );
  log("I", "match.go:211", "Determining IP address of default interface");
  log("I", "match.go:264", `Using interface with name ${uplink.name} and address ${uplink.address}`);
  log("I", "match.go:286", `Defaulting external address to interface address (${uplink.address})`);
  const subnet = leaseOf(context, session, config, (text) =>
    die("main.go:333", `Error registering network: failed to acquire lease: ${text}`),
  );
  const isVxlan = config.Backend.Type === "vxlan";
  if (isVxlan)
    log(
      "I",
      "vxlan.go:141",
      `VXLAN config: VNI=${config.Backend.VNI} Port=${config.Backend.Port} GBP=false Learning=false DirectRouting=false`,
    );
  const vtepMac = isVxlan ? await makeVxlan(session, config, uplink, subnet) : "";
  await register(client, session, uplink, config, vtepMac).catch((failure: Error) =>
    die("main.go:333", `Error registering network: failed to acquire lease: ${failure.message}`),
  );
  if (session.flag("ip-masq") === "true") {
    log("I", "iptables.go:51", "Starting flannel in iptables mode...");
    await session.must(
      ["iptables-restore", "--noflush"],
      masqueradeRules(config.Network, subnet, await session.must(["iptables-save", "-t", "nat"])),
    );
  }
  log("I", "main.go:374", "Changing default FORWARD chain policy to ACCEPT");
  await session.must(
    ["iptables-restore", "--noflush"],
    forwardRules(config.Network, await session.must(["iptables-save", "-t", "filter"])),
  );
  const [first = "", prefix] = subnet.split("/");
  await session.writeFile(
    subnetPath,
    [
      `FLANNEL_NETWORK=${config.Network}`,
      `FLANNEL_SUBNET=${toAddress(parseRange(`${first}/${prefix}`).first + 1)}/${prefix}`,
      `FLANNEL_MTU=${isVxlan ? mtu : 1500}`,
      `FLANNEL_IPMASQ=${session.flag("ip-masq") ?? "false"}`,
      "",
    ].join("\n"),
  );
  log("I", "main.go:402", `Wrote subnet file to ${subnetPath}`);
  log("I", "main.go:406", "Running backend.");
  await serveHealth(session);
  await session.node.inspectNow();
  log("I", "vxlan_network.go:65", "watching for new subnet leases");
  const peers = new Peers(session, context.clock, isVxlan ? `flannel.${config.Backend.VNI}` : undefined);
  const isOver = await watchLoop(
    session,
    context,
    [(trigger) => context.informers.nodes.onChange(trigger)],
    () => peers.sync(context.informers.nodes.list()),
  );
  if (isOver && isRemoved(session, context)) await takeAway(session);
}

async function readConfig(session: AgentSession): Promise<NetworkConfig> {
  const path = session.flag("net-config-path") ?? configPath;
  const text = await session.readFile(path).catch((failure: unknown) => {
    if (failure instanceof AgentFileError)
      throw new Error(`failed to read net conf: ${failure.message}`, { cause: failure });
    throw failure;
  });
  return parseNetworkConfig(text);
}

/** The interface of the default route, or the one that a flag names. */
async function findUplink(session: AgentSession, wanted: string | undefined): Promise<Uplink | undefined> {
  const name =
    wanted ??
    /^default via \S+ dev (\S+)/m.exec(await session.must(["ip", "-4", "route", "show", "default"]))?.[1];
  if (!name) return undefined;
  const { stdout } = await session.run(["ip", "-4", "-o", "address", "show", "dev", name]);
  const address = /inet ([0-9.]+)/.exec(stdout)?.[1];
  return address ? { name, address } : undefined;
}

/** The node's pod range, which must lie in flannel's network. */
function leaseOf(
  { informers }: AddonContext,
  session: AgentSession,
  { Network }: NetworkConfig,
  refuse: (text: string) => never,
): string {
  const { name } = session.node;
  const subnet = informers.nodes.get(undefined, name)?.spec?.podCIDR;
  if (!subnet) return refuse(`node "${name}" pod cidr not assigned`);
  if (!contains(Network, subnet))
    return refuse(
      `subnet "${Network}" specified in the flannel net config doesn't contain "${subnet}" PodCIDR of the "${name}" node.`,
    );
  return subnet;
}

async function makeVxlan(
  session: AgentSession,
  { Backend: { VNI, Port } }: NetworkConfig,
  uplink: Uplink,
  subnet: string,
): Promise<string> {
  const device = `flannel.${VNI}`;
  const describe = () => session.run(["ip", "-d", "-o", "link", "show", "dev", device]);
  const wanted = `vxlan id ${VNI} local ${uplink.address} dev ${uplink.name}`;
  let shown = await describe();
  if (shown.exitCode === 0 && !shown.stdout.includes(wanted))
    await session.must(["ip", "link", "delete", device]);
  if (shown.exitCode !== 0 || !shown.stdout.includes(wanted))
    await session.must(
      ["ip", "-batch", "-"],
      `link add ${device} mtu ${mtu} type ${wanted} dstport ${Port || 8472} nolearning\n`,
    );
  await session.must(
    ["ip", "-batch", "-"],
    `address replace ${toAddress(parseRange(subnet).first)}/32 dev ${device}\nlink set ${device} up\n`,
  );
  shown = await describe();
  return /link\/ether (\S+)/.exec(shown.stdout)?.[1] ?? "";
}

/** What other flannelds read of this node, and that its network is there. */
async function register(
  client: ClusterClient,
  session: AgentSession,
  uplink: Uplink,
  { Backend }: NetworkConfig,
  vtepMac: string,
): Promise<void> {
  const now = new Date(session.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
  await client.patch<Node>(
    refs.nodes,
    undefined,
    session.node.name,
    "application/strategic-merge-patch+json",
    {
      metadata: {
        annotations: {
          [annotationOf("backend-data")]: vtepMac
            ? JSON.stringify({ VNI: Backend.VNI, VtepMAC: vtepMac })
            : "null",
          [annotationOf("backend-type")]: Backend.Type,
          [annotationOf("kube-subnet-manager")]: "true",
          [annotationOf("public-ip")]: uplink.address,
        },
      },
      status: {
        conditions: [
          {
            type: "NetworkUnavailable",
            status: "False",
            reason: "FlannelIsUp",
            message: "Flannel is running on this node",
            lastTransitionTime: now,
            lastHeartbeatTime: now,
          },
        ],
      },
    },
    { subresource: "status" },
  );
}

async function serveHealth(session: AgentSession): Promise<void> {
  const port = Number(session.flag("healthz-port") ?? 0);
  if (!port) return;
  const routes = ["/healthz", "/readyz"].map((path) => ({ path, body: "flanneld is running\n" }));
  await session.listen("healthz", {
    kind: "http",
    address: session.flag("healthz-ip") ?? "0.0.0.0",
    port,
    routes,
  });
}

/** Nothing else removes it: a network whose DaemonSet is deleted is gone from the node. */
async function takeAway({ node }: AgentSession): Promise<void> {
  await node.exec([
    "sh",
    "-c",
    "rm -f /etc/cni/net.d/10-flannel.conflist /run/flannel/subnet.env; ip link delete flannel.1 2>/dev/null; exit 0",
  ]);
  await node.inspectNow();
}
