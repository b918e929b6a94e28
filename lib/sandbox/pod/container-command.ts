import { AppError } from "@/lib/core/app-error";
import { processCapabilities } from "./container-oci";
import { crun } from "./launch-container";
import { findContainer, monitored, type NodeRuntime } from "./node-runtime";

export interface ContainerCommand {
  argv: string[];
  env: Record<string, string>;
  tty: boolean;
  /** Default: the container's own. */
  cwd?: string;
}

/** crun's own options know no supplementary groups: a whole description of the process does. */
const execByProcess = `
id=$1 process=$2
shift 2
exec ${crun.join(" ")} exec "$@" --process /dev/fd/9 "$id" 9<<END
$process
END
`;

/** The command line that, run in the node, runs a command in a container. Throws `conflict` when it does not run. */
export async function execCommand(
  runtime: NodeRuntime,
  containerId: string,
  command: ContainerCommand,
): Promise<{ argv: string[] }> {
  const { process, spec } = await findContainer(runtime, containerId);
  if ((await monitored(runtime)).get(containerId)?.state !== "running")
    throw new AppError("conflict", `container not running: ${containerId}`);
  // crun takes the environment from here alone as soon as one variable is given.
  const env = [
    ...process.env,
    ...(command.tty ? ["TERM=xterm-256color"] : []),
    ...Object.entries(command.env).map(([key, value]) => `${key}=${value}`),
  ];
  const { uid, gid } = process.user;
  if (spec.additionalGids?.length)
    return {
      argv: [
        ...["sh", "-c", execByProcess, "exec", containerId],
        JSON.stringify({
          terminal: command.tty,
          args: command.argv,
          env,
          cwd: command.cwd ?? process.cwd,
          user: { uid, gid, additionalGids: spec.additionalGids },
          capabilities: processCapabilities(spec, uid),
          noNewPrivileges: spec.noNewPrivileges,
        }),
        ...(command.tty ? ["--tty"] : []),
      ],
    };
  return {
    argv: [
      ...[...crun, "exec", "--cwd", command.cwd ?? process.cwd, "--user", `${uid}:${gid}`],
      ...(command.tty ? ["--tty"] : []),
      ...env.flatMap((value) => ["--env", value]),
      ...[containerId, ...command.argv],
    ],
  };
}

/** The command line that, run in the node, writes a container's log to its stdout, to its end or as it grows. */
export async function logCommand(
  runtime: NodeRuntime,
  containerId: string,
  options: { follow: boolean; tailLines?: number },
): Promise<string[]> {
  const { logPath } = await findContainer(runtime, containerId);
  const known = (await monitored(runtime)).get(containerId);
  const lines = options.tailLines === undefined ? "+1" : String(options.tailLines);
  const follow =
    options.follow && known?.state === "running"
      ? ["--follow", `--pid=${known.pid}`, "--sleep-interval=0.2"]
      : [];
  return ["tail", `--lines=${lines}`, ...follow, "--", logPath];
}
