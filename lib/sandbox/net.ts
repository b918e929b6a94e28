import { runCommand } from "@/lib/core/run-command";
import { AppError } from "@/lib/core/app-error";
import { outsideNetwork } from "@/lib/contract/labd";

/** A lab's switch: a bridge in a network namespace of its own, so that labs with equal addresses never meet. */
export function switchName(slotNumber: number): string {
  return `examctl-${slotNumber}`;
}

const bridge = "lab0";

/** What is sent to nobody's address of these gets lost, as on any network; of others the gateway says that it has no way there. */
const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/** Makes the switch with the gateway's address ("172.16.3.1/24") on its bridge, and the world outside behind it. */
export async function createSwitch(name: string, gateway: string): Promise<void> {
  await runCommand(["ip", "netns", "add", name]);
  await ipBatch(
    ["ip", "-netns", name],
    [
      "link set lo up",
      `link add ${bridge} type bridge forward_delay 0`,
      `address add ${gateway} dev ${bridge}`,
      `link set ${bridge} up`,
      `route add local ${outsideNetwork} dev lo`,
      ...privateRanges.map((range) => `route add blackhole ${range}`),
      "route add unreachable default",
    ],
  );
}

/** Removes the switch and with it both ends of every cable plugged into it. Safe when there is none. */
export async function removeSwitch(name: string): Promise<void> {
  const result = await runCommand(["ip", "netns", "delete", name], { allowFailure: true });
  if (result.exitCode !== 0 && !/No such file/.test(result.stderr))
    throw new AppError("internal", `ip netns delete ${name} failed: ${result.stderr.trim()}`);
}

export interface NodeCable {
  /** Host pid of the node's first process: its network namespace gets the other end. */
  pid: number;
  /** Position of the node in the lab: names the switch's port. */
  index: number;
  interface: string;
  /** With prefix length. */
  address: string;
  mac: string;
  gateway: string;
}

/**
 * Plugs a node into the switch: an interface with its address, MAC and default route in the node. The switch knows that
 * MAC and learns no others, which a node could make up without end; what is sent to them goes to every port.
 */
export async function connectNode(switchNamespace: string, cable: NodeCable): Promise<void> {
  const port = portOf(cable.index);
  await ipBatch(
    ["ip", "-netns", switchNamespace],
    [
      `link add ${port} type veth peer name ${cable.interface} address ${cable.mac} netns ${cable.pid}`,
      `link set ${port} master ${bridge} up`,
      `link set ${port} type bridge_slave learning off`,
    ],
  );
  await Promise.all([
    ipBatch(["bridge", "-netns", switchNamespace], [`fdb replace ${cable.mac} dev ${port} master static`]),
    ipBatch(
      ["nsenter", `--net=/proc/${cable.pid}/ns/net`, "ip"],
      [
        "link set lo up",
        `address add ${cable.address} brd + dev ${cable.interface}`,
        `link set ${cable.interface} up`,
        `route add default via ${cable.gateway} dev ${cable.interface}`,
      ],
    ),
  ]);
}

/** Takes out the cable of a node that has ended. Safe when the kernel has done so already. */
export async function unplugNode(switchNamespace: string, index: number): Promise<void> {
  const argv = ["ip", "-netns", switchNamespace, "link", "delete", portOf(index)];
  const { exitCode, stderr } = await runCommand(argv, { allowFailure: true });
  if (exitCode !== 0 && !/Cannot find device/.test(stderr))
    throw new AppError("internal", `${argv.join(" ")} failed: ${stderr.trim()}`);
}

function portOf(index: number): string {
  return `port${index}`;
}

async function ipBatch(ip: string[], lines: string[]): Promise<void> {
  await runCommand([...ip, "-batch", "-"], {
    stdin: lines.map((line) => `${line}\n`).join(""),
    timeoutMs: 10_000,
  });
}
