import { netnsOf, type ContainerState, type Endpoint, type NetworkState } from "./state";
import { prefixOf } from "./pools";

/**
 * Shell scripts that wire a container, as libnetwork does by netlink. Every word in them is the engine's own or was checked
 * by its schema: devices, addresses, hexadecimal ids.
 */

export function makeNamespaceScript(container: Pick<ContainerState, "sandboxId">): string {
  const path = netnsOf(container);
  return [
    `mkdir -p ${path.slice(0, path.lastIndexOf("/"))}`,
    `touch ${path}`,
    `unshare --net=${path} true`,
    `nsenter --net=${path} ip link set lo up`,
  ].join("\n");
}

/** Its cables go with it. */
export function removeNamespaceScript(container: Pick<ContainerState, "sandboxId">): string {
  const path = netnsOf(container);
  return `umount --lazy ${path} 2>/dev/null || true\nrm -f ${path}`;
}

/** A veth pair with one end in the bridge and the other in the namespace; `isDefault`: the way out leads through it. */
export function connectScript(
  container: Pick<ContainerState, "sandboxId">,
  network: NetworkState,
  endpoint: Endpoint,
  isDefault: boolean,
): string {
  const netns = netnsOf(container);
  const inside = `nsenter --net=${netns} ip`;
  const draft = `${endpoint.veth}t`;
  const gateway = network.internal ? "" : network.gateway;
  return [
    `ip link add ${endpoint.veth} type veth peer name ${draft}`,
    `ip link set ${endpoint.veth} master ${network.device}`,
    `ip link set ${draft} netns ${netns}`,
    `${inside} link set ${draft} name ${endpoint.device} address ${endpoint.mac}`,
    `${inside} address add ${endpoint.ip}/${prefixOf(network.subnet)} broadcast + dev ${endpoint.device}`,
    `${inside} link set ${endpoint.device} up`,
    `ip link set ${endpoint.veth} up`,
    ...(isDefault && gateway !== "" ? [`${inside} route replace default via ${gateway}`] : []),
  ].join("\n");
}

export function disconnectScript(endpoint: Endpoint): string {
  return `ip link delete ${endpoint.veth} 2>/dev/null || true`;
}

/** Leads 127.0.0.11:53 of a namespace to the port where the engine's DNS server listens there. */
export function dnsScript(container: Pick<ContainerState, "sandboxId" | "dnsPort">): string {
  const { dnsPort: port } = container;
  const protocols = ["tcp", "udp"];
  const restore = [
    "*nat",
    ":DOCKER_OUTPUT - [0:0]",
    ":DOCKER_POSTROUTING - [0:0]",
    "-A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT",
    "-A POSTROUTING -d 127.0.0.11/32 -j DOCKER_POSTROUTING",
    ...protocols.map(
      (protocol) =>
        `-A DOCKER_OUTPUT -d 127.0.0.11/32 -p ${protocol} -m ${protocol} --dport 53 -j DNAT --to-destination 127.0.0.11:${port}`,
    ),
    ...protocols.map(
      (protocol) =>
        `-A DOCKER_POSTROUTING -s 127.0.0.11/32 -p ${protocol} -m ${protocol} --sport ${port} -j SNAT --to-source :53`,
    ),
    "COMMIT",
  ];
  return `nsenter --net=${netnsOf(container)} iptables-restore <<'RULES'\n${restore.join("\n")}\nRULES`;
}

export function makeBridgeScript({ device, gateway, subnet }: NetworkState): string {
  return [
    `ip link show ${device} >/dev/null 2>&1 || ip link add ${device} address $(printf '02:42:%02x:%02x:%02x:%02x' $(od -An -N4 -tu1 /dev/urandom)) type bridge`,
    `ip address replace ${gateway}/${prefixOf(subnet)} broadcast + dev ${device}`,
    `ip link set ${device} up`,
  ].join("\n");
}

export function removeBridgeScript({ device }: NetworkState): string {
  return `ip link delete ${device} 2>/dev/null || true`;
}
