import type { ContainerState } from "../engine/state";
import { DockerError } from "../engine/docker-error";
import { needArguments, type DockerCall, type DockerCommand } from "./command";
import { parseFlags } from "./flags";
import { showList } from "./show";
import { familiarName, humanDuration, shortId } from "./units";

const heads = {
  ...{ ID: "CONTAINER ID", Image: "IMAGE", Command: "COMMAND", RunningFor: "CREATED", Status: "STATUS" },
  ...{ Ports: "PORTS", Names: "NAMES", Networks: "NETWORKS", Labels: "LABELS", State: "STATE" },
  ...{ CreatedAt: "CREATED AT", Mounts: "MOUNTS", Size: "SIZE", LocalVolumes: "LOCAL VOLUMES" },
};

export const ps: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, {
    ...{
      "all,a": "switch",
      "quiet,q": "switch",
      "no-trunc": "switch",
      "latest,l": "switch",
      "size,s": "switch",
    },
    ...{ "last,n": "value", format: "value", "filter,f": "list" },
  });
  needArguments(call, flags.words, 0, 0);
  const last = flags.has("latest") ? 1 : Number(flags.value("last") ?? -1);
  const filters = flags.list("filter").map(parseFilter);
  const isAll = flags.has("all") || last > 0 || filters.some(({ key }) => key === "status");
  const chosen = call.engine.containers
    .filter((container) => (isAll || container.status === "running") && matches(container, filters))
    .sort((a, b) => b.createdAtMs - a.createdAtMs)
    .slice(0, last > 0 ? last : undefined);
  const rows = chosen.map((container) => rowOf(call, container, flags.has("no-trunc")));
  showList(call.session, rows, {
    ...{ format: flags.value("format"), quiet: flags.has("quiet"), heads, id: "ID" },
    usual: ["ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"],
  });
};

function rowOf({ clock }: DockerCall, container: ContainerState, isWhole: boolean): Record<string, string> {
  const { repository, tag } = familiarName(container.image);
  const command = [...container.entrypoint, ...container.cmd].join(" ");
  return {
    ID: isWhole ? container.id : shortId(container.id),
    Image: tag === "latest" ? repository : `${repository}:${tag}`,
    Command: `"${isWhole || command.length <= 20 ? command : `${command.slice(0, 19)}…`}"`,
    CreatedAt: `${new Date(container.createdAtMs).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`,
    RunningFor: `${humanDuration(clock.now() - container.createdAtMs)} ago`,
    Status: statusOf(container, clock.now()),
    State: container.status,
    Ports: portsOf(container),
    Names: container.name,
    Networks: (container.networkMode === "none" ? ["none"] : Object.keys(container.endpoints)).join(","),
    Labels: Object.entries(container.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(","),
    Mounts: container.mounts.map(({ source, volume }) => volume ?? source).join(","),
    LocalVolumes: String(container.mounts.filter(({ volume }) => volume !== undefined).length),
    Size: "0B",
  };
}

/** "Up 5 minutes", "Exited (0) 3 seconds ago", "Created". */
export function statusOf(container: ContainerState, nowMs: number): string {
  const { status, startedAtMs, finishedAtMs, exitCode } = container;
  if (status === "running") return `Up ${humanDuration(nowMs - (startedAtMs ?? nowMs))}`;
  if (status === "created") return "Created";
  return `Exited (${exitCode}) ${humanDuration(nowMs - (finishedAtMs ?? nowMs))} ago`;
}

/** "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 443/tcp" */
export function portsOf({ status, bindings, exposed, networkMode }: ContainerState): string {
  if (status !== "running" || networkMode === "host") return "";
  const published = bindings.flatMap(({ hostIp, hostPort, containerPort, protocol }) => {
    const to = `${hostPort}->${containerPort}/${protocol}`;
    return hostIp === "" || hostIp === "0.0.0.0" ? [`0.0.0.0:${to}`, `[::]:${to}`] : [`${hostIp}:${to}`];
  });
  const rest = exposed.filter(
    (text) => !bindings.some(({ containerPort, protocol }) => text === `${containerPort}/${protocol}`),
  );
  return [...published, ...rest].join(", ");
}

interface Filter {
  key: string;
  value: string;
}

function parseFilter(text: string): Filter {
  const at = text.indexOf("=");
  if (at < 0) throw new DockerError("invalid argument format of filter (expected name=value)", 1);
  const key = text.slice(0, at);
  if (!["name", "id", "status", "network", "label", "ancestor", "publish", "exited"].includes(key))
    throw new DockerError(`invalid filter '${key}'`, 1);
  return { key, value: text.slice(at + 1) };
}

function matches(container: ContainerState, filters: Filter[]): boolean {
  const test = ({ key, value }: Filter): boolean => {
    if (key === "name") return container.name.includes(value.replace(/^\^?\/?|\$$/g, ""));
    if (key === "id") return container.id.startsWith(value);
    if (key === "status") return container.status === value;
    if (key === "network") return container.endpoints[value] !== undefined || container.networkMode === value;
    if (key === "exited") return container.status === "exited" && container.exitCode === Number(value);
    if (key === "publish")
      return container.bindings.some(({ hostPort }) => hostPort === Number(value.split("/")[0]));
    if (key === "ancestor") {
      const { repository, tag } = familiarName(container.image);
      return value === repository || value === `${repository}:${tag}`;
    }
    const [label = "", wanted] = value.split("=");
    return (
      container.labels[label] !== undefined && (wanted === undefined || container.labels[label] === wanted)
    );
  };
  // Values of one key are alternatives.
  const keys = new Set(filters.map(({ key }) => key));
  return [...keys].every((key) => filters.filter((one) => one.key === key).some(test));
}
