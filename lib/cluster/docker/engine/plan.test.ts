import { expect, test } from "vitest";
import { nextAddress, nextSubnet, macOf } from "./pools";
import { choosePorts } from "./publish";
import { networkRules, portRules } from "./rules";
import type { NetworkState, PublishedPort } from "./state";

const bridge: NetworkState = {
  ...{ id: "a".repeat(64), name: "bridge", driver: "bridge", createdAtMs: 0, internal: false, labels: {} },
  ...{ subnet: "172.17.0.0/16", gateway: "172.17.0.1", device: "docker0" },
};

test("networks get the first pool that nothing on the host overlaps", () => {
  expect(nextSubnet([])).toBe("172.17.0.0/16");
  expect(nextSubnet(["172.16.0.0/12"])).toBe("192.168.0.0/20");
  expect(nextSubnet(["172.17.0.0/16", "172.18.4.0/24", "10.0.0.0/8"])).toBe("172.19.0.0/16");
  expect(nextSubnet(["172.16.0.0/12", "192.168.0.0/16"])).toBeUndefined();
});

test("containers get the lowest address that is free, and a MAC made of it", () => {
  expect(nextAddress("172.17.0.0/16", ["172.17.0.1", "172.17.0.3"])).toBe("172.17.0.2");
  expect(nextAddress("10.0.0.0/30", ["10.0.0.1", "10.0.0.2"])).toBeUndefined();
  expect(macOf("172.17.0.2")).toBe("02:42:ac:11:00:02");
});

const web: PublishedPort = { containerPort: 80, protocol: "tcp", hostIp: "", hostPort: 8080 };

test("a published port is led to its container, let in, and back to itself", () => {
  expect(
    portRules(bridge, "172.17.0.2", web).map(({ chain, match }) => `${chain} ${match.join(" ")}`),
  ).toEqual([
    "DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
    "DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT",
    "POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE",
  ]);
  const [local] = portRules(bridge, "172.17.0.2", { ...web, hostIp: "127.0.0.1" });
  expect(local!.match.slice(0, 2)).toEqual(["-d", "127.0.0.1/32"]);
});

test("an internal network has no way out", () => {
  const targets = networkRules({ ...bridge, internal: true }).map(({ match }) => match.at(-1));
  expect(targets).toEqual(["ACCEPT", "DROP", "DROP"]);
  expect(networkRules(bridge).some(({ match }) => match.includes("MASQUERADE"))).toBe(true);
});

test("a host port has one container", () => {
  const describe = (why: string) => `endpoint web: ${why}`;
  expect(() => choosePorts([web], [web], describe)).toThrow(
    "endpoint web: Bind for 0.0.0.0:8080 failed: port is already allocated",
  );
  expect(choosePorts([web], [{ ...web, protocol: "udp" }], describe)).toEqual([web]);
  const any = { ...web, hostPort: 0 };
  expect(choosePorts([any, any], [], describe).map(({ hostPort }) => hostPort)).toEqual([32768, 32769]);
  const local = { ...web, hostIp: "127.0.0.1" };
  expect(choosePorts([local], [{ ...web, hostIp: "10.0.0.9" }], describe)).toEqual([local]);
});
