import { isNotFound } from "@/lib/cluster/client/status";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { AddonContext } from "../addon";
import type { AgentSession } from "../agents/agent-session";
import { inClusterClient } from "../agents/in-cluster-client";
import { isRemoved } from "../agents/is-removed";
import { watchLoop } from "../agents/watch-loop";
import { addressOf as addressIn, parseRange, toAddress } from "../ipv4";
import { ciliumNodes, onCiliumNodes, writeCiliumNode, type CiliumNode } from "./cilium-nodes";
import { configValue } from "./config";
import { makeDatapath, removeDatapath, syncTunnels, type Own } from "./datapath";
import { ciliumLine } from "./log";
import { policyKeeper } from "./policy";
import { markReady, unmarkReady, version } from "./status";

const socketPath = "/var/run/cilium/cilium.sock";
const pollMs = 200;

/** cilium-agent with VXLAN tunnels, kube-proxy beside it, and addresses from a pool or from Kubernetes (daemon/cmd). */
export async function ciliumAgent(session: AgentSession, context: AddonContext): Promise<void> {
  const { node } = session;
  const log = (text: string, subsys: string, fields: Record<string, string> = {}) =>
    session.announce(ciliumLine("info", text, { ...fields, subsys }));
  const die = (text: string, subsys = "daemon") => session.fail(1, ciliumLine("fatal", text, { subsys }));
  log(`Cilium ${version(session)} go version go1.21.11 linux/amd64`, "daemon");
  const client = inClusterClient(session, (text) =>
    die(`Unable to create k8s client: ${text}`, "k8s-client"),
  );
  log("Establishing connection to apiserver", "k8s-client", { host: `https://${env(session)}` });
  log("Connected to apiserver", "k8s-client");
  await waitForKinds(session, client).catch((failure: Error) =>
    die(`Unable to list CiliumNodes: ${failure.message}`, "k8s"),
  );
  const ip = context.informers.nodes
    .get(undefined, node.name)
    ?.status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
  if (!ip) return die("Unable to get the node's InternalIP");
  const podCidr = await allocate(session, context, client, ip).catch((failure: Error) =>
    die(`Unable to create CiliumNode resource: ${failure.message}`, "nodediscovery"),
  );
  if (!podCidr) return;
  const own: Own = { ip, podCidr, router: addressIn(podCidr, 1) };
  log("Received own node information from API server", "k8s", {
    "ipAddr.ipv4": ip,
    nodeName: node.name,
    v4Prefix: podCidr,
  });
  log("Initializing node addressing", "daemon");
  log(`  Internal-Node IPv4: ${own.router}`, "daemon");
  await writeCiliumNode(client, node.name, (spec) => ({
    ...spec,
    addresses: [
      { type: "InternalIP", ip },
      { type: "CiliumInternalIP", ip: own.router },
    ],
    ipam: { ...spec.ipam, podCIDRs: [podCidr] },
  }));
  log("Setting up BPF datapath", "datapath-loader");
  await makeDatapath(session, own);
  const range = parseRange(podCidr);
  const ipam = {
    subnet: podCidr,
    rangeStart: toAddress(range.first + 2),
    rangeEnd: toAddress(range.first + range.size - 2),
    gateway: own.router,
  };
  await session.run(["rm", "-f", socketPath]);
  await session.listen("api", {
    kind: "http",
    path: socketPath,
    routes: [{ path: "/v1/ipam", body: JSON.stringify({ ranges: [[ipam]] }) }],
  });
  await session.listen("healthz", {
    kind: "http",
    address: "127.0.0.1",
    port: 9879,
    routes: [{ path: "/healthz", body: "ok\n" }],
  });
  log(`Serving cilium API at unix://${socketPath}`, "daemon");
  let nodes: CiliumNode[] = (await client.list<CiliumNode>(ciliumNodes)).items;
  const policy = await policyKeeper(session, context, () => nodes);
  await configureRuntime(session);
  log("Daemon initialization completed", "daemon", { bootstrapTime: "1.2s" });
  markReady(context, node.name);
  await node.inspectNow();
  const seen = new Map<string, string>();
  const knowsNodes = new Set<() => void>();
  const policies = policy.run([
    (trigger) => {
      knowsNodes.add(trigger);
      return () => knowsNodes.delete(trigger);
    },
  ]);
  const isOver = await watchLoop(session, context, [onCiliumNodes(client, context.clock)], async () => {
    nodes = (await client.list<CiliumNode>(ciliumNodes)).items;
    for (const trigger of knowsNodes) trigger();
    await syncTunnels(session, own, nodes, seen);
  });
  await policies;
  unmarkReady(context, node.name);
  if (isOver && isRemoved(session, context)) await removeDatapath(node);
}

