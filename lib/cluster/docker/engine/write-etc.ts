import type { DockerHost } from "../host";
import { hostsFile, readResolvConf, resolvConf } from "./etc-files";
import {
  containerFolder,
  isUserDefined,
  type ContainerState,
  type Endpoint,
  type NetworkState,
} from "./state";

const script = `
cd "$1"
printf %s "$2" > hosts
printf %s "$3" > resolv.conf
printf %s "$4" > hostname
shift 4
for source in "$@"; do [ -e "$source" ] || mkdir -p "$source"; done
`;

/** A container's hosts, resolv.conf and hostname, in place, for they are mounted; and the folders that it mounts. */
export async function writeEtc(
  host: DockerHost,
  container: ContainerState,
  { bridges, bridgeGateway }: { bridges: [NetworkState, Endpoint][]; bridgeGateway: string },
): Promise<void> {
  const { stdout } = await host.exec(["sh", "-c", "cat /etc/resolv.conf; printf '\\0'; cat /etc/hosts"]);
  const [hostResolv = "", hostHosts = ""] = stdout.split("\0");
  const resolver = readResolvConf(hostResolv);
  if (container.dns.length > 0) resolver.servers = container.dns;
  const isHost = container.networkMode === "host";
  const own = bridges.filter(([, { ip }]) => ip !== "");
  const extra = container.extraHosts.map((text) => {
    const at = text.search(/[:=]/);
    const ip = text.slice(at + 1);
    return { ip: ip === "host-gateway" ? bridgeGateway : ip, names: [text.slice(0, at)] };
  });
  const hosts = hostsFile([...extra, ...own.map(([, { ip }]) => ({ ip, names: [container.hostname] }))]);
  const isInternal = own.some(([network]) => isUserDefined(network));
  const folder = containerFolder(container.id);
  await host.exec([
    ...["sh", "-ec", script, "etc", folder],
    isHost ? hostHosts : hosts,
    isHost && container.dns.length === 0 ? hostResolv : resolvConf(resolver, isInternal),
    `${container.hostname}\n`,
    ...container.mounts.map(({ source }) => source),
  ]);
}
