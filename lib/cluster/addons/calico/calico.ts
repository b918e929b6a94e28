import { z } from "zod";
import type { Addon } from "../addon";
import type { AgentPrograms } from "../agents/agent-session";
import { calicoNode } from "./calico-node";
import { installCalico } from "./install";
import { calicoLine } from "./log";
import { calicoObjects } from "./objects";
import { tigeraOperator } from "./operator/operator";

const options = z.object({ overlay: z.enum(["ipip", "vxlan", "none"]).default("vxlan") }).strict();

/** Calico: a routed veth a pod, no bridge; blocks of addresses for the nodes. */
export const calico: Addon<z.infer<typeof options>> = {
  name: "calico",
  isNetwork: true,
  parse: (value) => options.parse(value),
  objects: (_, { overlay }) =>
    calicoObjects({
      ...{ overlay, backend: overlay === "vxlan" ? "vxlan" : "bird" },
      ...{ namespace: "kube-system", version: "v3.28.2", hasPools: false },
    }),
};

export const calicoPrograms: AgentPrograms = {
  "calico-node": calicoNode,
  install: installCalico,
  operator: tigeraOperator,
  /** What `docker run calico/node` starts. */
  start_runit: (session) => session.become(["/bin/calico-node", "-felix"]),
  async "kube-controllers"(session, { clock }) {
    const log = (text: string) => session.announce(calicoLine("INFO", text, clock.now()));
    log("main.go 107: Loaded configuration from environment");
    log("main.go 131: Ensuring Calico datastore is initialized");
    log("main.go 158: Calico datastore is initialized");
    log("main.go 195: Getting initial config snapshot from datastore");
    log("main.go 339: Starting controllers");
    log('controllers.go 82: Starting controller ControllerType="Node"');
    await session.ended();
  },
  // It is a program of the pod's own: that it runs at all says that the pod does.
  "check-status": (session) => {
    session.printOut("Ready");
    return Promise.resolve(0);
  },
};
