import { beforeEach, expect, test } from "vitest";
import { ManualClock } from "@/lib/core/clock";
import type { Node } from "@/lib/cluster/resources/types";
import type { AddonNode } from "../addon";
import { annotationOf, Peers } from "./peers";

let ran: string[];
let printed: string[];
/** Commands that fail, by a part of their text. */
let refused: string;
let peers: Peers;

beforeEach(() => {
  [ran, printed, refused] = [[], [], "nothing"];
  const session = {
    node: { name: "controlplane" } as AddonNode,
    print: (...lines: string[]) => void printed.push(...lines),
    run: (argv: string[]) => {
      const command = argv.join(" ");
      ran.push(command);
      const isRefused = command.includes(refused);
      return Promise.resolve({
        exitCode: isRefused ? 2 : 0,
        stdout: "",
        stderr: isRefused ? "refused" : "",
        truncated: false,
      });
    },
  };
  peers = new Peers(session, new ManualClock(), "flannel.7");
});

const mac = "4e:2d:6f:10:20:30";
function nodeOf(name: string, third: number, data = JSON.stringify({ VNI: 7, VtepMAC: mac })): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      annotations: {
        [annotationOf("backend-data")]: data,
        [annotationOf("backend-type")]: "vxlan",
        [annotationOf("public-ip")]: `172.30.7.1${third}`,
      },
    },
    spec: { podCIDR: `10.244.${third}.0/24` },
  };
}

test("another node is reached over the device of the configured network, and set up once", async () => {
  const nodes = [nodeOf("controlplane", 0), nodeOf("node01", 1)];
  await peers.sync(nodes);
  await peers.sync(nodes);
  expect(ran).toEqual([
    `ip neighbour replace 10.244.1.0 lladdr ${mac} dev flannel.7 nud permanent`,
    `bridge fdb replace ${mac} dev flannel.7 dst 172.30.7.11 self permanent`,
    "ip route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.7 onlink",
  ]);
  await peers.sync([nodes[0]!]);
  expect(ran.at(-1)).toBe("ip route delete 10.244.1.0/24");
});

test("what the kernel refused is tried again, and the other nodes do not wait for it", async () => {
  const nodes = [nodeOf("node01", 1), nodeOf("node02", 2)];
  refused = "route replace 10.244.1.0/24";
  await expect(peers.sync(nodes)).rejects.toThrow("failed to add vxlanRoute");
  expect(ran).toContain("ip route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.7 onlink");
  [ran, refused] = [[], "nothing"];
  await peers.sync(nodes);
  expect(ran).toContain("ip route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.7 onlink");
  expect(ran.join(" ")).not.toContain("10.244.2.0");
});

test.each(["{", "[]", '{"VtepMAC":7}', '{"VtepMAC":"x; ip link delete eth0"}'])(
  "backend data that cannot be read, %s, is told once and concerns that node alone",
  async (data) => {
    const nodes = [nodeOf("node01", 1, data), nodeOf("node02", 2)];
    await peers.sync(nodes);
    await peers.sync(nodes);
    expect(ran.join(" ")).not.toContain("10.244.1.0");
    expect(ran).toContain("ip route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.7 onlink");
    expect(printed.filter((line) => line.includes("error decoding subnet lease JSON"))).toHaveLength(1);
  },
);
