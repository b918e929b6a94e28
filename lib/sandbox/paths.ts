import { join } from "node:path";

/** Where labd keeps things: `dataDir` survives a reboot, `runDir` does not. */
export interface LabdPaths {
  dataDir: string;
  runDir: string;
}

/**
 * The places of one sandbox. All of them follow from its id, so that whatever a crash left can be found and removed.
 * Mount points lie under runDir, whose folders root in a lab's user namespace can pass through; dataDir may not be so.
 */
export function sandboxPaths({ dataDir, runDir }: LabdPaths, sandboxId: string) {
  const data = join(dataDir, "labs", sandboxId);
  const run = join(runDir, "labs", sandboxId);
  return {
    data,
    record: join(data, "sandbox.json"),
    diskImage: join(data, "disk.img"),
    run,
    /** Where clusterd listens for the nodes of a group: bound read-only at /run/examctl. */
    api: (group: string | undefined) => join(run, group === undefined ? "api" : `api-${group}`),
    /** Where clusterd listens for what the nodes ask of the world outside. */
    outside: join(run, "outside"),
    /** Root only: the control sockets of the nodes' PID 1. */
    control: join(run, "ctl"),
    crun: join(run, "crun"),
    disk: join(run, "disk"),
    /** While the lab is archived or unpacked. */
    transfer: join(run, "transfer"),
    layer: (name: string) => join(run, "layers", name),
    node: (index: number) => {
      const folder = join(run, "nodes", String(index));
      const onDisk = join(run, "disk/nodes", String(index));
      return {
        folder,
        root: join(folder, "root"),
        bundle: join(folder, "bundle"),
        pidFile: join(folder, "pid"),
        /** Named by index: a socket's path has at most 107 bytes. */
        control: join(run, "ctl", `${index}.sock`),
        onDisk,
        upper: join(onDisk, "upper"),
        work: join(onDisk, "work"),
        containerd: join(onDisk, "containerd"),
        cri: join(data, `node-${index}.json`),
      };
    },
  };
}
export type SandboxPaths = ReturnType<typeof sandboxPaths>;
export type NodePaths = ReturnType<SandboxPaths["node"]>;
