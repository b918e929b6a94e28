import type { AgentSession } from "../agents/agent-session";

/** The configuration that Weave Net 2.8 writes (the function setup_cni of its script). */
export const weaveConflist = `{
    "cniVersion": "0.3.0",
    "name": "weave",
    "plugins": [
        {
            "name": "weave",
            "type": "weave-net",
            "hairpinMode": true
        },
        {
            "type": "portmap",
            "capabilities": {"portMappings": true},
            "snat": true
        }
    ]
}
`;

/** init.sh of weave-kube: the plugin and its configuration come to the node. */
export async function installWeave(session: AgentSession): Promise<number> {
  const bin = "/host/opt/cni/bin";
  const plugin = `${bin}/weave-plugin-2.8.1`;
  await session.must(["mkdir", "-p", bin]);
  // Beside and then in place: a plugin that runs cannot be written over.
  await session.must(["cp", "-f", "/home/weave/plugin", `${plugin}.tmp`]);
  await session.must(["mv", "-f", `${plugin}.tmp`, plugin]);
  for (const name of ["weave-net", "weave-ipam"])
    await session.must(["ln", "-sf", "weave-plugin-2.8.1", `${bin}/${name}`]);
  await session.writeFile("/host/etc/cni/net.d/10-weave.conflist", weaveConflist);
  return 0;
}
