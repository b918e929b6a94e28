import { DockerError } from "../engine/docker-error";
import { addressOf } from "@/lib/cluster/addons/ipv4";
import { isHostOf } from "../engine/pools";
import { forEach, needArguments, type DockerCommand } from "./command";
import { parseFlags } from "./flags";
import { inspectOf } from "./inspect";
import { parseLabels } from "./run-options";
import { showList } from "./show";
import { goTime, shortId } from "./units";

const list: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, {
    ...{ "quiet,q": "switch", "no-trunc": "switch", format: "value", "filter,f": "list" },
  });
  needArguments(call, flags.words, 0, 0);
  const filters = flags.list("filter").map((text) => text.split("=") as [string, string | undefined]);
  const rows = call.engine.networks
    .filter((network) =>
      filters.every(([key, value = ""]) => {
        if (key === "driver") return network.driver === value;
        if (key === "name") return network.name.includes(value);
        if (key === "id") return network.id.startsWith(value);
        if (key === "type")
          return (network.name !== "bridge" && network.driver === "bridge") === (value === "custom");
        throw new DockerError(`invalid filter '${key}'`, 1);
      }),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((network) => ({
      ID: flags.has("no-trunc") ? network.id : shortId(network.id),
      Name: network.name,
      Driver: network.driver,
      Scope: "local",
      IPv6: "false",
      Internal: String(network.internal),
      Labels: Object.entries(network.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(","),
      CreatedAt: goTime(network.createdAtMs),
    }));
  const heads = {
    ...{ ID: "NETWORK ID", Name: "NAME", Driver: "DRIVER", Scope: "SCOPE", IPv6: "IPV6" },
    ...{ Internal: "INTERNAL", Labels: "LABELS", CreatedAt: "CREATED AT" },
  };
  showList(call.session, rows, {
    ...{ format: flags.value("format"), quiet: flags.has("quiet"), heads, id: "ID" },
    usual: ["ID", "Name", "Driver", "Scope"],
  });
};

const create: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, {
    ...{ "driver,d": "value", subnet: "list", gateway: "list", "ip-range": "list", internal: "switch" },
    ...{ "opt,o": "list", label: "list", attachable: "switch", ipv6: "switch", scope: "value" },
  });
  needArguments(call, flags.words, 1, 1);
  const [name] = flags.words as [string];
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) throw new DockerError(`invalid network name: ${name}`, 1);
  const driver = flags.value("driver") ?? "bridge";
  if (driver === "host" || driver === "null")
    throw new DockerError(`only one instance of "${driver}" network is allowed`, 1);
  if (driver === "overlay")
    throw new DockerError(
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
      1,
    );
  if (driver !== "bridge") throw new DockerError(`plugin "${driver}" not found`, 1);
  const subnet = flags.value("subnet");
  if (subnet !== undefined) checkSubnet(subnet);
  const gateway = flags.value("gateway");
  if (gateway !== undefined && (subnet === undefined || !isHostOf(subnet, gateway)))
    throw new DockerError(`no matching subnet for gateway ${gateway}`, 1);
  const device = parseLabels(flags.list("opt"))["com.docker.network.bridge.name"];
  if (device !== undefined && !/^[a-zA-Z0-9._-]{1,15}$/.test(device))
    throw new DockerError(`invalid network name: ${device}`, 1);
  const network = await call.engine.createNetwork({
    ...{ name, subnet, gateway, device },
    internal: flags.has("internal"),
    labels: parseLabels(flags.list("label")),
  });
  call.session.printOut(network.id);
};

/** Throws DockerError unless it is a network with room for its gateway and a container. */
function checkSubnet(subnet: string): void {
  const [, address = "", prefix] = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(subnet) ?? [];
  const isAddress = address.split(".").every((part) => Number(part) <= 255);
  if (address === "" || !isAddress || Number(prefix) > 32)
    throw new DockerError(`invalid subnet ${subnet}: invalid CIDR block notation`, 1);
  if (Number(prefix) > 30 || Number(prefix) < 8)
    throw new DockerError(`invalid subnet ${subnet}: no room for a gateway and a container`, 1);
  if (addressOf(subnet, 0) !== address)
    throw new DockerError(`invalid subnet ${subnet}: it should be ${addressOf(subnet, 0)}/${prefix}`, 1);
}

const connect: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, { ip: "value", alias: "list", link: "list" });
  needArguments(call, flags.words, 2, 2);
  const [network, container] = flags.words as [string, string];
  const { engine } = call;
  await engine.connect(engine.mustFindNetwork(network), engine.mustFind(container), {
    ip: flags.value("ip") ?? "",
    aliases: flags.list("alias"),
  });
};

const disconnect: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, { "force,f": "switch" });
  needArguments(call, flags.words, 2, 2);
  const [network, container] = flags.words as [string, string];
  await call.engine.disconnect(call.engine.mustFindNetwork(network), call.engine.mustFind(container));
};

const remove: DockerCommand = async (call, argv) => {
  const { words } = parseFlags(argv, { "force,f": "switch" });
  needArguments(call, words, 1);
  return forEach(call, words, async (word) => {
    const network = call.engine.mustFindNetwork(word);
    await call.engine.removeNetwork(network);
  });
};

const prune: DockerCommand = async (call, argv) => {
  parseFlags(argv, { "force,f": "switch", filter: "list" });
  const { engine } = call;
  const unused = engine.networks.filter(
    ({ name, driver }) =>
      driver === "bridge" && name !== "bridge" && !engine.containers.some(({ endpoints }) => endpoints[name]),
  );
  for (const network of unused) await engine.removeNetwork(network);
  if (unused.length > 0)
    call.session.printOut(`Deleted Networks:\n${unused.map(({ name }) => name).join("\n")}\n`);
};

export const networkCommands: Record<string, DockerCommand> = {
  ls: list,
  list,
  inspect: inspectOf("network"),
  create,
  connect,
  disconnect,
  rm: remove,
  remove,
  prune,
};
