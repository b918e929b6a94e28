import type { DockerHost } from "../host";
import { DockerError } from "./docker-error";
import { addScript, deleteScript, portRules } from "./rules";
import type { ContainerState, NetworkState, PublishedPort } from "./state";

type Binding = ContainerState["bindings"][number];

const firstDynamicPort = 32_768;

/** Host ports for what a container publishes; 0 gets one that nobody has. Throws for one that another container has. */
export function choosePorts(
  wanted: PublishedPort[],
  taken: PublishedPort[],
  describe: (why: string) => string,
): PublishedPort[] {
  const all = [...taken];
  return wanted.map((port) => {
    const isTaken = (hostPort: number) =>
      all.some(
        (other) =>
          other.hostPort === hostPort &&
          other.protocol === port.protocol &&
          (isAny(other.hostIp) || isAny(port.hostIp) || other.hostIp === port.hostIp),
      );
    let { hostPort } = port;
    if (hostPort === 0) for (hostPort = firstDynamicPort; isTaken(hostPort); hostPort++);
    else if (isTaken(hostPort))
      throw new DockerError(
        describe(`Bind for ${port.hostIp || "0.0.0.0"}:${hostPort} failed: port is already allocated`),
      );
    const chosen = { ...port, hostPort };
    all.push(chosen);
    return chosen;
  });
}

function isAny(hostIp: string): boolean {
  return hostIp === "" || hostIp === "0.0.0.0";
}

/** Says "HOST PORT PROTO" of the first that a process of the node has, or starts the proxies and prints their pids. */
const startProxies = `
while read -r proto host port ip to; do
  [ "$proto" = udp ] && kind=u || kind=t
  if ss -H -ln$kind "sport = :$port" | awk -v host="$host" '{ sub(/:[0-9]+$/, "", $4); if ($4 == host || $4 == "*" || $4 == "[::]" || $4 == "0.0.0.0" || host == "0.0.0.0") found = 1 } END { exit !found }'; then
    echo "taken $proto $host $port"; exit 0
  fi
done < "$1"
while read -r proto host port ip to; do
  for address in "$host" $([ "$host" = 0.0.0.0 ] && [ -e /proc/net/if_inet6 ] && echo ::); do
    setsid /usr/bin/docker-proxy -proto "$proto" -host-ip "$address" -host-port "$port" -container-ip "$ip" -container-port "$to" </dev/null >/dev/null 2>&1 &
    echo "$port $proto $!"
  done
done < "$1"
`;

/** Rules and proxies for a running container's ports. Throws DockerError when a process of the node has one of them. */
export async function publish(
  host: DockerHost,
  network: NetworkState,
  ip: string,
  ports: PublishedPort[],
  describe: (why: string) => string,
): Promise<Binding[]> {
  if (ports.length === 0) return [];
  const list = ports
    .map(
      ({ protocol, hostIp, hostPort, containerPort }) =>
        `${protocol} ${hostIp || "0.0.0.0"} ${hostPort} ${ip} ${containerPort}\n`,
    )
    .join("");
  const script = `list=$(mktemp); trap 'rm -f "$list"' EXIT; cat > "$list"; set -- "$list"\n${startProxies}`;
  const { stdout, stderr, exitCode } = await host.exec(["sh", "-c", script], list);
  if (exitCode !== 0) throw new DockerError(describe(stderr.trim()));
  const [, protocol, at, port] = /^taken (\S+) (\S+) (\S+)/m.exec(stdout) ?? [];
  if (port)
    throw new DockerError(
      describe(
        `failed to bind port ${at}:${port}/${protocol}: Error starting userland proxy: listen ${protocol}4 ${at}:${port}: bind: address already in use`,
      ),
    );
  const pids = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  const rules = ports.flatMap((one) => portRules(network, ip, one));
  await host.exec(["sh", "-c", addScript(rules)]);
  return ports.map((one) => ({
    ...one,
    pids: pids
      .filter(([number, proto]) => Number(number) === one.hostPort && proto === one.protocol)
      .map(([, , pid]) => Number(pid)),
  }));
}

/** A shell script that takes rules and proxies away. */
export function unpublishScript(network: NetworkState, ip: string, bindings: Binding[]): string {
  const pids = bindings.flatMap((binding) => binding.pids);
  return [
    deleteScript(bindings.flatMap((one) => portRules(network, ip, one))),
    ...pids.map(
      (pid) =>
        `[ "$(cat /proc/${pid}/comm 2>/dev/null)" != docker-proxy ] || kill ${pid} 2>/dev/null || true`,
    ),
  ].join("\n");
}
