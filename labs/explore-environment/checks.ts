import { check, defineChecks, type CheckContext, type Link } from "examctl/checks";

const master = "controlplane";
const worker = "node01";

export default defineChecks({
  "node-count": check(async (t) => {
    const nodes = await t.cluster.list("Node");
    t.expectAnswer("integer", nodes.length);
  }),

  "controlplane-ip": check(async (t) => {
    t.expectAnswer("ip", await internalIp(t, master));
  }),

  "controlplane-interface": check(async (t) => {
    t.expectAnswer("string", (await uplink(t, master)).ifname);
  }),

  "controlplane-mac": check(async (t) => {
    t.expectAnswer("mac", macOf(await uplink(t, master)));
  }),

  "worker-ip": check(async (t) => {
    t.expectAnswer("ip", await internalIp(t, worker));
  }),

  "worker-mac": check(async (t) => {
    t.expectAnswer("mac", macOf(await uplink(t, worker)));
  }),

  "runtime-bridge": check(async (t) => {
    t.expectAnswer("string", (await podBridge(t)).ifname, { source: `${master}# ip link show type bridge` });
  }),

  "bridge-state": check(async (t) => {
    t.expectAnswer("string", (await podBridge(t)).operstate, {
      source: `${master}# ip link show type bridge`,
    });
  }),

  "default-gateway": check(async (t) => {
    t.expectAnswer("ip", await defaultGateway(t));
  }),

  "scheduler-port": check(async (t) => {
    t.expectAnswer("integer", await schedulerPort(t));
  }),

  "etcd-port": check(async (t) => {
    t.expectAnswer("integer", await busiestEtcdPort(t));
  }),

  "record-facts": check(async (t) => {
    const namespace = t.parameter("factsNamespace");
    const name = t.parameter("factsName");
    const { data = {} } = await t.mustGet("ConfigMap", { namespace, name });
    const source = `kubectl get configmap ${name} -n ${namespace} -o yaml`;
    const facts = {
      gateway: ["ip", await defaultGateway(t)],
      "scheduler-port": ["integer", await schedulerPort(t)],
      "worker-mac": ["mac", macOf(await uplink(t, worker))],
    } as const;
    for (const [key, [type, value]] of Object.entries(facts))
      t.expect(`the key ${key} is right`, data[key], { weight: 1, source }).toBeThe(type, value);
  }),

  "worker-routes": check(async (t) => {
    const path = `/root/${t.parameter("routesFile")}`;
    const file = await t.node(master).file(path);
    if (!t.require(`${master} has the file ${path}`, file).toExist()) return;
    const there = routeLines(await t.node(worker).output(["ip", "-4", "route"]));
    const source = `${worker}# ip route`;
    const lines = routeLines(file!.text);
    t.expect("it has every route of the worker", lines, { source }).toContainAll(there);
    t.expect("it has nothing else", lines.length, { source }).toBe(there.length);
  }),
});

async function internalIp(t: CheckContext, name: string): Promise<string> {
  const { status } = await t.mustGet("Node", { name });
  const address = status.addresses?.find(({ type }) => type === "InternalIP")?.address;
  if (!address) throw new Error(`The node ${name} reports no internal IP.`);
  return address;
}

/** The interface that carries the node's internal IP. */
async function uplink(t: CheckContext, name: string): Promise<Link> {
  const ip = await internalIp(t, name);
  const links = await t.node(name).links();
  const found = links.find((link) => link.addr_info.some(({ local }) => local === ip));
  if (!found) throw new Error(`No interface of ${name} carries ${ip}.`);
  return found;
}

function macOf(link: Link): string {
  if (!link.address) throw new Error(`${link.ifname} has no MAC address.`);
  return link.address;
}

/** The bridge that the CNI configuration names; the student may have made others. */
async function podBridge(t: CheckContext): Promise<Link> {
  const config = await t.node(master).sh("cat /etc/cni/net.d/*.conflist /etc/cni/net.d/*.conf 2>/dev/null");
  const named = /"bridge"\s*:\s*"([^"]+)"/.exec(config.stdout)?.[1];
  const links = await t.node(master).links();
  const bridges = links.filter((link) => link.linkinfo?.info_kind === "bridge");
  const ports = (bridge: Link) => links.filter((link) => link.master === bridge.ifname).length;
  const found =
    bridges.find(({ ifname }) => ifname === named) ?? bridges.sort((a, b) => ports(b) - ports(a))[0];
  if (!found) throw new Error(`${master} has no bridge.`);
  return found;
}

async function defaultGateway(t: CheckContext): Promise<string> {
  const gateway = (await t.node(master).routes()).find(({ dst }) => dst === "default")?.gateway;
  if (!gateway) throw new Error(`${master} has no default route.`);
  return gateway;
}

async function schedulerPort(t: CheckContext): Promise<number> {
  const sockets = await t.node(master).sockets();
  const found = sockets.find(
    ({ state, programs }) => state === "LISTEN" && programs.includes("kube-scheduler"),
  );
  if (!found) throw new Error("kube-scheduler does not listen.");
  return found.local.port;
}

async function busiestEtcdPort(t: CheckContext): Promise<number> {
  const etcd = (await t.node(master).sockets()).filter(({ programs }) => programs.includes("etcd"));
  const ports = new Set(etcd.filter(({ state }) => state === "LISTEN").map(({ local }) => local.port));
  const connections = (port: number) =>
    etcd.filter(({ state, local }) => state === "ESTAB" && local.port === port).length;
  const [busiest] = [...ports].sort((a, b) => connections(b) - connections(a));
  if (busiest === undefined || connections(busiest) === 0) throw new Error("etcd has no connections.");
  return busiest;
}

/** Lines with single spaces, in no particular order. `ip route` pads its lines and may add "linkdown". */
function routeLines(text: string): string[] {
  return text
    .split("\n")
    .map((line) =>
      line
        .replace(/\blinkdown\b/g, "")
        .replace(/\s+/g, " ")
        .trim(),
    )
    .filter((line) => line !== "");
}
