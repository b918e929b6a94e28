/**
 * containerd's stock 10-containerd-net.conflist (containerd script/setup/install-cni) for one node's pod range, but for
 * ipMasq: the plugin would hide pods behind their node from those of other nodes, and run iptables nine times for each.
 */
export function bridgeConflist(options: { bridge: string; podCidr: string }): string {
  const conflist = {
    cniVersion: "1.0.0",
    name: "containerd-net",
    plugins: [
      {
        type: "bridge",
        bridge: options.bridge,
        isGateway: true,
        ipMasq: false,
        promiscMode: true,
        ipam: {
          type: "host-local",
          ranges: [[{ subnet: options.podCidr }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
  return `${JSON.stringify(conflist, null, 2)}\n`;
}
