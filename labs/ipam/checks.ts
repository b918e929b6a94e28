import { check, defineChecks, type CheckContext } from "examctl/checks";

const folder = "/etc/cni/net.d";

export default defineChecks({
  "config-file": check(async (t) => {
    const files = (await t.node("controlplane").output(["ls", folder])).split("\n").filter(Boolean);
    t.expectAnswer("string", files[0] ?? "");
  }),

  bridge: check(async (t) => {
    t.expectAnswer("string", (await configOf(t, "controlplane"))?.bridge ?? "");
  }),

  plugin: check(async (t) => {
    t.expectAnswer("string", (await configOf(t, "controlplane"))?.ipam?.type ?? "");
  }),

  "cluster-range": check(async (t) => {
    t.expectAnswer("cidr", (await managerFlag(t, "cluster-cidr")) ?? "");
  }),

  "who-splits": check(async (t) => {
    if ((await managerFlag(t, "allocate-node-cidrs")) !== "true")
      return t.fail("kube-controller-manager was told not to.");
    t.expectAnswer("string", "kube-controller-manager");
  }),

  "node-range": check(async (t) => {
    t.expectAnswer("cidr", await rangeOf(t, "node01"));
  }),

  mask: check(async (t) => {
    const prefix = Number((await rangeOf(t, "node01")).split("/")[1]);
    t.expectAnswer("integer", 2 ** (32 - prefix) - 2);
  }),

  "pod-gateway": check(async (t) => {
    const route = (await t.pod("default", t.parameter("resident")).sh("ip route")).stdout;
    t.expectAnswer("ip", /^default via (\S+)/m.exec(route)?.[1] ?? "");
  }),

  "gateway-owner": check((t) => {
    t.expectAnswer("string", "the bridge of the node", { source: "controlplane# ip -brief address" });
  }),

  "lease-folder": check(async (t) => {
    const path = `/var/lib/cni/networks/${t.parameter("network")}`;
    if ((await leasesOf(t, "controlplane")).length === 0) throw new Error(`${path} is empty.`);
    t.expectAnswer("string", path, { source: `controlplane# ls ${path}` });
  }),

  "no-twins": check((t) => {
    t.expectAnswer(
      "string",
      "there is a file for each address in use, and an address that has one is not given",
      {
        source: `controlplane# ls /var/lib/cni/networks/${t.parameter("network")}`,
      },
    );
  }),

  "same-range": check((t) => {
    t.expectAnswer("string", "pods on different nodes get the same address", {
      source: "the documentation of host-local",
    });
  }),

  "weave-range": check((t) => {
    t.expectAnswer("string", "10.32.0.0/12", { source: "the documentation of Weave Net" });
  }),

  "node-network": check(async (t) => {
    const range = await rangeOf(t, "node01");
    const config = await configOf(t, "node01");
    t.require("node01 has net-script.conf", config).toExist();
    t.expect("it names the bridge", config!.bridge).toBe(t.parameter("bridge"));
    t.expect("its range is the one of node01", config!.ipam?.subnet).toBe(range);
    const { spec, status } = await t.mustGet("Pod", { namespace: "default", name: t.parameter("runner") });
    t.expect(`${t.parameter("runner")} is on node01`, spec.nodeName).toBe("node01");
    const address = status.podIP ?? "";
    t.expect("it has an address of that range", inside(address, range)).toBe(true);
    t.expect("it answers its node", (await t.node("node01").http(`http://${address}/`)).status).toBe(200);
  }),

  routes: check(async (t) => {
    for (const [node, other, address] of [
      ["controlplane", "node01", t.parameter("workerIp")],
      ["node01", "controlplane", t.parameter("controlplaneIp")],
    ] as const) {
      const range = await rangeOf(t, other);
      const route = (await t.node(node).routes()).find(({ dst }) => dst === range);
      t.expect(`${node} sends ${range} to ${other}`, route?.gateway).toBe(address);
    }
    const { status } = await t.mustGet("Pod", { namespace: "default", name: t.parameter("runner") });
    const { status: code } = await t
      .pod("default", t.parameter("resident"))
      .http(`http://${status.podIP}/`, { timeoutMs: 3000 });
    t.expect(`${t.parameter("resident")} reaches ${t.parameter("runner")}`, code).toBe(200);
  }),

  leases: check(async (t) => {
    const path = `/root/${t.parameter("leaseFile")}`;
    const file = await t.node("controlplane").file(path);
    t.require(`controlplane has the file ${path}`, file).toExist();
    const lines = file!.text.split(/\s+/).filter(Boolean).sort();
    const leases = await leasesOf(t, "node01");
    t.expect("node01 has given addresses", leases.length).toBeAtLeast(1);
    t.expect("it has the addresses in use on node01 and nothing else", lines).toBe(leases);
  }),
});

interface Config {
  bridge?: string;
  ipam?: { type?: string; subnet?: string };
}

async function configOf(t: CheckContext, node: string): Promise<Config | undefined> {
  const file = await t.node(node).file(`${folder}/net-script.conf`);
  if (!file) return undefined;
  try {
    return JSON.parse(file.text) as Config;
  } catch {
    return t.fail(`${folder}/net-script.conf of ${node} is not JSON.`);
  }
}

async function managerFlag(t: CheckContext, name: string): Promise<string | undefined> {
  const file = await t.node("controlplane").file("/etc/kubernetes/manifests/kube-controller-manager.yaml");
  return new RegExp(`--${name}=(\\S+)`).exec(file?.text ?? "")?.[1];
}

async function rangeOf(t: CheckContext, node: string): Promise<string> {
  return (await t.mustGet("Node", { name: node })).spec.podCIDR ?? "";
}

/** The addresses that host-local has given on a node and not taken back, sorted. */
async function leasesOf(t: CheckContext, node: string): Promise<string[]> {
  const { stdout } = await t.node(node).exec(["ls", `/var/lib/cni/networks/${t.parameter("network")}`]);
  return stdout
    .split("\n")
    .filter((name) => /^[\d.]+$/.test(name))
    .sort();
}

function inside(ip: string, cidr: string): boolean {
  const [network = "", prefix = "32"] = cidr.split("/");
  const number = (text: string) => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(prefix));
  return ip !== "" && Math.floor(number(ip) / size) === Math.floor(number(network) / size);
}
