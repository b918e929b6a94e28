import { randomBytes, randomInt } from "node:crypto";
import { DockerError } from "./docker-error";
import { isHostOf, macOf, nextAddress } from "./pools";
import type { ContainerState, Endpoint, NetworkState } from "./state";

/** 64 hexadecimal digits. */
export const newId = () => randomBytes(32).toString("hex");

const idle = { endpointId: "", ip: "", mac: "", veth: "", device: "" };

export function newEndpoint(
  network: NetworkState,
  { ip = "", aliases = [] }: { ip?: string; aliases?: string[] },
): Endpoint {
  return { ...idle, networkId: network.id, wantedIp: ip, aliases };
}

/** What an endpoint has while its container runs is given back. */
export function release(container: ContainerState): void {
  for (const endpoint of Object.values(container.endpoints)) Object.assign(endpoint, idle);
  container.sandboxId = "";
  container.dnsPort = 0;
  container.bindings = [];
}

/**
 * Gives an endpoint its address, MAC and devices: the address that was asked for, or else that which it had `before` if it is
 * free, or else the lowest. Throws DockerError.
 */
export function allocate(
  container: ContainerState,
  network: NetworkState,
  endpoint: Endpoint,
  { others, before }: { others: ContainerState[]; before: string | undefined },
): void {
  const taken = [
    network.gateway,
    ...others.flatMap((other) =>
      other !== container && other.status === "running" ? (other.endpoints[network.name]?.ip ?? []) : [],
    ),
  ];
  const { wantedIp } = endpoint;
  if (wantedIp && !isHostOf(network.subnet, wantedIp))
    throw new DockerError(
      `invalid config for network ${network.name}: invalid endpoint settings:\nno configured subnet or ip-range contain the IP address ${wantedIp}`,
    );
  if (wantedIp && taken.includes(wantedIp)) throw new DockerError("Address already in use");
  const wanted = wantedIp || before;
  const ip = wanted && !taken.includes(wanted) ? wanted : nextAddress(network.subnet, taken);
  if (!ip)
    throw new DockerError(
      `no available IPv4 addresses on this network's address pools: ${network.name} (${network.id})`,
    );
  const devices = new Set(Object.values(container.endpoints).map(({ device }) => device));
  let index = 0;
  while (devices.has(`eth${index}`)) index++;
  Object.assign(endpoint, {
    ...{ ip, mac: macOf(ip), endpointId: newId(), device: `eth${index}` },
    veth: `veth${randomBytes(4).toString("hex").slice(0, 7)}`,
  });
}

/** A port that no other container's namespace has for its names: so a question tells who asks. */
export function newDnsPort(containers: ContainerState[]): number {
  const taken = new Set(containers.map(({ dnsPort }) => dnsPort));
  for (;;) {
    const port = randomInt(33_000, 60_000);
    if (!taken.has(port)) return port;
  }
}
