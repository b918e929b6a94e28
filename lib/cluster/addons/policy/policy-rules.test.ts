import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { interfaceOf } from "../calico/names";
import { policyRules } from "../calico/policy-rules";
import { hooks as calicoHooks } from "../calico/rules";
import { ciliumRules, policyHooks } from "../cilium/policy-rules";
import { npcRules } from "../weave/npc-rules";
import { npcHooks } from "../weave/rules";
import type { Hooks } from "./plan-load";
import { resolvePolicies } from "./resolve";
import type { PolicyRules } from "./rule-set";
import { addressesOf, portNumbers, worlds } from "./testing/arbitrary";
import { runChain, type Packet } from "./testing/kernel";
import { specAllows } from "./testing/model";
import { viewOf, type Connection, type World } from "./testing/world";

const services = [
  ...portNumbers.flatMap((port) => (["tcp", "udp"] as const).map((protocol) => ({ protocol, port }))),
  { protocol: "sctp" as const, port: 80 },
];

/** How a network's packets cross a node, and its rules there. */
interface Network {
  rulesOf(world: World, node: string): PolicyRules;
  hooks: Hooks[];
  isOwnNodeGuarded: boolean;
  areBlocksOutside?: boolean;
  hasNoRanges?: boolean;
  /** Devices that a packet to or from a pod of the node, or from elsewhere, goes through. */
  devices(world: World, node: string, address: string): { device: string; port?: string };
}

const networks: Record<string, Network> = {
  calico: {
    hooks: calicoHooks,
    isOwnNodeGuarded: true,
    rulesOf: (world, node) =>
      policyRules(resolvePolicies(viewOf(world)), world.pods, { node, toHost: "ACCEPT" }),
    devices(world, node, address) {
      const pod = world.pods.find((one) => one.ip === address && one.node === node);
      return { device: pod ? interfaceOf(pod) : "vxlan.calico" };
    },
  },
  weave: {
    hooks: npcHooks,
    isOwnNodeGuarded: false,
    rulesOf: (world) =>
      npcRules(
        resolvePolicies(viewOf(world)),
        world.pods,
        world.namespaces.map(({ name }) => name),
      ),
    devices(world, node, address) {
      const pod = world.pods.find(({ ip }) => ip === address);
      if (!pod) return { device: "eth0" };
      return { device: "weave", port: pod.node === node ? `vethwe${address}` : "vethwe-bridge" };
    },
  },
};

for (const hasRanges of [false, true])
  networks[`cilium ${hasRanges ? "1.16" : "1.15"}`] = {
    hooks: policyHooks,
    ...{ isOwnNodeGuarded: true, areBlocksOutside: true, hasNoRanges: !hasRanges },
    rulesOf: (world, node) =>
      ciliumRules(resolvePolicies(viewOf(world)), world.pods, {
        ...{ node, hasRanges },
        nodeAddresses: world.nodes.map(({ ip }) => ip),
      }),
    devices(world, node, address) {
      const pod = world.pods.find((one) => one.ip === address && one.node === node);
      return { device: pod ? `lxc${pod.name}` : "cilium_vxlan" };
    },
  };

/** Whether a connection's first packet gets from one end to the other, over all nodes in its way. */
function delivers(
  network: Network,
  rules: Map<string, PolicyRules>,
  world: World,
  connection: Connection,
): boolean {
  const nodeOf = (address: string) =>
    [
      ...world.pods.map(({ ip, node }) => ({ ip, node })),
      ...world.nodes.map(({ ip, name }) => ({ ip, node: name })),
    ].find(({ ip }) => ip === address)?.node;
  const isPod = (address: string) => world.pods.some(({ ip }) => ip === address);
  const [first, last] = [nodeOf(connection.from), nodeOf(connection.to)];
  const passes = (node: string, chain: "INPUT" | "FORWARD" | "OUTPUT") => {
    const from = network.devices(world, node, connection.from);
    const to = network.devices(world, node, connection.to);
    const isBridged = from.device === to.device && from.port !== undefined;
    const packet: Packet = {
      ...connection,
      state: "NEW",
      isToLocal: chain === "INPUT",
      ...(chain === "OUTPUT" ? {} : { input: from.device }),
      ...(chain === "INPUT" ? {} : { output: to.device }),
      ...(isBridged ? { physicalInput: from.port, physicalOutput: to.port } : {}),
    };
    const { head = [], tail = [] } = network.hooks.find((one) => one.chain === chain) ?? {};
    return runChain(rules.get(node)!, [...head, ...tail], packet) === "ACCEPT";
  };
  if (first && isPod(connection.from)) {
    const isToOwnNode = last === first && !isPod(connection.to);
    if (!passes(first, isToOwnNode ? "INPUT" : "FORWARD")) return false;
    if (last === first) return true;
  }
  if (!last || !isPod(connection.to)) return true;
  return passes(last, last === first ? "OUTPUT" : "FORWARD");
}

describe.each(Object.entries(networks))("%s", (_, network) => {
  test("lets through what the specification lets through, and nothing else, whatever the policies", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const rules = new Map(world.nodes.map(({ name }) => [name, network.rulesOf(world, name)]));
        const addresses = [...addressesOf(world), "8.8.8.8"];
        const wrong: (Connection & { passes: boolean })[] = [];
        for (const from of addresses)
          for (const to of addresses)
            for (const service of services) {
              const connection = { from, to, ...service };
              if (from === to) continue;
              const passes = delivers(network, rules, world, connection);
              if (passes !== specAllows(world, connection, network)) wrong.push({ ...connection, passes });
            }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});
