import { check, defineChecks, flagOf, guard, type CheckContext } from "examctl/checks";

const folder = "/opt/cni/bin";

export default defineChecks({
  endpoint: check(async (t) => {
    const kubelet = (await t.node("controlplane").processes()).find(({ name }) => name === "kubelet");
    const endpoint = kubelet && flagOf(kubelet, "container-runtime-endpoint");
    if (!endpoint) return t.fail("The kubelet of controlplane does not run as it did.");
    t.expectAnswer("string", endpoint);
  }),

  "bin-folder": check(async (t) => {
    if (!(await plugins(t, "controlplane")).includes("bridge")) throw new Error(`${folder} has no bridge.`);
    t.expectAnswer("string", folder);
  }),

  "not-there": check(async (t) => {
    const there = await plugins(t, "controlplane");
    const absent = ["bridge", "vlan", "dhcp", String(t.parameter("absent"))].filter(
      (name) => !there.includes(name),
    );
    if (absent.length !== 1) throw new Error(`Missing are: ${absent.join(", ")}.`);
    t.expectAnswer("string", absent[0]!);
  }),

  configured: check(async (t) => {
    t.expectAnswer("string", (await firstPlugin(t, "controlplane")).type);
  }),

  ipam: check(async (t) => {
    t.expectAnswer("string", (await firstPlugin(t, "controlplane")).ipam?.type ?? "");
  }),

  "runtime-or-cni": check((t) => {
    t.expectAnswer("set", ["flannel", "Calico"]);
  }),

  list: check(async (t) => {
    const path = `/root/${t.parameter("listFile")}`;
    const file = await t.node("controlplane").file(path);
    if (!t.require(`controlplane has the file ${path}`, file).toExist()) return;
    const names = file!.text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
    t.expect("it has the plugins of node01 and nothing else", names.sort(), {
      source: `ssh node01 ls ${folder}`,
    }).toBe((await plugins(t, "node01")).sort());
  }),

  "own-network": check(async (t) => {
    const name = String(t.parameter("pod"));
    const network = String(t.parameter("ownNetwork"));
    const { spec, status } = await t.mustGet("Pod", { namespace: "default", name });
    t.expect(`${name} is on node01`, spec.nodeName).toBe("node01");
    t.expect(`${name} runs`, status.phase).toBe("Running");
    const ip = status.podIP ?? "";
    t.expect(`${name} has an address of the new network`, inside(ip, network)).toBe(true);
    const links = await t.node("node01").links();
    const bridge = links.find(({ ifname }) => ifname === t.parameter("ownBridge"));
    if (!t.require(`node01 has the bridge ${t.parameter("ownBridge")}`, bridge).toExist()) return;
    const gateway = bridge!.addr_info.find(({ family }) => family === "inet")?.local;
    t.expect("the bridge has an address of the new network", inside(gateway ?? "", network)).toBe(true);
    const { status: code } = await t.node("node01").http(`http://${ip}/`);
    t.expect(`${name} answers its node`, code).toBe(200);
    t.expect("the runtime takes net-script.conflist", await activeConfig(t, "node01")).toMatch(
      /\/net-script\.conflist$/,
    );
  }),

  "controlplane-stays": guard(async (t) => {
    const { type } = await firstPlugin(t, "controlplane");
    t.expect("controlplane keeps its configuration", type).toBe("bridge");
    const links = await t.node("controlplane").links();
    const own = links.find(({ ifname }) => ifname === t.parameter("ownBridge"));
    t.expect(`controlplane has no bridge ${t.parameter("ownBridge")}`, own).toBeAbsent();
  }),
});

interface Plugin {
  type: string;
  ipam?: { type: string };
}

async function plugins(t: CheckContext, node: string): Promise<string[]> {
  return (await t.node(node).output(["ls", folder])).split("\n").filter((name) => name !== "");
}

/** The file that the runtime takes: the first one in the order of names. */
async function activeConfig(t: CheckContext, node: string): Promise<string> {
  const files = await t.node(node).sh("ls /etc/cni/net.d/*.conflist /etc/cni/net.d/*.conf 2>/dev/null");
  return (
    files.stdout
      .split("\n")
      .filter((name) => name !== "")
      .sort()[0] ?? ""
  );
}

async function firstPlugin(t: CheckContext, node: string): Promise<Plugin> {
  const path = await activeConfig(t, node);
  if (path === "") throw new Error(`${node} has no configuration of a network.`);
  const config = await t.node(node).json<{ plugins?: Plugin[]; type?: string }>(["cat", path]);
  const first = config.plugins?.[0] ?? (config as Plugin);
  if (!first.type) throw new Error(`${path} names no plugin.`);
  return first;
}

function inside(ip: string, cidr: string): boolean {
  const [network = "", prefix = "32"] = cidr.split("/");
  const number = (text: string) => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(prefix));
  return ip !== "" && Math.floor(number(ip) / size) === Math.floor(number(network) / size);
}
