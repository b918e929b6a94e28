import type { Clock } from "@/lib/core/clock";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import type { AttachServer } from "../engine/attach-server";
import { DockerError } from "../engine/docker-error";
import type { DockerEngine } from "../engine/engine";
import { attach, exec, kill, logs, port, remove, rename, restart, start, stop, top, wait } from "./act";
import type { DockerCall, DockerCommand } from "./command";
import { FlagError, parseFlags } from "./flags";
import { images, pull, removeImages } from "./images";
import { clientVersion, info, version, versions } from "./info";
import { inspectOf } from "./inspect";
import { networkCommands } from "./network";
import { ps } from "./ps";
import { create, run } from "./run";

const containerCommands: Record<string, DockerCommand> = {
  ...{ run, create, start, stop, restart, kill, rm: remove, exec, logs, attach, wait, rename, port, top },
  ...{ ls: ps, ps, list: ps },
  inspect: inspectOf("container"),
};

const imageCommands: Record<string, DockerCommand> = {
  ...{ ls: images, list: images, pull, rm: removeImages },
  inspect: inspectOf("image"),
};

const groups: Record<string, Record<string, DockerCommand>> = {
  container: containerCommands,
  image: imageCommands,
  network: networkCommands,
  system: { info },
};

const commands: Record<string, DockerCommand> = {
  ...{ run, create, start, stop, restart, kill, rm: remove, exec, logs, attach, wait, rename, port, top },
  ...{ ps, images, pull, rmi: removeImages, info, version },
  inspect: inspectOf(),
};

const unsupported =
  "build buildx builder checkpoint commit compose config context cp diff events export history import load login logout manifest pause plugin push save search secret service stack stats swarm tag trust unpause update volume";

const unsupportedIn: Record<string, string> = {
  container: "commit cp diff export pause prune stats unpause update",
  image: "build history import load prune push save tag",
  network: "prune",
  system: "df events prune",
};

const help = `
Usage:  docker [OPTIONS] COMMAND

A self-sufficient runtime for containers

Common Commands:
  run         Create and run a new container from an image
  exec        Execute a command in a running container
  ps          List containers
  pull        Download an image from a registry
  images      List images
  version     Show the Docker version information
  info        Display system-wide information

Management Commands:
  container   Manage containers
  image       Manage images
  network     Manage networks
  system      Manage Docker

Commands:
  attach      Attach local standard input, output, and error streams to a running container
  create      Create a new container
  inspect     Return low-level information on Docker objects
  kill        Kill one or more running containers
  logs        Fetch the logs of a container
  port        List port mappings or a specific mapping for the container
  rename      Rename a container
  restart     Restart one or more containers
  rm          Remove one or more containers
  rmi         Remove one or more images
  start       Start one or more stopped containers
  stop        Stop one or more running containers
  top         Display the running processes of a container
  wait        Block until one or more containers stop, then print their exit codes

Run 'docker COMMAND --help' for more information on a command.`;

/** docker of 27.5 over the engine of the node that it runs on (docker/cli). */
export async function docker(
  session: AgentSession,
  services: { engine: DockerEngine; attachments: AttachServer; clock: Clock },
): Promise<number> {
  const own = parseFlags(
    session.hello.argv.slice(1),
    {
      ...{
        "host,H": "list",
        "context,c": "value",
        "debug,D": "switch",
        "log-level,l": "value",
        config: "value",
      },
      ...{ "version,v": "switch", help: "switch", tls: "switch" },
    },
    { stopAtWord: true },
  );
  if (own.has("version"))
    return (session.printOut(`Docker version ${versions.engine}, build ${versions.commit}`), 0);
  const [first, ...rest] = own.words;
  if (first === undefined || first === "help" || own.has("help")) return (session.printOut(help), 0);
  const group = Object.hasOwn(groups, first) ? groups[first] : undefined;
  const name = group ? `docker ${first} ${rest[0] ?? ""}`.trim() : `docker ${first}`;
  const argv = group ? rest.slice(1) : rest;
  const known = group ?? commands;
  const word = group ? (rest[0] ?? "") : first;
  const command = Object.hasOwn(known, word) ? known[word] : undefined;
  if (!command) return notACommand(session, first, group, word);
  return perform({ session, name, ...services }, command, argv);
}

function notACommand(
  session: AgentSession,
  first: string,
  group: Record<string, DockerCommand> | undefined,
  word: string,
): number {
  if (group && (word === "" || word.startsWith("-"))) {
    session.printOut(
      `\nUsage:  docker ${first} COMMAND\n\nCommands:\n${Object.keys(group)
        .map((one) => `  ${one}`)
        .join("\n")}`,
    );
    return 0;
  }
  const isOfDocker = (group ? unsupportedIn[first] : unsupported)?.split(" ").includes(word);
  if (isOfDocker) session.print(`docker ${group ? `${first} ` : ""}${word} is not supported in this lab.`);
  else if (group)
    session.print(
      `docker: unknown command: docker ${first} ${word}`,
      "",
      `Run 'docker ${first} --help' for more information`,
    );
  else session.print(`docker: '${first}' is not a docker command.`, "See 'docker --help'");
  return 1;
}

async function perform(call: DockerCall, command: DockerCommand, argv: string[]): Promise<number> {
  const { session, engine, name } = call;
  const isRun = /^docker (container )?(run|create)$/.test(name);
  try {
    if (!engine.isUp) {
      if (command === version) session.printOut(clientVersion);
      throw new NotConnected();
    }
    await engine.refresh();
    return (await command(call, argv)) ?? 0;
  } catch (failure) {
    if (failure instanceof FlagError) {
      session.print(isRun ? `docker: ${failure.message}` : failure.message, `See '${name} --help'.`);
      return 125;
    }
    if (failure instanceof NotConnected || failure instanceof DockerError) {
      const isOurs = failure instanceof DockerError;
      const text = `${isOurs ? "Error response from daemon: " : ""}${failure.message}`;
      if (isRun) session.print(`docker: ${text.replace(/\.$/, "")}.`, `See '${name} --help'.`);
      else session.print(text);
      return isRun ? (isOurs ? failure.exitCode : 125) : 1;
    }
    throw failure;
  }
}

class NotConnected extends Error {
  constructor() {
    super(
      "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    );
  }
}
