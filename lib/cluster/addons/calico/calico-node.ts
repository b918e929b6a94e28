import { refs } from "@/lib/cluster/client/refs";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { AddonContext } from "../addon";
import type { AgentSession } from "../agents/agent-session";
import { isRemoved } from "../agents/is-removed";
import { watchLoop } from "../agents/watch-loop";
import { parseRange, toAddress } from "../ipv4";
import { claimBlocks, ipamFile } from "./ipam";
import { calicoLine } from "./log";
import { Overlay } from "./overlay";
import { policyKeeper } from "./policy";
import { natRules } from "./rules";
import { ensureDatastore, imageVersion, type Pool } from "./startup";

const startupPid = 9;
const felixPid = 64;

const ready = new WeakMap<AddonContext, Set<string>>();

/** `calico-node` with the flag of one of its parts; without one, or with -felix, the agent itself. */
export async function calicoNode(session: AgentSession, context: AddonContext): Promise<number | void> {
  const flags = session.hello.argv.slice(1);
  const has = (name: string) => flags.includes(`-${name}`) || flags.includes(`--${name}`);
  if (has("v")) return (session.printOut(imageVersion(session)), 0);
  if (["init", "shutdown", "allocate-tunnel-addrs", "monitor-addresses"].some(has)) return 0;
  const isProbe = ["felix-live", "felix-ready", "bird-live", "bird-ready"].some(has);
  if (!isProbe) return runNode(session, context);
  if (ready.get(context)?.has(session.node.name)) return 0;
  session.print(
    `calico/node is not ready: felix is not ready: Get "http://localhost:9099/readiness": dial tcp 127.0.0.1:9099: connect: connection refused`,
  );
  return 1;
}

/**
 * calico/node: felix and bird in one (felix/daemon, confd, bird): blocks of addresses for the node, routes to the blocks
 * of all other nodes, through IPIP, VXLAN or none, as the pool says.
 */
async function runNode(session: AgentSession, context: AddonContext): Promise<void> {
  const { node } = session;
  const isBgp = (session.env.CALICO_NETWORKING_BACKEND ?? "bird") === "bird";
  const version = imageVersion(session);
  const line = (level: "INFO" | "WARNING" | "ERROR", text: string) =>
    calicoLine(level, text, context.clock.now(), startupPid);
  const log = (text: string) => session.announce(line("INFO", text));
  const felix = (text: string) =>
    session.announce(calicoLine("INFO", `felix/${text}`, context.clock.now(), felixPid));
  const die = (text: string) => session.fail(1, line("ERROR", text));
  const { client } = session.identity;
  log("startup/startup.go 446: Early log level set to info");
  log(`startup/utils.go 126: Using NODENAME environment for node name ${node.name}`);
  log(`startup/utils.go 138: Determined node name: ${node.name}`);
  log(`startup/startup.go 95: Starting node ${node.name} with version ${version}`);
  log("startup/startup.go 451: Checking datastore connection");
  if (!client)
    return die(
      "startup/startup.go 146: Failed to initialize client: open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory",
    );
  const datastore = await ensureDatastore(session, context, client).catch((failure: Error) =>
    die(`startup/startup.go 466: failed to query datastore: connection is unauthorized: ${failure.message}`),
  );
  log("startup/startup.go 475: Datastore connection verified");
  log("startup/startup.go 105: Datastore is ready");
  if (isBgp) log("startup/startup.go 504: Initialize BGP data");
  const uplink = await findUplink(session);
  log(
    `startup/autodetection_methods.go 103: Using autodetected IPv4 address on interface ${uplink.name}: ${uplink.cidr}`,
  );
  if (isBgp) log("startup/startup.go 576: No AS number configured on node resource, using global value");
  if (datastore.created) log(`startup/startup.go 760: ${datastore.created}`);
  log(`startup/startup.go 217: Using node name: ${node.name}`);
  const pool = datastore.pools[0];
  if (!pool) return die("startup/startup.go 697: No IPv4 pools configured");
  const overlay = new Overlay(session, pool, uplink);
  await session.writeFile("/var/lib/calico/nodename", node.name);
  await session.writeFile("/var/lib/calico/mtu", String(overlay.mtu));
  const blocks = await syncBlocks(session, context, client, pool);
  const tunnelAddress = toAddress(parseRange(blocks[0]!).first);
  const tunnel = await overlay.make(tunnelAddress);
  await loadNatRules(session, pool);
  const policy = await policyKeeper(session, context);
  await annotate(client, session, {
    "projectcalico.org/IPv4Address": uplink.cidr,
    ...tunnel,
  }).catch((failure: Error) =>
    die(`startup/startup.go 222: Unable to set node resource configuration: ${failure.message}`),
  );
  log("startup/utils.go 190: Setting NetworkUnavailable to false");
  await serve(session, isBgp);
  if (overlay.kind !== "none")
    log(
      `tunnel-ip-allocator/allocateip.go 347: Assigned tunnel address to node IP="${tunnelAddress}" type="${overlay.kind}TunnelAddress"`,
    );
  session.announce("Calico node started successfully");
  felix(`daemon.go 378: Successfully loaded configuration. GITHASH="" version="${version}"`);
  felix("int_dataplane.go 1836: Completed first update to dataplane. secsSinceStart=0.1");
  if (isBgp)
    session.announce(
      "bird: device1: Starting",
      "bird: direct1: Starting",
      "bird: Graceful restart started",
      "bird: Started",
      "bird: device1: State changed to up",
      "bird: direct1: State changed to up",
    );
  await session.node.inspectNow();
  const set = ready.get(context) ?? new Set<string>();
  ready.set(context, set.add(node.name));
  const policies = policy.run();
  const isOver = await watchLoop(
    session,
    context,
    [
      (trigger) => context.informers.nodes.onChange(trigger),
      (trigger) => context.informers.pods.onChange((pod, old) => !pod !== !old && trigger()),
    ],
    async () => {
      await syncBlocks(session, context, client, pool);
      for (const peer of await overlay.sync(client, context)) {
        const mesh = `bird: Mesh_${peer.replaceAll(".", "_")}`;
        if (isBgp) session.print(`${mesh}: State changed to feed`, `${mesh}: State changed to up`);
      }
    },
  );
  await policies;
  set.delete(node.name);
  if (isOver && isRemoved(session, context)) await takeAway(session);
}

