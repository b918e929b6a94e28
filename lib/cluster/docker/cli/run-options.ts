import type { ContainerState, PublishedPort } from "../engine/state";
import { FlagError, type FlagSpec, type ParsedFlags } from "./flags";

/** Of `run` and `create`. */
export const runFlags: FlagSpec = {
  "detach,d": "switch",
  "interactive,i": "switch",
  "tty,t": "switch",
  rm: "switch",
  name: "value",
  "publish,p": "list",
  "publish-all,P": "switch",
  expose: "list",
  network: "list",
  net: "list",
  "network-alias": "list",
  "net-alias": "list",
  ip: "value",
  "env,e": "list",
  "volume,v": "list",
  "hostname,h": "value",
  "workdir,w": "value",
  "user,u": "value",
  entrypoint: "value",
  "label,l": "list",
  "add-host": "list",
  dns: "list",
  restart: "value",
  privileged: "switch",
  "read-only": "switch",
  "cap-add": "list",
  "cap-drop": "list",
  "memory,m": "value",
  pull: "value",
  "quiet,q": "switch",
  init: "switch",
  "sig-proxy": "switch",
  "stop-timeout": "value",
  "log-driver": "value",
};

/** "8080:80", "127.0.0.1:8080:80/udp", "80", "8000-8001:80-81". Throws FlagError with docker's words. */
export function parsePublish(text: string): PublishedPort[] {
  const [ports = "", protocol = "tcp"] = text.split("/");
  if (protocol !== "tcp" && protocol !== "udp" && protocol !== "sctp")
    throw new FlagError(`invalid proto: ${protocol}`);
  const parts = ports.split(":");
  if (parts.length > 3) throw new FlagError(`invalid IP address: ${parts.slice(0, -2).join(":")}`);
  const container = parts.at(-1)!;
  const host = parts.length > 1 ? parts.at(-2)! : "";
  const hostIp = parts.length > 2 ? parts[0]! : "";
  if (container === "") throw new FlagError(`no port specified: ${text}<empty>`);
  if (hostIp !== "" && !/^\d{1,3}(\.\d{1,3}){3}$/.test(hostIp))
    throw new FlagError(`invalid IP address: ${hostIp}`);
  const containerPorts = parseRange(container, "containerPort");
  const hostPorts = host === "" ? undefined : parseRange(host, "hostPort");
  if (hostPorts && hostPorts.length !== containerPorts.length)
    throw new FlagError(`invalid ranges specified for container and host Ports: ${container} and ${host}`);
  return containerPorts.map((containerPort, index) => ({
    ...{ containerPort, protocol, hostIp, hostPort: hostPorts?.[index] ?? 0 },
  }));
}

function parseRange(text: string, what: string): number[] {
  const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === undefined || first < 1 || last > 65_535 || last < first || last - first > 1000)
    throw new FlagError(`invalid ${what}: ${text}`);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** "/host:/container:ro", "name:/container", "/container". */
export function parseVolume(
  text: string,
  { workingDir, volumePath }: { workingDir: string; volumePath: (name: string) => string },
): ContainerState["mounts"][number] {
  const parts = text.split(":");
  const [source = "", target, mode = ""] = parts.length === 1 ? ["", parts[0]] : parts;
  if (!target?.startsWith("/"))
    throw new FlagError(
      `invalid volume specification: '${text}': invalid mount config for type "volume": invalid mount path: '${target ?? ""}' mount path must be absolute`,
    );
  if (parts.length > 3 || !/^((ro|rw|z|Z|cached|delegated)(,|$))*$/.test(mode))
    throw new FlagError(`invalid mode: ${mode}`);
  const readOnly = mode.split(",").includes("ro");
  if (source.startsWith("/")) return { source, target, readOnly };
  if (/^\.\.?(\/|$)/.test(source)) return { source: resolvePath(workingDir, source), target, readOnly };
  if (source !== "" && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(source))
    throw new FlagError(
      `create ${source}: "${source}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  const volume = source || `anonymous-${target.replace(/[^a-zA-Z0-9]+/g, "-").slice(1)}`;
  return { source: volumePath(volume), target, readOnly, volume };
}

function resolvePath(base: string, relative: string): string {
  const parts = base.split("/").filter(Boolean);
  for (const part of relative.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** "NAME=value", or "NAME" for what the caller's environment has. */
export function parseEnvironment(list: string[], own: Record<string, string>): string[] {
  return list.flatMap((text) => {
    if (text.includes("=")) return [text];
    return own[text] === undefined ? [] : [`${text}=${own[text]}`];
  });
}

export function parseLabels(list: string[]): Record<string, string> {
  return Object.fromEntries(
    list.map((text) => {
      const at = text.indexOf("=");
      return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

export function parseRestart(text: string | undefined): ContainerState["restart"] {
  const [name = "no", max = "0"] = (text ?? "no").split(":");
  if (name !== "no" && name !== "always" && name !== "unless-stopped" && name !== "on-failure")
    throw new FlagError(
      `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  if (!/^\d{1,4}$/.test(max))
    throw new FlagError("invalid restart policy format: maximum retry count must be an integer");
  return { name, max: Number(max) };
}

/** "64m", "1g", "1048576". */
export function parseMemory(text: string | undefined): number {
  if (text === undefined) return 0;
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([bkmg]?)b?$/i.exec(text) ?? [];
  if (number === undefined)
    throw new FlagError(
      `invalid argument ${JSON.stringify(text)} for "-m, --memory" flag: invalid size: '${text}'`,
    );
  return Math.floor(Number(number) * 1024 ** "bkmg".indexOf(unit.toLowerCase() || "b"));
}

/** The command with the image's own, as docker merges them. */
export function mergeCommand(
  flags: Pick<ParsedFlags, "value">,
  words: string[],
  image: { entrypoint: string[]; cmd: string[] },
): { entrypoint: string[]; cmd: string[] } {
  const entrypoint = flags.value("entrypoint");
  if (entrypoint !== undefined) return { entrypoint: entrypoint === "" ? [] : [entrypoint], cmd: words };
  return { entrypoint: image.entrypoint, cmd: words.length > 0 ? words : image.cmd };
}
