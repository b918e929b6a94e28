import { z } from "zod";
import type { Addon } from "../addon";
import type { AgentPrograms } from "../agents/agent-session";
import { flanneld } from "./flanneld";
import { flannelObjects } from "./objects";

const options = z.object({ backend: z.enum(["vxlan", "host-gw"]).default("vxlan") }).strict();

/** flannel: a vxlan between the nodes' bridges, no NetworkPolicy. */
export const flannel: Addon<z.infer<typeof options>> = {
  name: "flannel",
  isNetwork: true,
  parse: (value) => options.parse(value),
  objects: ({ podCidr }, { backend }) => flannelObjects(podCidr, backend),
};

export const flannelPrograms: AgentPrograms = {
  flanneld,
  /** install-conf FROM TO: what `cp -f` did in older manifests. */
  async "install-conf"(session) {
    const [, from = "", to = ""] = session.hello.argv;
    await session.writeFile(to, await session.readFile(from));
    return 0;
  },
};
