import { parseOptions } from "../options";
import { fatal, type CrictlCommand } from "./command";
import { findContainer } from "./find";
import { logPathOf } from "./objects";

/** Lines without their stamps, each to the stream that it was written to. */
const readLog = `
tail "$@" | while IFS= read -r line; do
  rest=\${line#* }; stream=\${rest%% *}; rest=\${rest#* }; part=\${rest%% *}; text=\${rest#* }
  [ "$rest" != "$part" ] || text=
  [ -z "$STAMPS" ] || text="\${line%% *} $text"
  [ "$part" = P ] && end= || end='\\n'
  if [ "$stream" = stderr ]; then printf "%s$end" "$text" >&2; else printf "%s$end" "$text"; fi
done`;

export const showLogs: CrictlCommand = async (session, _, argv) => {
  const options = parseOptions(argv, { "follow,f": "switch", tail: "value", "timestamps,t": "switch" });
  const [id] = options.words;
  if (!id) return fatal(session, "ID cannot be empty");
  const { container, pod } = await findContainer(session, id, "getting the status of the container");
  const lines = options.value("tail") ?? "-1";
  if (!/^-?\d+$/.test(lines)) return fatal(session, `invalid value ${JSON.stringify(lines)} for flag -tail`);
  const args = [`--lines=${lines.startsWith("-") ? "+1" : lines}`];
  if (options.has("follow") && container.state === "running") args.push("--follow=name");
  await session.become([
    ...["/bin/sh", "-c", `STAMPS=${options.has("timestamps") ? "1" : ""}${readLog}`, "crictl"],
    ...[...args, "--", pod ? logPathOf(container, pod) : ""],
  ]);
};

const crun = ["/usr/bin/crun", "--root=/run/crun", "--cgroup-manager=disabled", "exec"];

export const execInContainer: CrictlCommand = async (session, _, argv) => {
  const options = parseOptions(
    argv,
    { "interactive,i": "switch", "tty,t": "switch", "sync,s": "switch", timeout: "value" },
    { stopAtWord: true },
  );
  const [id, ...words] = options.words;
  const command = words[0] === "--" ? words.slice(1) : words;
  if (!id || command.length === 0) return fatal(session, "requires at least 2 arg(s), only received fewer");
  const { container } = await findContainer(session, id, "execing command in container");
  if (container.state !== "running")
    return fatal(
      session,
      `execing command in container: rpc error: code = Unknown desc = container is in CONTAINER_${container.state.toUpperCase()} state`,
    );
  const run = [...crun, ...(options.has("tty") ? ["--tty"] : []), container.containerId, ...command];
  await session.become(
    options.has("interactive") || options.has("tty")
      ? run
      : ["/bin/sh", "-c", 'exec "$@" </dev/null', "crictl", ...run],
  );
};

export const stopContainers: CrictlCommand = async (session, _, argv) => {
  const options = parseOptions(argv, { "timeout,t": "value" });
  if (options.words.length === 0) return fatal(session, "ID cannot be empty");
  for (const id of options.words) {
    const { container } = await findContainer(session, id, "stopping the container");
    await session.node.cri.stop(container.containerId, Number(options.value("timeout") ?? 0) * 1000);
    session.printOut(id);
  }
};

export const removeContainers: CrictlCommand = async (session, _, argv) => {
  const options = parseOptions(argv, { "force,f": "switch", "all,a": "switch" });
  const listed = options.has("all") ? (await session.node.cri.list()).containers : [];
  const ids = options.has("all") ? listed.map(({ containerId }) => containerId) : options.words;
  if (ids.length === 0 && !options.has("all")) return fatal(session, "ID cannot be empty");
  for (const id of ids) {
    const { container } = await findContainer(session, id, "removing the container");
    if (container.state === "running") {
      if (!options.has("force"))
        return fatal(
          session,
          `removing the container ${JSON.stringify(id)}: container is running, please stop it first`,
        );
      await session.node.cri.stop(container.containerId, 0);
    }
    await session.node.cri.remove(container.containerId);
    session.printOut(id);
  }
};
