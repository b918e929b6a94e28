import { AppError } from "@/lib/core/app-error";
import type { HostContainer } from "../host";
import { allocate, newDnsPort, newId, release } from "./allocate";
import { DockerError } from "./docker-error";
import { EngineNetworks } from "./engine-networks";
import { hostSpec, startError } from "./host-spec";
import { choosePorts, publish, unpublishScript } from "./publish";
import { containerFolder, isUserDefined, type ContainerState } from "./state";
import { readState } from "./store";
import {
  connectScript,
  disconnectScript,
  dnsScript,
  makeNamespaceScript,
  removeNamespaceScript,
} from "./wire";

/** How long a container gets to end by itself. */
const graceMs = 10_000;
const restartFirstMs = 100;
const restartMaxMs = 60_000;

/**
 * The Docker engine of one node: what dockerd keeps and does. One change at a time; what it knows is in the node's
 * /var/lib/docker and comes along when the lab is frozen.
 */
export class DockerEngine extends EngineNetworks {
  #follow: AbortController | undefined;
  #ending: Promise<void> = Promise.resolve();
  #changed = new Set<() => void>();
  #pids = new Map<string, number>();
  #held = new Map<string, number>();

  /** Whether dockerd runs. */
  get isUp(): boolean {
    return this.#follow !== undefined;
  }

  /** In the node, of one that runs. */
  pidOf(id: string): number {
    return this.#pids.get(id) ?? 0;
  }

  /**
   * dockerd has started, or (`isResumed`) this side has and finds it running. Networks and rules are made; containers that
   * ran when a lab was frozen and those with a restart policy are started.
   */
  async up(isResumed: boolean): Promise<void> {
    await this.#ending;
    await this.exclusive(async () => {
      this.state = await readState(this.host);
      if (!isResumed) await this.setUp();
      await this.#settle(!isResumed);
      this.#follow?.abort();
      this.#follow = new AbortController();
      void this.#followChanges(this.#follow.signal);
    });
  }

