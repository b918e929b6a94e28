import { DockerError } from "../engine/docker-error";
import { attachPath } from "../engine/attach-server";
import { newEndpoint, newId } from "../engine/allocate";
import { randomName } from "../engine/names";
import { volumePath, type ContainerState, type Endpoint } from "../engine/state";
import type { HostImage } from "../host";
import { needArguments, type DockerCall, type DockerCommand } from "./command";
import { exposedPorts } from "./exposed-ports";
import { parseFlags, type ParsedFlags } from "./flags";
import { localImage, pullImage } from "./images";
import {
  mergeCommand,
  parseEnvironment,
  parseLabels,
  parseMemory,
  parsePublish,
  parseRestart,
  parseVolume,
  runFlags,
} from "./run-options";
import { familiarName } from "./units";

export const run: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, runFlags, { stopAtWord: true });
  needArguments(call, flags.words, 1);
  const container = await make(call, flags);
  const { session, engine } = call;
  if (flags.has("detach")) {
    await engine.start(container).catch(async (failure: unknown) => {
      if (container.autoRemove) await engine.remove(container);
      throw failure;
    });
    session.printOut(container.id);
    return;
  }
  return startAttached(call, container);
};

export const create: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, runFlags, { stopAtWord: true });
  needArguments(call, flags.words, 1);
  call.session.printOut((await make(call, flags)).id);
};

/** Starts it with the command's own stdio, and ends with its exit code. */
export async function startAttached(call: DockerCall, container: ContainerState): Promise<never> {
  const { engine } = call;
  const release = engine.hold(container.id);
  try {
    await engine.start(container, true);
  } catch (failure) {
    await release();
    throw failure;
  }
  return attachTo(call, container, release);
}

export async function attachTo(
  { session, engine, attachments }: DockerCall,
  container: ContainerState,
  release: () => Promise<void> = () => Promise.resolve(),
): Promise<never> {
  const ticket = attachments.ticket(engine, container, release);
  try {
    return await session.attach(attachPath, ticket, { tty: container.tty, stdin: container.openStdin });
  } finally {
    attachments.release(ticket);
    await release();
  }
}

async function make(call: DockerCall, flags: ParsedFlags): Promise<ContainerState> {
  const { session, engine } = call;
  const [reference, ...words] = flags.words as [string, ...string[]];
  const draft = draftOf(call, flags);
  const image = await present(call, flags, reference);
  const { entrypoint, cmd } = mergeCommand(flags, words, image);
  if (entrypoint.length + cmd.length === 0) throw new DockerError("no command specified");
  const container: ContainerState = {
    ...draft,
    ...{ image: image.name, imageId: image.imageId, entrypoint, cmd },
    env: mergeEnvironment(image, draft.env),
    workingDir: draft.workingDir || image.workingDir,
    exposed: [...new Set([...exposedPorts(image.name), ...draft.exposed])],
  };
  await engine.create(container);
  if (flags.has("publish") && container.networkMode === "host")
    session.print("WARNING: Published ports are discarded when using host network mode");
  return container;
}

function mergeEnvironment({ env }: HostImage, given: string[]): string[] {
  const values = new Map(
    Object.entries({ PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...env }),
  );
  for (const text of given) values.set(text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1));
  return [...values].map(([key, value]) => `${key}=${value}`);
}

async function present(call: DockerCall, flags: ParsedFlags, reference: string): Promise<HostImage> {
  const { session } = call;
  const local = await localImage(call, reference);
  const policy = flags.value("pull") ?? "missing";
  if (local && policy !== "always") return local;
  const { repository, tag } = familiarName(reference);
  if (policy === "never") throw new DockerError(`No such image: ${repository}:${tag}`);
  if (!local) session.print(`Unable to find image '${repository}:${tag}' locally`);
  return pullImage(call, reference, (line) => {
    if (!flags.has("quiet")) session.print(line);
  });
}

function draftOf(call: DockerCall, flags: ParsedFlags): ContainerState {
  const { session, engine, clock } = call;
  const id = newId();
  const name = flags.value("name") ?? randomName((one) => engine.find(one) !== undefined);
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name))
    throw new DockerError(`Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  const networks = [...flags.list("network"), ...flags.list("net")].map((one) =>
    one === "default" ? "bridge" : one,
  );
  const networkMode = networks[0] ?? "bridge";
  const endpoints: Record<string, Endpoint> = {};
  const aliases = [...flags.list("network-alias"), ...flags.list("net-alias")];
  const ip = flags.value("ip");
  for (const reference of networks.length > 0 ? networks : ["bridge"]) {
    if (reference.startsWith("container:"))
      throw new DockerError("networks of other containers are not supported in this lab");
    const network = engine.findNetwork(reference);
    if (!network) throw new DockerError(`network ${reference} not found`);
    if (ip !== undefined && (network.driver !== "bridge" || network.name === "bridge"))
      throw new DockerError(
        "invalid config for network bridge: invalid endpoint settings:\nuser specified IP address is supported on user defined networks only",
      );
    if (network.driver !== "null") endpoints[network.name] = newEndpoint(network, { ip: ip ?? "", aliases });
  }
  return {
    ...{ id, name, createdAtMs: clock.now(), image: "", imageId: "", entrypoint: [], cmd: [] },
    env: parseEnvironment(flags.list("env"), session.env),
    workingDir: flags.value("workdir") ?? "",
    hostname: flags.value("hostname") ?? (networkMode === "host" ? engine.host.name : id.slice(0, 12)),
    user: flags.value("user") === "root" ? "0" : (flags.value("user") ?? ""),
    tty: flags.has("tty"),
    openStdin: flags.has("interactive"),
    attached: !flags.has("detach"),
    autoRemove: flags.has("rm"),
    privileged: flags.has("privileged"),
    readOnly: flags.has("read-only"),
    capAdd: flags.list("cap-add"),
    capDrop: flags.list("cap-drop"),
    memoryBytes: parseMemory(flags.value("memory")),
    labels: parseLabels(flags.list("label")),
    extraHosts: flags.list("add-host"),
    dns: flags.list("dns"),
    restart: parseRestart(flags.value("restart")),
    mounts: flags
      .list("volume")
      .map((text) => parseVolume(text, { workingDir: session.env.PWD ?? "/", volumePath })),
    exposed: flags.list("expose").map((text) => (text.includes("/") ? text : `${text}/tcp`)),
    published: networkMode === "host" ? [] : flags.list("publish").flatMap(parsePublish),
    publishAll: flags.has("publish-all"),
    ...{ networkMode, endpoints, status: "created", isStopped: false, exitCode: 0, error: "" },
    ...{ restartCount: 0, sandboxId: "", dnsPort: 0, bindings: [] },
  };
}
