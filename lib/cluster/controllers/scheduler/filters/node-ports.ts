import type { PodSpec } from "@/lib/cluster/resources/types";
import { check, perhaps, skip, type Filter } from "./filter";

/** kubernetes 1.34 plugins/nodeports */
export const nodePorts: Filter = {
  name: "NodePorts",
  prepare({ spec }) {
    const wanted = hostPorts(spec);
    if (wanted.length === 0) return skip;
    return check(({ pods }) =>
      pods.some((other) => hostPorts(other.spec).some((used) => wanted.some((one) => collide(one, used))))
        ? perhaps("node(s) didn't have free ports for the requested pod ports")
        : undefined,
    );
  },
};

interface HostPort {
  port: number;
  protocol: string;
  ip: string;
}

function hostPorts(spec: PodSpec): HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...spec.containers, ...sidecars].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, containerPort, protocol = "TCP", hostIP }) => {
      const port = hostPort ?? (spec.hostNetwork ? containerPort : 0);
      return port ? [{ port, protocol, ip: hostIP || "0.0.0.0" }] : [];
    }),
  );
}

function collide(a: HostPort, b: HostPort): boolean {
  return (
    a.port === b.port &&
    a.protocol === b.protocol &&
    (a.ip === b.ip || a.ip === "0.0.0.0" || b.ip === "0.0.0.0")
  );
}
