import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import type { DockerHost, HostImage } from "../host";
import { DockerError } from "./docker-error";
import { netnsOf, type ContainerState, type Endpoint, type ImageState, type NetworkState } from "./state";
import { writeContainer, writeImages, type EngineState } from "./store";
import { writeEtc } from "./write-etc";

/** Where the engine's DNS server listens: in the namespaces of containers. */
export interface DnsListeners {
  listen(where: { netns: string; port: number }[]): Promise<void>;
}

/** What an engine knows, and one change of it at a time. */
export abstract class EngineBase {
  protected state: EngineState = { containers: new Map(), networks: [], images: [] };
  #turn: Promise<unknown> = Promise.resolve();
  #dns: DnsListeners | undefined;

  constructor(
    readonly host: DockerHost,
    protected readonly clock: Clock,
    protected readonly logger: Logger,
  ) {}

  get containers(): ContainerState[] {
    return [...this.state.containers.values()];
  }

  get networks(): NetworkState[] {
    return this.state.networks;
  }

  get images(): ImageState[] {
    return this.state.images;
  }

  find(reference: string): ContainerState | undefined {
    const { containers } = this.state;
    const name = reference.replace(/^\//, "");
    const exact = containers.get(reference) ?? this.containers.find((one) => one.name === name);
    if (exact) return exact;
    const begun = /^[0-9a-f]+$/.test(reference)
      ? this.containers.filter(({ id }) => id.startsWith(reference))
      : [];
    if (begun.length > 1) throw new DockerError(`Multiple IDs found with provided prefix: ${reference}`);
    return begun[0];
  }

  mustFind(reference: string): ContainerState {
    const found = this.find(reference);
    if (!found) throw new DockerError(`No such container: ${reference}`, 1);
    return found;
  }

  findNetwork(reference: string): NetworkState | undefined {
    const { networks } = this.state;
    const exact = networks.find(({ name, id }) => name === reference || id === reference);
    if (exact) return exact;
    const begun = /^[0-9a-f]+$/.test(reference) ? networks.filter(({ id }) => id.startsWith(reference)) : [];
    return begun.length === 1 ? begun[0] : undefined;
  }

  mustFindNetwork(reference: string): NetworkState {
    const found = this.findNetwork(reference);
    if (!found) throw new DockerError(`network ${reference} not found`, 1);
    return found;
  }

  hasImage(name: string): boolean {
    return this.state.images.some((image) => image.name === name);
  }

  /** Makes an image present; false when it was. */
  pull(image: HostImage): Promise<boolean> {
    return this.exclusive(async () => {
      if (this.hasImage(image.name)) return false;
      this.state.images.push({ name: image.name, imageId: image.imageId, pulledAtMs: this.clock.now() });
      await writeImages(this.host, this.state.images);
      return true;
    });
  }

  removeImage(name: string): Promise<void> {
    return this.exclusive(async () => {
      this.state.images = this.state.images.filter((image) => image.name !== name);
      await writeImages(this.host, this.state.images);
    });
  }

  async useDns(dns: DnsListeners | undefined): Promise<void> {
    this.#dns = dns;
    await this.listenDns();
  }

  protected exclusive<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  protected async sh(...scripts: string[]): Promise<void> {
    const script = scripts.filter((one) => one !== "").join("\n");
    if (script === "") return;
    const { exitCode, stderr } = await this.host.exec(["sh", "-ec", script]);
    if (exitCode !== 0) throw new DockerError(stderr.trim() || `exit status ${exitCode}`);
  }

  protected save(container: ContainerState): Promise<void> {
    return writeContainer(this.host, container);
  }

  /** The container's bridge networks, the one that leads out first. */
  protected bridges(container: ContainerState): [NetworkState, Endpoint][] {
    return Object.entries(container.endpoints).flatMap(([name, endpoint]) => {
      const network = this.state.networks.find((one) => one.name === name);
      return network?.driver === "bridge" ? [[network, endpoint] as [NetworkState, Endpoint]] : [];
    });
  }

  protected writeEtc(container: ContainerState): Promise<void> {
    const bridgeGateway = this.state.networks.find(({ name }) => name === "bridge")?.gateway ?? "";
    return writeEtc(this.host, container, { bridges: this.bridges(container), bridgeGateway });
  }

  protected async listenDns(): Promise<void> {
    const where = this.containers
      .filter(({ status, dnsPort }) => status === "running" && dnsPort > 0)
      .map((container) => ({ netns: netnsOf(container), port: container.dnsPort }));
    await this.#dns?.listen(where).catch((failure: unknown) => {
      this.logger.warn(
        { err: failure, node: this.host.name },
        "a Docker engine's DNS server does not listen",
      );
    });
  }
}