const env = ({ env: { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } }: AgentSession) =>
  `${host ?? "10.96.0.1"}:${port ?? "443"}`;

/** The operator makes Cilium's kinds: without it an agent waits. */
async function waitForKinds(session: AgentSession, client: ClusterClient): Promise<void> {
  session.announce(ciliumLine("info", "Waiting until all Cilium CRDs are available", { subsys: "k8s" }));
  for (let round = 0; !session.signal.aborted; round++) {
    try {
      await client.list(ciliumNodes);
      break;
    } catch (failure) {
      if (!isNotFound(failure)) throw failure;
    }
    if (round % 50 === 10)
      session.print(
        ciliumLine(
          "info",
          "Still waiting for Cilium Operator to register the following CRDs: [crd:ciliumnodes.cilium.io]",
          { subsys: "k8s" },
        ),
      );
    await session.clock.sleep(pollMs, session.signal);
  }
  session.announce(
    ciliumLine("info", "All Cilium CRDs have been found and are available", { subsys: "k8s" }),
  );
}

/** The node's pod range: Kubernetes' own, or what the operator takes from its pool. */
async function allocate(
  session: AgentSession,
  { informers }: AddonContext,
  client: ClusterClient,
  ip: string,
): Promise<string | undefined> {
  const { name } = session.node;
  const mode = (await configValue(session, "ipam")) ?? "cluster-pool";
  session.announce(
    ciliumLine("info", "Creating or updating CiliumNode resource", { node: name, subsys: "nodediscovery" }),
  );
  const addresses = [{ type: "InternalIP", ip }];
  const written = await writeCiliumNode(client, name, (spec) => ({
    ...spec,
    addresses: spec.addresses ?? addresses,
  }));
  if (mode === "kubernetes") {
    const podCidr = informers.nodes.get(undefined, name)?.spec?.podCIDR;
    if (!podCidr) throw new Error("required IPv4 PodCIDR not available");
    return podCidr;
  }
  let podCidr = written.spec.ipam?.podCIDRs?.[0];
  if (!podCidr)
    session.print(
      ciliumLine("info", "Waiting for k8s node information", { subsys: "daemon" }),
      ciliumLine("warning", "Waiting for k8s node information", {
        error: "required IPv4 PodCIDR not available",
        subsys: "daemon",
      }),
    );
  while (!podCidr && !session.signal.aborted) {
    await session.clock.sleep(pollMs, session.signal);
    podCidr = (await client.get<CiliumNode>(ciliumNodes, undefined, name)).spec.ipam?.podCIDRs?.[0];
  }
  return podCidr;
}

const conflist = `{
  "cniVersion": "0.3.1",
  "name": "cilium",
  "plugins": [
    {
       "type": "cilium-cni",
       "enable-debug": false,
       "log-file": "/var/run/cilium/cilium-cni.log"
    }
  ]
}
`;

/** Writes the configuration that kubelets' runtime goes by, and puts others aside when it is to be the only one. */
async function configureRuntime(session: AgentSession): Promise<void> {
  const path =
    (await configValue(session, "write-cni-conf-when-ready")) ?? "/host/etc/cni/net.d/05-cilium.conflist";
  if ((await configValue(session, "cni-exclusive")) !== "false")
    await session.run([
      "sh",
      "-c",
      'for file in "$1"/*.conf "$1"/*.conflist "$1"/*.json; do [ ! -e "$file" ] || [ "$file" = "$2" ] || mv "$file" "$file.cilium_bak"; done',
      "sh",
      path.replace(/\/[^/]*$/, ""),
      path,
    ]);
  await session.writeFile(path, conflist);
  session.announce(ciliumLine("info", `Wrote CNI configuration file to ${path}`, { subsys: "cni-config" }));
}
