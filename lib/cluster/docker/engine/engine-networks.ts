import { EngineBase } from "./engine-base";
import { allocate, newDnsPort, newEndpoint, newId } from "./allocate";
import { DockerError } from "./docker-error";
import { nextAddress, nextSubnet, subnetsOverlap } from "./pools";
import { unpublishScript } from "./publish";
import { addScript, deleteScript, engineRules, networkRules, setUpScript } from "./rules";
import { isUserDefined, type ContainerState, type NetworkState } from "./state";
import { writeNetworks } from "./store";
import { connectScript, disconnectScript, dnsScript, makeBridgeScript, removeBridgeScript } from "./wire";

/** An engine's networks: made, removed, and containers put into them and taken out. */
export abstract class EngineNetworks extends EngineBase {
  createNetwork(draft: {
    name: string;
    subnet: string | undefined;
    gateway: string | undefined;
    device: string | undefined;
    internal: boolean;
    labels: Record<string, string>;
  }): Promise<NetworkState> {
    return this.exclusive(async () => {
      if (this.state.networks.some(({ name }) => name === draft.name))
        throw new DockerError(`network with name ${draft.name} already exists`, 1);
      const own = this.state.networks.filter(({ driver }) => driver === "bridge");
      if (draft.subnet && own.some(({ subnet }) => subnetsOverlap(subnet, draft.subnet!)))
        throw new DockerError("invalid pool request: Pool overlaps with other one on this address space", 1);
      const network = await this.#newBridge(draft);
      this.state.networks.push(network);
      await this.raise([network]);
      await writeNetworks(this.host, this.state.networks);
      return network;
    });
  }

  removeNetwork(network: NetworkState): Promise<void> {
    return this.exclusive(async () => {
      if (network.driver !== "bridge" || network.name === "bridge")
        throw new DockerError(`${network.name} is a pre-defined network and cannot be removed`, 1);
      const users = this.containers.filter(
        ({ status, endpoints }) => status === "running" && endpoints[network.name],
      );
      if (users.length > 0)
        throw new DockerError(
          `error while removing network: network ${network.name} has active endpoints (${users
            .map(
              ({ name, endpoints }) =>
                `name:${JSON.stringify(name)} id:${JSON.stringify(endpoints[network.name]!.endpointId.slice(0, 12))}`,
            )
            .join(", ")})`,
          1,
        );
      await this.sh(deleteScript(networkRules(network)), removeBridgeScript(network));
      this.state.networks = this.state.networks.filter((other) => other !== network);
      await writeNetworks(this.host, this.state.networks);
    });
  }

  connect(
    network: NetworkState,
    container: ContainerState,
    options: { ip: string; aliases: string[] },
  ): Promise<void> {
    return this.exclusive(async () => {
      if (network.driver === "host" || container.networkMode === "host")
        throw new DockerError(
          "container sharing network namespace with another container or host cannot be connected to any other network",
          1,
        );
      if (container.endpoints[network.name])
        throw new DockerError(
          `endpoint with name ${container.name} already exists in network ${network.name}`,
          1,
        );
      const endpoint = newEndpoint(network, options);
      container.endpoints[network.name] = endpoint;
      if (container.status === "running") {
        try {
          allocate(container, network, endpoint, { others: this.containers, before: undefined });
          const hasWayOut = this.bridges(container).some(
            ([, other]) => other !== endpoint && other.ip !== "",
          );
          const isFirstOwn = isUserDefined(network) && container.dnsPort === 0;
          if (isFirstOwn) container.dnsPort = newDnsPort(this.containers);
          await this.sh(
            connectScript(container, network, endpoint, !hasWayOut),
            isFirstOwn ? dnsScript(container) : "",
          );
          await this.writeEtc(container);
        } catch (failure) {
          delete container.endpoints[network.name];
          throw failure;
        }
        await this.listenDns();
      }
      await this.save(container);
    });
  }

  disconnect(network: NetworkState, container: ContainerState): Promise<void> {
    return this.exclusive(async () => {
      const endpoint = container.endpoints[network.name];
      if (!endpoint)
        throw new DockerError(`container ${container.id} is not connected to network ${network.name}`, 1);
      if (container.status === "running") {
        const isPublishing = this.bridges(container)[0]?.[1] === endpoint;
        await this.sh(
          isPublishing ? unpublishScript(network, endpoint.ip, container.bindings) : "",
          disconnectScript(endpoint),
        );
        if (isPublishing) container.bindings = [];
      }
      delete container.endpoints[network.name];
      if (container.status === "running") await this.writeEtc(container);
      await this.save(container);
    });
  }

  protected async setUp(): Promise<void> {
    if (!this.state.networks.some(({ name }) => name === "bridge")) {
      const bridge = await this.#newBridge({ name: "bridge", device: "docker0" });
      const bare = (name: string, driver: "host" | "null"): NetworkState => ({
        ...{ id: newId(), name, driver, createdAtMs: this.clock.now() },
        ...{ subnet: "", gateway: "", device: "", internal: false, labels: {} },
      });
      this.state.networks = [bridge, bare("host", "host"), bare("none", "null")];
      await writeNetworks(this.host, this.state.networks);
    }
    // Where `ip netns` looks, too: namespaces of this engine are found by their names.
    const bridges = this.state.networks.filter(({ driver }) => driver === "bridge");
    await this.sh(
      "mkdir -p /var/run/docker/netns; rmdir /var/run/netns 2>/dev/null || true",
      "[ -e /var/run/netns ] || ln -s /var/run/docker/netns /var/run/netns",
      ...bridges.map(makeBridgeScript),
      setUpScript([...engineRules(), ...bridges.flatMap(networkRules)]),
    );
  }

  protected raise(networks: NetworkState[]): Promise<void> {
    return this.sh(
      ...networks.map((network) => `${makeBridgeScript(network)}\n${addScript(networkRules(network))}`),
    );
  }

  async #newBridge(draft: {
    name: string;
    subnet?: string;
    gateway?: string;
    device?: string;
    internal?: boolean;
    labels?: Record<string, string>;
  }): Promise<NetworkState> {
    const id = newId();
    let { subnet } = draft;
    if (!subnet) {
      const { stdout } = await this.host.exec(["ip", "-4", "route", "show"]);
      const routes = [...stdout.matchAll(/^(\d+(?:\.\d+){3}\/\d+) /gm)].map(([, route]) => route!);
      subnet = nextSubnet([...routes, ...this.state.networks.flatMap(({ subnet: own }) => own || [])]);
      if (!subnet)
        throw new DockerError(
          "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
          1,
        );
    }
    return {
      ...{ id, name: draft.name, driver: "bridge", createdAtMs: this.clock.now(), subnet },
      gateway: draft.gateway ?? nextAddress(subnet, [])!,
      device: draft.device ?? `br-${id.slice(0, 12)}`,
      internal: draft.internal ?? false,
      labels: draft.labels ?? {},
    };
  }
}
