import type { DockerEngine } from "../engine/engine";
import { prefixOf } from "../engine/pools";
import {
  containerFolder,
  isUserDefined,
  logPathOf,
  netnsOf,
  type ContainerState,
  type NetworkState,
} from "../engine/state";
import type { HostImage } from "../host";
import { exposedPorts } from "./exposed-ports";
import { familiarName, goTime } from "./units";

/** What `docker inspect` prints: the Engine API's objects (moby/moby api/docs v1.47), as far as a lab's engine knows them. */

export function containerObject(engine: DockerEngine, container: ContainerState): Record<string, unknown> {
  const { id, entrypoint, cmd, status, exposed } = container;
  const isRunning = status === "running";
  const [path = "", ...args] = [...entrypoint, ...cmd];
  const folder = containerFolder(id);
  const networks = networkSettings(engine, container);
  const first = Object.values(networks)[0];
  const isOnBridge = container.endpoints.bridge !== undefined;
  const legacy = isOnBridge ? networks.bridge! : emptyEndpoint;
  return {
    Id: id,
    Created: goTime(container.createdAtMs),
    Path: path,
    Args: args,
    State: {
      Status: status,
      Running: isRunning,
      Paused: false,
      Restarting: false,
      OOMKilled: false,
      Dead: false,
      Pid: isRunning ? engine.pidOf(id) : 0,
      ExitCode: container.exitCode,
      Error: container.error,
      StartedAt: goTime(container.startedAtMs),
      FinishedAt: goTime(container.finishedAtMs),
    },
    Image: container.imageId,
    ResolvConfPath: `${folder}/resolv.conf`,
    HostnamePath: `${folder}/hostname`,
    HostsPath: `${folder}/hosts`,
    LogPath: logPathOf(id),
    Name: `/${container.name}`,
    RestartCount: container.restartCount,
    Driver: "overlayfs",
    Platform: "linux",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: "",
    ExecIDs: null,
    HostConfig: hostConfig(container),
    GraphDriver: { Data: null, Name: "overlayfs" },
    Mounts: container.mounts.map(({ source, target, readOnly, volume }) => ({
      Type: volume === undefined ? "bind" : "volume",
      ...(volume === undefined ? {} : { Name: volume }),
      Source: source,
      Destination: target,
      ...(volume === undefined ? {} : { Driver: "local" }),
      Mode: readOnly ? "ro" : "",
      RW: !readOnly,
      Propagation: volume === undefined ? "rprivate" : "",
    })),
    Config: {
      Hostname: container.hostname,
      Domainname: "",
      User: container.user,
      AttachStdin: container.attached && container.openStdin,
      AttachStdout: container.attached,
      AttachStderr: container.attached,
      ...(exposed.length > 0 ? { ExposedPorts: Object.fromEntries(exposed.map((text) => [text, {}])) } : {}),
      Tty: container.tty,
      OpenStdin: container.openStdin,
      StdinOnce: container.attached && container.openStdin,
      Env: container.env,
      Cmd: cmd.length > 0 ? cmd : null,
      Image: shortImage(container.image),
      Volumes: null,
      WorkingDir: container.workingDir === "/" ? "" : container.workingDir,
      Entrypoint: entrypoint.length > 0 ? entrypoint : null,
      OnBuild: null,
      Labels: container.labels,
    },
    NetworkSettings: {
      Bridge: "",
      SandboxID: container.sandboxId,
      SandboxKey:
        container.sandboxId === ""
          ? ""
          : container.networkMode === "host"
            ? "/var/run/docker/netns/default"
            : netnsOf(container),
      Ports: isRunning ? portMap(container) : {},
      HairpinMode: false,
      LinkLocalIPv6Address: "",
      LinkLocalIPv6PrefixLen: 0,
      SecondaryIPAddresses: null,
      SecondaryIPv6Addresses: null,
      EndpointID: legacy.EndpointID,
      Gateway: legacy.Gateway,
      GlobalIPv6Address: "",
      GlobalIPv6PrefixLen: 0,
      IPAddress: legacy.IPAddress,
      IPPrefixLen: legacy.IPPrefixLen,
      IPv6Gateway: "",
      MacAddress: isOnBridge ? (first?.MacAddress ?? "") : "",
      Networks: networks,
    },
  };
}

const emptyEndpoint = { EndpointID: "", Gateway: "", IPAddress: "", IPPrefixLen: 0, MacAddress: "" };

type EndpointObject = typeof emptyEndpoint & Record<string, unknown>;

function networkSettings(engine: DockerEngine, container: ContainerState): Record<string, EndpointObject> {
  const shape = (
    network: NetworkState | undefined,
    own: Partial<typeof emptyEndpoint>,
    more: object,
  ): EndpointObject => ({
    IPAMConfig: null,
    Links: null,
    Aliases: null,
    DriverOpts: null,
    NetworkID: network?.id ?? "",
    ...emptyEndpoint,
    IPv6Gateway: "",
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
    DNSNames: null,
    ...own,
    ...more,
  });
  const { networkMode } = container;
  if (networkMode === "none") return { none: shape(engine.findNetwork("none"), {}, {}) };
  return Object.fromEntries(
    Object.entries(container.endpoints).map(([name, endpoint]) => {
      const network = engine.findNetwork(name);
      const isOwn = network !== undefined && isUserDefined(network);
      const isUp = endpoint.ip !== "";
      return [
        name,
        shape(
          network,
          {
            EndpointID: endpoint.endpointId,
            Gateway: isUp ? (network?.gateway ?? "") : "",
            IPAddress: endpoint.ip,
            IPPrefixLen: isUp && network ? prefixOf(network.subnet) : 0,
            MacAddress: endpoint.mac,
          },
          isOwn
            ? {
                IPAMConfig: endpoint.wantedIp ? { IPv4Address: endpoint.wantedIp } : null,
                Aliases: endpoint.aliases.length > 0 ? endpoint.aliases : null,
                DNSNames: [container.name, ...endpoint.aliases, container.id.slice(0, 12)],
              }
            : {},
        ),
      ];
    }),
  );
}