/** Enough blocks for the pods that are bound to the node and some more; told to the plugin by a file. */
async function syncBlocks(
  session: AgentSession,
  { informers }: AddonContext,
  client: ClusterClient,
  pool: Pool,
): Promise<string[]> {
  const pods = informers.pods
    .list()
    .filter(({ spec }) => spec.nodeName === session.node.name && !spec.hostNetwork).length;
  const blockAddresses = 2 ** (32 - pool.blockSize);
  const wanted = Math.ceil((pods + Math.min(8, blockAddresses / 2)) / blockAddresses);
  const blocks = await claimBlocks(client, session.node.name, pool, Math.max(1, wanted));
  if (blocks.length === 0)
    return session.fail(1, calicoLine("ERROR", `No free block is left in ${pool.cidr}`, session.clock.now()));
  await session.writeFile("/var/run/calico/ipam.json", ipamFile(blocks));
  return blocks;
}

async function findUplink(session: AgentSession): Promise<{ name: string; address: string; cidr: string }> {
  const routes = await session.must(["ip", "-4", "route", "show", "default"]);
  const name = /^default via \S+ dev (\S+)/m.exec(routes)?.[1];
  const shown = name ? await session.must(["ip", "-4", "-o", "address", "show", "dev", name]) : "";
  const cidr = /inet ([0-9./]+)/.exec(shown)?.[1];
  if (!name || !cidr)
    return session.fail(
      1,
      calicoLine(
        "WARNING",
        "startup/startup.go 525: Couldn't autodetect an IPv4 address. If auto-detecting, choose a different autodetection method. Otherwise provide an explicit address.",
        session.clock.now(),
      ),
    );
  return { name, cidr, address: cidr.split("/")[0]! };
}

async function loadNatRules(session: AgentSession, pool: Pool): Promise<void> {
  const present = await session.must(["iptables", "-w", "-t", "nat", "-S", "POSTROUTING"]);
  await session.must(["iptables-restore", "-w", "--noflush"], natRules(pool, present));
}

async function annotate(
  client: ClusterClient,
  session: AgentSession,
  annotations: Record<string, string | null>,
): Promise<void> {
  const now = new Date(session.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
  const condition = {
    type: "NetworkUnavailable",
    status: "False",
    reason: "CalicoIsUp",
    message: "Calico is running on this node",
    lastTransitionTime: now,
    lastHeartbeatTime: now,
  };
  await client.patch(
    refs.nodes,
    undefined,
    session.node.name,
    "application/strategic-merge-patch+json",
    { metadata: { annotations }, status: { conditions: [condition] } },
    { subresource: "status" },
  );
}

async function serve(session: AgentSession, isBgp: boolean): Promise<void> {
  await session.listen("health", {
    kind: "http",
    address: "127.0.0.1",
    port: 9099,
    routes: ["/liveness", "/readiness"].map((path) => ({ path, code: 204, body: "" })),
  });
  if (isBgp) await session.listen("bgp", { kind: "hold", port: 179 });
}

async function takeAway({ node }: AgentSession): Promise<void> {
  await node.exec([
    "sh",
    "-c",
    "rm -f /etc/cni/net.d/10-calico.conflist /var/lib/calico/nodename; ip route flush proto bird; ip route flush proto 80; ip link delete vxlan.calico 2>/dev/null; ip link delete tunl0 2>/dev/null; exit 0",
  ]);
  await node.inspectNow();
}
