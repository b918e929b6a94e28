import { check, defineChecks, type CheckContext } from "examctl/checks";

const agents = { namespace: "kube-system", labelSelector: "name=weave-net" };
const agentSource = "kubectl get pods -n kube-system -l name=weave-net -o wide";

export default defineChecks({
  "node-count": check(async (t) => {
    t.expectAnswer("integer", (await t.cluster.list("Node")).length);
  }),

  solution: check(async (t) => {
    const config = await t.node("controlplane").output(["sh", "-c", "cat /etc/cni/net.d/*"]);
    const plugin = /"type"\s*:\s*"([\w-]+)"/.exec(config)?.[1];
    if (plugin !== "weave-net") throw new Error(`The configured plugin is ${plugin}.`);
    t.expectAnswer("string", "weave");
  }),

  "agent-count": check(async (t) => {
    t.expectAnswer("integer", (await t.cluster.list("Pod", agents)).length, { source: agentSource });
  }),

  "agent-place": check(async (t) => {
    const nodes = (await t.cluster.list("Pod", agents)).map(({ spec }) => spec.nodeName);
    const all = (await t.cluster.list("Node")).map(({ metadata }) => metadata.name);
    if (nodes.sort().join() !== all.sort().join()) throw new Error(`The agents run on ${nodes.join()}.`);
    t.expectAnswer("string", "one on every node", { source: agentSource });
  }),

  bridge: check(async (t) => {
    t.expectAnswer("string", (await weaveBridge(t, "controlplane")).name);
  }),

  "pod-range": check(async (t) => {
    const { spec } = await t.mustGet("DaemonSet", { namespace: "kube-system", name: "weave-net" });
    const agent = spec.template.spec.containers.find(({ name }) => name === "weave");
    const range = agent?.env?.find(({ name }) => name === "IPALLOC_RANGE")?.value;
    if (!range) throw new Error("IPALLOC_RANGE is not set.");
    t.expectAnswer("cidr", range);
  }),

  "worker-gateway": check(async (t) => {
    t.expectAnswer("ip", (await weaveBridge(t, "node01")).address);
  }),

  // Weave Net's own default (prog/weaver, --ipalloc-range in launch.sh): this cluster has another.
  "default-range": check((t) => {
    t.expectAnswer("cidr", "10.32.0.0/12");
  }),

  "no-twins": check(async (t) => {
    if ((await shares(t)).length < 2) throw new Error("The range is not shared out.");
    t.expectAnswer("string", "each agent owns a part of the range and gives addresses from that alone");
  }),

  "pinned-pod": check(async (t) => {
    const name = String(t.parameter("pod"));
    const { spec, status } = await t.mustGet("Pod", { namespace: "default", name });
    t.expect(`${name} is on node01`, spec.nodeName).toBe("node01");
    t.expect(`${name} runs`, status.phase).toBe("Running");
    t.expect(`${name} is made from busybox`, spec.containers[0]?.image).toMatch(
      /^(docker\.io\/library\/)?busybox(:|$)/,
    );
    const path = `/root/${t.parameter("routeFile")}`;
    const file = await t.node("controlplane").file(path);
    if (!t.require(`controlplane has the file ${path}`, file).toExist()) return;
    const written = /^default via (\S+) dev (\S+)\s*$/.exec(file!.text.trim());
    t.expect("it holds one default route", written).toExist();
    t.expect("the gateway is the bridge of node01", written?.[1], {
      source: "ssh node01 ip -brief address show weave",
    }).toBe((await weaveBridge(t, "node01")).address);
  }),

  shares: check(async (t) => {
    const path = `/root/${t.parameter("ownersFile")}`;
    const file = await t.node("controlplane").file(path);
    if (!t.require(`controlplane has the file ${path}`, file).toExist()) return;
    const lines = file!.text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
    t.expect("it has a line for each peer and its share", lines, {
      source: "kubectl -n kube-system exec ds/weave-net -c weave -- /home/weave/weave --local status ipam",
    }).toContainAll(await shares(t));
    t.expect("it has nothing else", lines.length).toBe((await shares(t)).length);
  }),
});

/** The bridge of the name that Weave Net gives it, with its address. */
async function weaveBridge(t: CheckContext, node: string): Promise<{ name: string; address: string }> {
  const found = (await t.node(node).links()).find(
    ({ ifname, linkinfo }) => linkinfo?.info_kind === "bridge" && ifname === "weave",
  );
  const address = found?.addr_info.find(({ family }) => family === "inet")?.local;
  if (!found || !address) throw new Error(`${node} has no bridge of Weave Net with an address.`);
  return { name: found.ifname, address };
}

async function shares(t: CheckContext): Promise<string[]> {
  const [agent] = await t.cluster.list("Pod", agents);
  if (!agent) throw new Error("There is no agent.");
  const text = await t
    .pod("kube-system", agent.metadata.name, "weave")
    .output(["/home/weave/weave", "--local", "status", "ipam"]);
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
