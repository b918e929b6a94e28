import { check, defineChecks, type CheckContext, type DockerContainer } from "examctl/checks";

const host = "dock01";

export default defineChecks({
  "list-networks": check(async (t) => {
    await t.node(host).output(["docker", "network", "ls"]);
    t.expectAnswer("string", "docker network ls");
  }),

  "default-network": check(async (t) => {
    t.expectAnswer("string", (await app(t)).networkMode);
  }),

  "bridge-device": check(async (t) => {
    t.expectAnswer("string", (await bridge(t)).device);
  }),

  "bridge-address": check(async (t) => {
    const { device } = await bridge(t);
    const link = (await t.node(host).links()).find(({ ifname }) => ifname === device);
    t.expectAnswer("ip", link?.addr_info.find(({ family }) => family === "inet")?.local ?? "");
  }),

  "bridge-subnet": check(async (t) => {
    t.expectAnswer("cidr", (await bridge(t)).subnet);
  }),

  "list-namespaces": check(async (t) => {
    await t.node(host).output(["ip", "netns"]);
    t.expectAnswer("string", "ip netns");
  }),

  namespace: check(async (t) => {
    t.expectAnswer("string", (await app(t)).netns.split("/").at(-1)!);
  }),

  "where-namespaces-are": check((t) => {
    t.expectAnswer("string", "Docker keeps them in /var/run/docker/netns, and ip looks in /var/run/netns");
  }),

  cable: check(async (t) => {
    const { name } = await app(t);
    const index = await t.node(host).output(["docker", "exec", name, "cat", "/sys/class/net/eth0/iflink"]);
    const lines = await t.node(host).output(["ip", "-o", "link"]);
    t.expectAnswer("string", new RegExp(`^${index.trim()}: ([^@:]+)`, "m").exec(lines)?.[1] ?? "");
  }),

  attached: check(async (t) => {
    const { containers } = await bridge(t);
    const first = [String(t.parameter("app")), String(t.parameter("shop"))];
    const names = Object.keys(containers).filter(
      (name) => first.includes(name) || name.startsWith(`${t.parameter("filler")}-`),
    );
    t.expectAnswer("integer", names.length);
  }),

  "container-address": check(async (t) => {
    t.expectAnswer("ip", (await app(t)).networks.bridge?.ip ?? "");
  }),

  "container-gateway": check(async (t) => {
    t.expectAnswer("ip", (await bridge(t)).gateway);
  }),

  "from-host": check(async (t) => {
    const ip = (await app(t)).networks.bridge?.ip;
    const { status, body } = await t.node(host).http(`http://${ip}/`);
    if (status !== 200) return void t.expect(`${t.parameter("app")} answers on port 80`, status).toBe(200);
    const file = await t.node(host).file(`/root/${t.parameter("pageFile")}`);
    t.expect("the file holds the page of the container", file?.text.trim()).toBe(body.trim());
  }),

  "from-outside": check((t) => {
    t.expectAnswer(
      "string",
      "The range is each host's own: on dock02 it leads to docker0 of dock02, where no such container is",
    );
  }),

  publish: check(async (t) => {
    const container = await running(t, "site");
    if (!container) return;
    t.expect(`${container.name} is of the image nginx`, container.image).toMatch(/^nginx(:|$)/);
    const { ip } = await nodeAddress(t);
    await t.eventually(async () => {
      const { status } = await t.node("dock02").http(`http://${ip}:${t.parameter("sitePort")}/`);
      t.expect("dock02 reaches it at the port that was asked for", status).toBe(200);
    });
    const ports = container.published.filter(({ hostPort }) => hostPort === Number(t.parameter("sitePort")));
    t.expect(
      "the container publishes it",
      ports.map(({ port }) => port),
    ).toContain("80/tcp");
  }),

  "nat-chain": check(async (t) => {
    t.expectAnswer("string", (await natRule(t)).chain);
  }),

  "nat-target": check(async (t) => {
    t.expectAnswer("string", (await natRule(t)).target);
  }),

  "way-out": check(async (t) => {
    const rules = await t.node(host).output(["iptables", "-t", "nat", "-S", "POSTROUTING"]);
    t.expectAnswer("string", /! -o docker0 -j (\S+)/.exec(rules)?.[1] ?? "");
  }),

  "host-network": check(async (t) => {
    const container = await running(t, "direct");
    if (!container) return;
    t.expect("it is in the network of the host", container.networkMode).toBe("host");
    const { ip } = await nodeAddress(t);
    await t.eventually(async () => {
      t.expect("port 80 of the host answers", (await t.node(host).http(`http://${ip}/`)).status).toBe(200);
    });
  }),

  "no-network": check(async (t) => {
    const container = await running(t, "hermit");
    if (!container) return;
    t.expect("it has no network", container.networkMode).toBe("none");
    const devices = await t.node(host).output(["docker", "exec", container.name, "ls", "/sys/class/net"]);
    t.expect("it has its loopback and nothing else", devices.split(/\s+/).filter(Boolean)).toBe(["lo"]);
  }),

  "own-network": check(async (t) => {
    const name = String(t.parameter("network"));
    const network = await t.node(host).dockerNetwork(name);
    if (!t.require(`${host} has the network ${name}`, network).toExist()) return;
    t.expect("it has the range that was asked for", network!.subnet).toBeThe(
      "cidr",
      t.parameter("ownNetwork"),
    );
    const [store, client] = [await running(t, "store"), await running(t, "client")];
    if (!store || !client) return;
    t.expect("both are in it", Object.keys(network!.containers)).toContainAll([store.name, client.name]);
    await reaches(t, client.name, store.name);
  }),

  "dns-server": check(async (t) => {
    const { exitCode, stdout } = await t
      .node(host)
      .exec(["docker", "exec", String(t.parameter("store")), "cat", "/etc/resolv.conf"]);
    const found = exitCode === 0 ? /^nameserver (\S+)/m.exec(stdout)?.[1] : undefined;
    t.expectAnswer("ip", found ?? "127.0.0.11");
  }),

  connect: check(async (t) => {
    const { networks, name } = await app(t);
    t.expect(`${name} is in both networks`, Object.keys(networks)).toContainAll([
      "bridge",
      String(t.parameter("network")),
    ]);
    const client = await running(t, "client");
    if (client) await reaches(t, client.name, name);
  }),
});