  /** dockerd ends or has ended: nothing of it goes on, nor do its containers (without live-restore). Safe to repeat. */
  down(): Promise<void> {
    if (!this.isUp) return this.#ending;
    this.detach();
    this.#ending = this.#stopAll().catch((failure: unknown) => {
      this.logger.warn({ err: failure, node: this.host.name }, "a Docker engine did not end cleanly");
    });
    return this.#ending;
  }

  async #stopAll(): Promise<void> {
    const running = this.containers.filter(({ status }) => status === "running");
    await Promise.all(running.map(({ id }) => this.host.stopContainer(id, graceMs).catch(() => undefined)));
    await this.exclusive(async () => {
      const instances = await this.host.listContainers().catch(() => [] as HostContainer[]);
      for (const container of running)
        if (container.status === "running")
          await this.#ended(
            container,
            instances.find(({ containerId }) => containerId === container.id),
          );
    });
  }

  /** Lets go; the node goes on as it is. */
  detach(): void {
    this.#follow?.abort();
    this.#follow = undefined;
  }

  create(container: ContainerState): Promise<void> {
    return this.exclusive(async () => {
      const holder = this.containers.find(({ name }) => name === container.name);
      if (holder)
        throw new DockerError(
          `Conflict. The container name "/${container.name}" is already in use by container "${holder.id}". You have to remove (or rename) that container to be able to reuse that name.`,
        );
      for (const name of Object.keys(container.endpoints)) this.mustFindNetwork(name);
      this.state.containers.set(container.id, container);
      await this.save(container);
    });
  }

  /** Nothing happens for one that runs. Throws DockerError; the container stays as it was then. */
  start(container: ContainerState, keepOutput = false): Promise<void> {
    return this.exclusive(() => this.#start(container, keepOutput));
  }

  async stop(container: ContainerState, timeoutMs = graceMs): Promise<void> {
    container.isStopped = true;
    if (container.status === "running") await this.host.stopContainer(container.id, timeoutMs);
    await this.exclusive(async () => {
      await this.#settle(false);
      if (this.state.containers.has(container.id)) await this.save(container);
    });
  }

  async kill(container: ContainerState, signal: string): Promise<void> {
    if (container.status !== "running")
      throw new DockerError(
        `cannot kill container: ${container.id}: container ${container.id} is not running`,
        1,
      );
    container.isStopped = signal === "KILL" || signal === "9";
    await this.host.killContainer(container.id, signal).catch((failure: unknown) => {
      if (AppError.from(failure).code !== "conflict") throw failure;
    });
  }

  /** Of one that does not run. */
  remove(container: ContainerState): Promise<void> {
    return this.exclusive(() => this.#remove(container));
  }

  rename(container: ContainerState, name: string): Promise<void> {
    return this.exclusive(async () => {
      if (this.containers.some((other) => other.name === name))
        throw new DockerError(
          `Error when allocating new name: Conflict. The container name "/${name}" is already in use by container "${this.mustFind(name).id}". You have to remove (or rename) that container to be able to reuse that name.`,
        );
      container.name = name;
      await this.save(container);
    });
  }

  /** Takes note of what has ended on the node. */
  refresh(): Promise<void> {
    return this.exclusive(() => this.#settle(false));
  }

  /** Keeps a container that is to be removed when it has ended until the function that it returns is called. */
  hold(id: string): () => Promise<void> {
    this.#held.set(id, (this.#held.get(id) ?? 0) + 1);
    let isHeld = true;
    return async () => {
      if (!isHeld) return;
      isHeld = false;
      const count = this.#held.get(id)! - 1;
      if (count > 0) return void this.#held.set(id, count);
      this.#held.delete(id);
      const container = this.state.containers.get(id);
      if (container?.autoRemove)
        await this.exclusive(async () => {
          await this.#settle(false);
          if (this.state.containers.has(id) && container.status !== "running") await this.#remove(container);
        });
    };
  }

  /** Resolves with its exit code when it does not run, or rejects when `signal` aborts. */
  async ended(container: ContainerState, signal: AbortSignal): Promise<number> {
    while (container.status === "running" && this.isUp) {
      await new Promise<void>((resolve, reject) => {
        const done = () => {
          this.#changed.delete(done);
          signal.removeEventListener("abort", abort);
          resolve();
        };
        const abort = () => {
          this.#changed.delete(done);
          reject(signal.reason as Error);
        };
        if (signal.aborted) return abort();
        this.#changed.add(done);
        signal.addEventListener("abort", abort, { once: true });
      });
    }
    return container.exitCode;
  }

  async #start(container: ContainerState, keepOutput: boolean, isThawed = false): Promise<void> {
    if (container.status === "running" && !isThawed) return;
    const before = new Map(Object.entries(container.endpoints).map(([name, { ip }]) => [name, ip]));
    release(container);
    container.sandboxId = newId();
    try {
      await this.#wire(container, isThawed ? before : new Map());
      await this.#launch(container, keepOutput);
    } catch (failure) {
      await this.#unwire(container);
      container.status = container.startedAtMs === undefined ? "created" : "exited";
      if (failure instanceof DockerError) {
        container.error = failure.message;
        container.exitCode = failure.exitCode === 125 ? 128 : failure.exitCode;
      }
      await this.save(container);
      throw failure;
    }
  }

  async #wire(container: ContainerState, before: Map<string, string>): Promise<void> {
    if (container.networkMode === "host") return;
    const bridges = this.bridges(container);
    for (const [network, endpoint] of bridges)
      allocate(container, network, endpoint, { others: this.containers, before: before.get(network.name) });
    const hasOwn = bridges.some(([network]) => isUserDefined(network));
    if (hasOwn) container.dnsPort = newDnsPort(this.containers);
    await this.sh(
      makeNamespaceScript(container),
      ...bridges.map(([network, endpoint], index) =>
        connectScript(container, network, endpoint, index === 0),
      ),
      hasOwn ? dnsScript(container) : "",
    );
    const [first] = bridges;
    if (!first) return;
    const [network, endpoint] = first;
    const describe = (why: string) =>
      `driver failed programming external connectivity on endpoint ${container.name} (${endpoint.endpointId}): ${why}`;
    const wanted = [...container.published];
    if (container.publishAll)
      for (const text of container.exposed) {
        const [port, protocol] = text.split("/");
        if (!wanted.some((one) => one.containerPort === Number(port)))
          wanted.push({
            ...{ containerPort: Number(port), hostIp: "", hostPort: 0 },
            protocol: protocol === "udp" ? "udp" : "tcp",
          });
      }
    const taken = this.containers.flatMap((other) => (other === container ? [] : other.bindings));
    const ports = choosePorts(wanted, taken, describe);
    container.bindings = await publish(this.host, network, endpoint.ip, ports, describe);
  }

  async #launch(container: ContainerState, keepOutput: boolean): Promise<void> {
    await this.writeEtc(container);
    container.status = "running";
    await this.listenDns();
    const instance = await this.host.startContainer(hostSpec(container, keepOutput));
    if (instance.reason === "StartError") throw startError(instance.message ?? "");
    container.startedAtMs = instance.startedAtMs ?? this.clock.now();
    container.finishedAtMs = undefined;
    container.exitCode = 0;
    container.error = "";
    container.isStopped = false;
    if (instance.pid !== undefined) this.#pids.set(container.id, instance.pid);
    await this.save(container);
    this.#tell();
  }

  async #unwire(container: ContainerState): Promise<void> {
    const [first] = this.bridges(container);
    await this.sh(
      first && container.bindings.length > 0
        ? unpublishScript(first[0], first[1].ip, container.bindings)
        : "",
      ...this.bridges(container).flatMap(([, endpoint]) =>
        endpoint.veth === "" ? [] : [disconnectScript(endpoint)],
      ),
      container.sandboxId !== "" && container.networkMode !== "host" ? removeNamespaceScript(container) : "",
    ).catch((failure: unknown) => {
      this.logger.warn({ err: failure, container: container.id }, "a container's network was not unmade");
    });
    release(container);
  }

  async #remove(container: ContainerState): Promise<void> {
    await this.host.removeContainer(container.id);
    this.state.containers.delete(container.id);
    this.#pids.delete(container.id);
    await this.host.exec(["rm", "-rf", containerFolder(container.id)]);
    this.#tell();
  }

  async #ended(container: ContainerState, instance: HostContainer | undefined): Promise<void> {
    container.status = "exited";
    container.exitCode = instance?.exitCode ?? 255;
    container.finishedAtMs = instance?.finishedAtMs ?? this.clock.now();
    this.#pids.delete(container.id);
    await this.#unwire(container);
    await this.save(container);
    await this.listenDns();
    this.#tell();
  }

  /** Takes note of containers that have ended; with `isBoot`, those that should run are started. */
  async #settle(isBoot: boolean): Promise<void> {
    const instances = new Map((await this.host.listContainers()).map((one) => [one.containerId, one]));
    for (const container of this.containers) {
      const instance = instances.get(container.id);
      if (container.status !== "running") {
        if (isBoot && shouldRestart(container, true)) await this.#restart(container);
        continue;
      }
      if (instance?.state === "running") {
        if (instance.pid !== undefined) this.#pids.set(container.id, instance.pid);
        continue;
      }
      if (isBoot && (!instance || instance.reason === "Unknown")) {
        // The lab was at rest: what ran goes on running, under its old address.
        await this.#start(container, false, true).catch((failure: unknown) => {
          this.logger.warn({ err: failure, container: container.id }, "a container was not started again");
        });
        continue;
      }
      await this.#ended(container, instance);
      if (container.autoRemove) {
        if (!this.#held.has(container.id)) await this.#remove(container);
      } else if (shouldRestart(container, false)) this.#restartLater(container);
    }
  }

  async #restart(container: ContainerState): Promise<void> {
    container.restartCount++;
    await this.#start(container, false).catch(() => undefined);
  }

  #restartLater(container: ContainerState): void {
    const signal = this.#follow?.signal;
    const waitMs = Math.min(restartFirstMs * 2 ** container.restartCount, restartMaxMs);
    void this.clock
      .sleep(waitMs, signal)
      .then(() =>
        this.exclusive(async () => {
          if (container.status === "exited" && shouldRestart(container, false))
            await this.#restart(container);
        }),
      )
      .catch(() => undefined);
  }

  async #followChanges(signal: AbortSignal): Promise<void> {
    let revision = 0;
    while (!signal.aborted) {
      try {
        const next = await this.host.waitForChange(revision, signal);
        if (next.revision === revision || signal.aborted) continue;
        revision = next.revision;
        await this.exclusive(async () => {
          if (!signal.aborted) await this.#settle(false);
        });
      } catch (failure) {
        if (signal.aborted) return;
        this.logger.warn(
          { err: failure, node: this.host.name },
          "a Docker engine could not look at its node",
        );
        await this.clock.sleep(1000, signal).catch(() => undefined);
      }
    }
  }

  #tell(): void {
    for (const done of [...this.#changed]) done();
  }
}

function shouldRestart(
  { restart, isStopped, exitCode, restartCount, startedAtMs }: ContainerState,
  isBoot: boolean,
): boolean {
  if (startedAtMs === undefined) return false;
  if (restart.name === "always") return isBoot || !isStopped;
  if (isStopped) return false;
  if (restart.name === "unless-stopped") return true;
  return (
    restart.name === "on-failure" &&
    exitCode !== 0 &&
    !isBoot &&
    (restart.max === 0 || restartCount < restart.max)
  );
}
