import { AppError } from "@/lib/core/app-error";
import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { parseOptions, UnknownFlag } from "../options";
import { fatal, type CrictlCommand } from "./command";
import { execInContainer, removeContainers, showLogs, stopContainers } from "./act";
import { pullImage, removeImages } from "./images";
import { removePods, stopPods } from "./pods";
import { showStats } from "./stats";
import { inspectContainer, inspectImage, inspectPod, showInfo } from "./inspect";
import { listContainers, listImages, listPods } from "./list";

const version = "v1.34.0";

const commands: Record<string, CrictlCommand> = {
  ps: listContainers,
  pods: listPods,
  images: listImages,
  image: listImages,
  img: listImages,
  inspect: inspectContainer,
  inspectp: inspectPod,
  inspecti: inspectImage,
  info: showInfo,
  logs: showLogs,
  exec: execInContainer,
  stop: stopContainers,
  rm: removeContainers,
  rmi: removeImages,
  stopp: stopPods,
  rmp: removePods,
  stats: showStats,
  pull: pullImage,
  version: (session) => {
    session.printOut(
      "Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  v2.1.4\nRuntimeApiVersion:  v1",
    );
    return Promise.resolve();
  },
};

const help = `NAME:
   crictl - client for CRI

USAGE:
   crictl [global options] command [command options]

COMMANDS:
   exec                Run a command in a running container
   images, image, img  List images
   inspect             Display the status of one or more containers
   inspecti            Return the status of one or more images
   inspectp            Display the status of one or more pods
   info                Display information of the container runtime
   logs                Fetch the logs of a container
   pods                List pods
   ps                  List containers
   pull                Pull an image from a registry
   rm                  Remove one or more containers
   rmi                 Remove one or more images
   rmp                 Remove one or more pods
   stats               List container(s) resource usage statistics
   stop                Stop one or more running containers
   stopp               Stop one or more running pods
   version             Display runtime version information`;

/** crictl of 1.34 over the containerd of the node that it runs on (kubernetes-sigs/cri-tools cmd/crictl). */
export async function crictl(session: AgentSession, context: AddonContext): Promise<number> {
  try {
    const options = parseOptions(
      session.hello.argv.slice(1),
      {
        "runtime-endpoint,r": "value",
        "image-endpoint,i": "value",
        "config,c": "value",
        "timeout,t": "value",
        "debug,D": "switch",
        "help,h": "switch",
        "version,v": "switch",
      },
      { stopAtWord: true },
    );
    if (options.has("version")) return (session.printOut(`crictl version ${version}`), 0);
    const [name, ...argv] = options.words;
    if (!name || name === "help" || options.has("help")) return (session.printOut(help), 0);
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) return (session.print(`crictl ${name} is not supported in this lab.`), 1);
    await connect(session, options.value("runtime-endpoint"));
    await command(session, context, argv);
    return 0;
  } catch (failure) {
    if (failure instanceof UnknownFlag) return (session.print(`Incorrect Usage: ${failure.message}`), 1);
    if (failure instanceof AppError) return fatal(session, failure.message);
    throw failure;
  }
}

/** Throws what crictl says when nobody serves the endpoint of its flag, its environment or its configuration. */
async function connect(session: AgentSession, flag: string | undefined): Promise<void> {
  const file = await session.readFile("/etc/crictl.yaml").catch(() => "");
  const endpoint =
    flag ??
    session.env.CONTAINER_RUNTIME_ENDPOINT ??
    /^runtime-endpoint:\s*["']?([^"'\s]+)/m.exec(file)?.[1] ??
    "unix:///run/containerd/containerd.sock";
  const path = endpoint.replace(/^unix:\/\//, "");
  const isContainerds = /^(\/var)?\/run\/containerd\/containerd\.sock$/.test(path);
  if (isContainerds && (await session.node.cri.isRunning())) return;
  const isThere = (await session.run(["test", "-e", path])).exitCode === 0;
  fatal(
    session,
    `validate service connection: validate CRI v1 runtime API for endpoint ${JSON.stringify(endpoint)}: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ${path}: connect: ${isThere ? "connection refused" : "no such file or directory"}"`,
  );
}
