/** A container of a Docker host, as `docker inspect` shows it. */
export interface DockerContainer {
  name: string;
  id: string;
  running: boolean;
  /** As it was asked for: "nginx", "httpd:2.4". */
  image: string;
  command: string[];
  /** The network that it was made with: "bridge", "host", "none" or a name. */
  networkMode: string;
  /** By the network's name; the addresses are empty while it does not run. */
  networks: Record<string, { ip: string; gateway: string; mac: string }>;
  /** What it publishes while it runs; `port` as "80/tcp". */
  published: { port: string; hostIp: string; hostPort: number }[];
  /** The file of its network namespace; empty while it does not run. */
  netns: string;
}

/** A network of a Docker host, as `docker network inspect` shows it. */
export interface DockerNetwork {
  name: string;
  id: string;
  driver: string;
  /** Empty for host and none. */
  subnet: string;
  gateway: string;
  /** Of the host: "docker0", "br-0123456789ab"; empty for host and none. */
  device: string;
  internal: boolean;
  /** Addresses of the containers that run in it, by name. */
  containers: Record<string, string>;
}

export function dockerCommand(kind: "container" | "network", name: string): string[] {
  return ["docker", kind, "inspect", "--", name];
}

interface ContainerJson {
  Id: string;
  Name: string;
  Path: string;
  Args: string[];
  State: { Running: boolean };
  Config: { Image: string };
  HostConfig: { NetworkMode: string };
  NetworkSettings: {
    SandboxKey: string;
    Ports: Record<string, { HostIp: string; HostPort: string }[] | null>;
    Networks: Record<string, { IPAddress: string; Gateway: string; MacAddress: string }>;
  };
}

export function parseDockerContainer(text: string): DockerContainer {
  const [one] = JSON.parse(text) as [ContainerJson];
  const { Ports, Networks, SandboxKey } = one.NetworkSettings;
  return {
    name: one.Name.replace(/^\//, ""),
    id: one.Id,
    running: one.State.Running,
    image: one.Config.Image,
    command: [one.Path, ...one.Args],
    networkMode: one.HostConfig.NetworkMode,
    networks: Object.fromEntries(
      Object.entries(Networks).map(([name, { IPAddress, Gateway, MacAddress }]) => [
        name,
        { ip: IPAddress, gateway: Gateway, mac: MacAddress },
      ]),
    ),
    published: Object.entries(Ports).flatMap(([port, bindings]) =>
      (bindings ?? []).map(({ HostIp, HostPort }) => ({ port, hostIp: HostIp, hostPort: Number(HostPort) })),
    ),
    netns: SandboxKey,
  };
}

interface NetworkJson {
  Id: string;
  Name: string;
  Driver: string;
  Internal: boolean;
  IPAM: { Config: { Subnet: string; Gateway: string }[] | null };
  Options: Record<string, string>;
  Containers: Record<string, { Name: string; IPv4Address: string }>;
}

export function parseDockerNetwork(text: string): DockerNetwork {
  const [one] = JSON.parse(text) as [NetworkJson];
  const [config] = one.IPAM.Config ?? [];
  const own = one.Driver === "bridge" ? `br-${one.Id.slice(0, 12)}` : "";
  return {
    name: one.Name,
    id: one.Id,
    driver: one.Driver,
    subnet: config?.Subnet ?? "",
    gateway: config?.Gateway ?? "",
    device: one.Options["com.docker.network.bridge.name"] ?? own,
    internal: one.Internal,
    containers: Object.fromEntries(
      Object.values(one.Containers).map(({ Name, IPv4Address }) => [Name, IPv4Address.split("/")[0]!]),
    ),
  };
}