async function app(t: CheckContext): Promise<DockerContainer> {
  const name = String(t.parameter("app"));
  const container = await t.node(host).dockerContainer(name);
  t.require(`${host} still has the container ${name}`, container).toExist();
  return container!;
}

async function bridge(t: CheckContext) {
  const network = await t.node(host).dockerNetwork("bridge");
  t.require(`the engine of ${host} runs`, network).toExist();
  return network!;
}

/** The container that a parameter names, if it runs; says so when it does not. */
async function running(t: CheckContext, parameter: string): Promise<DockerContainer | undefined> {
  const name = String(t.parameter(parameter));
  const container = await t.node(host).dockerContainer(name);
  t.expect(`the container ${name} runs`, container?.running ?? false).toBe(true);
  return container?.running ? container : undefined;
}

async function nodeAddress(t: CheckContext): Promise<{ ip: string }> {
  const route = (await t.node(host).routes()).find(({ dst }) => dst === "default");
  const link = (await t.node(host).links()).find(({ ifname }) => ifname === route?.dev);
  const ip = link?.addr_info.find(({ family }) => family === "inet")?.local;
  if (!ip) throw new Error(`${host} has no default route.`);
  return { ip };
}

async function natRule(t: CheckContext): Promise<{ chain: string; target: string }> {
  const rules = await t.node(host).output(["iptables-save", "-t", "nat"]);
  const line = rules.split("\n").find((rule) => rule.includes(`--dport ${t.parameter("shopPort")} `));
  t.require("the port is published as it was", line).toExist();
  const [, chain = "", target = ""] = /^-A (\S+) .*--to-destination (\S+)/.exec(line!) ?? [];
  return { chain, target };
}

async function reaches(t: CheckContext, from: string, to: string): Promise<void> {
  await t.eventually(async () => {
    const { exitCode } = await t
      .node(host)
      .exec(["docker", "exec", from, "wget", "-q", "-T", "2", "-O", "/dev/null", `http://${to}`]);
    t.expect(`${from} reaches ${to} by its name`, exitCode).toBe(0);
  });
}