function portMap({ bindings, exposed }: ContainerState): Record<string, unknown> {
  const map: Record<string, { HostIp: string; HostPort: string }[] | null> = Object.fromEntries(
    exposed.map((text) => [text, null]),
  );
  for (const { hostIp, hostPort, containerPort, protocol } of bindings) {
    const hosts = hostIp === "" || hostIp === "0.0.0.0" ? ["0.0.0.0", "::"] : [hostIp];
    map[`${containerPort}/${protocol}`] = [
      ...(map[`${containerPort}/${protocol}`] ?? []),
      ...hosts.map((host) => ({ HostIp: host, HostPort: String(hostPort) })),
    ];
  }
  return map;
}

function hostConfig(container: ContainerState): Record<string, unknown> {
  const ports: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { hostIp, hostPort, containerPort, protocol } of container.published)
    (ports[`${containerPort}/${protocol}`] ??= []).push({
      HostIp: hostIp,
      HostPort: hostPort === 0 ? "" : String(hostPort),
    });
  return {
    Binds:
      container.mounts.length > 0
        ? container.mounts.map(
            ({ source, target, readOnly, volume }) => `${volume ?? source}:${target}${readOnly ? ":ro" : ""}`,
          )
        : null,
    LogConfig: { Type: "json-file", Config: {} },
    NetworkMode: container.networkMode,
    PortBindings: ports,
    RestartPolicy: { Name: container.restart.name, MaximumRetryCount: container.restart.max },
    AutoRemove: container.autoRemove,
    CapAdd: container.capAdd.length > 0 ? container.capAdd : null,
    CapDrop: container.capDrop.length > 0 ? container.capDrop : null,
    Dns: container.dns,
    ExtraHosts: container.extraHosts.length > 0 ? container.extraHosts : null,
    IpcMode: "private",
    PidMode: "",
    Privileged: container.privileged,
    PublishAllPorts: container.publishAll,
    ReadonlyRootfs: container.readOnly,
    Memory: container.memoryBytes,
    Runtime: "runc",
  };
}

function shortImage(name: string): string {
  const { repository, tag } = familiarName(name);
  return tag === "latest" ? repository : `${repository}:${tag}`;
}

export function networkObject(engine: DockerEngine, network: NetworkState): Record<string, unknown> {
  const isBridge = network.driver === "bridge";
  const containers = engine.containers.filter(
    ({ status, endpoints }) => status === "running" && endpoints[network.name] !== undefined,
  );
  return {
    Name: network.name,
    Id: network.id,
    Created: goTime(network.createdAtMs),
    Scope: "local",
    Driver: network.driver,
    EnableIPv6: false,
    IPAM: {
      Driver: "default",
      Options: isBridge && network.name !== "bridge" ? {} : null,
      Config: isBridge ? [{ Subnet: network.subnet, Gateway: network.gateway }] : null,
    },
    Internal: network.internal,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: Object.fromEntries(
      containers.map(({ id, name, endpoints }) => {
        const { endpointId, mac, ip } = endpoints[network.name]!;
        return [
          id,
          {
            Name: name,
            EndpointID: endpointId,
            MacAddress: mac,
            IPv4Address: ip === "" ? "" : `${ip}/${prefixOf(network.subnet)}`,
            IPv6Address: "",
          },
        ];
      }),
    ),
    Options: optionsOf(network),
    Labels: network.labels,
  };
}

function optionsOf({ name, id, device }: NetworkState): Record<string, string> {
  if (name === "bridge") return bridgeOptions;
  const isNamed = device !== "" && device !== `br-${id.slice(0, 12)}`;
  return isNamed ? { "com.docker.network.bridge.name": device } : {};
}

const bridgeOptions = {
  "com.docker.network.bridge.default_bridge": "true",
  "com.docker.network.bridge.enable_icc": "true",
  "com.docker.network.bridge.enable_ip_masquerade": "true",
  "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
  "com.docker.network.bridge.name": "docker0",
  "com.docker.network.driver.mtu": "1500",
};

export function imageObject(image: HostImage): Record<string, unknown> {
  const { repository, tag } = familiarName(image.name);
  const exposed = exposedPorts(image.name);
  return {
    Id: image.imageId,
    RepoTags: [`${repository}:${tag}`],
    RepoDigests: [`${repository}@${image.imageId}`],
    Architecture: "amd64",
    Os: "linux",
    Size: image.sizeBytes,
    Config: {
      ...(exposed.length > 0 ? { ExposedPorts: Object.fromEntries(exposed.map((text) => [text, {}])) } : {}),
      Env: Object.entries(image.env).map(([key, value]) => `${key}=${value}`),
      Cmd: image.cmd.length > 0 ? image.cmd : null,
      Entrypoint: image.entrypoint.length > 0 ? image.entrypoint : null,
      WorkingDir: image.workingDir,
    },
  };
}
