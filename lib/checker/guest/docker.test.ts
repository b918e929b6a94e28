import { expect, test } from "vitest";
import { parseDockerContainer, parseDockerNetwork } from "./docker";

test("a container's networks, ports and namespace", () => {
  const text = JSON.stringify([
    {
      Id: "abc",
      Name: "/web",
      Path: "nginx",
      Args: ["-g", "daemon off;"],
      State: { Running: true },
      Config: { Image: "nginx" },
      HostConfig: { NetworkMode: "bridge" },
      NetworkSettings: {
        SandboxKey: "/var/run/docker/netns/0123456789ab",
        Ports: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }], "443/tcp": null },
        Networks: {
          bridge: { IPAddress: "172.17.0.2", Gateway: "172.17.0.1", MacAddress: "02:42:ac:11:00:02" },
        },
      },
    },
  ]);
  expect(parseDockerContainer(text)).toEqual({
    ...{ name: "web", id: "abc", running: true, image: "nginx", networkMode: "bridge" },
    command: ["nginx", "-g", "daemon off;"],
    networks: { bridge: { ip: "172.17.0.2", gateway: "172.17.0.1", mac: "02:42:ac:11:00:02" } },
    published: [{ port: "80/tcp", hostIp: "0.0.0.0", hostPort: 8080 }],
    netns: "/var/run/docker/netns/0123456789ab",
  });
});

test("a network's range, device and containers", () => {
  const network = (more: object) =>
    JSON.stringify([
      {
        ...{ Id: "0123456789abcdef", Name: "back", Driver: "bridge", Internal: false, Options: {} },
        IPAM: { Config: [{ Subnet: "192.168.9.0/24", Gateway: "192.168.9.1" }] },
        Containers: { abc: { Name: "web", IPv4Address: "192.168.9.2/24" } },
        ...more,
      },
    ]);
  expect(parseDockerNetwork(network({}))).toMatchObject({
    ...{ subnet: "192.168.9.0/24", gateway: "192.168.9.1", device: "br-0123456789ab" },
    containers: { web: "192.168.9.2" },
  });
  const host = { Driver: "host", IPAM: { Config: null }, Containers: {} };
  expect(parseDockerNetwork(network(host))).toMatchObject({ subnet: "", device: "", containers: {} });
});
