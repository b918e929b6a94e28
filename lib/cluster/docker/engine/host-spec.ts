import type { HostContainerSpec } from "../host";
import { DockerError } from "./docker-error";
import { containerFolder, logPathOf, netnsOf, type ContainerState } from "./state";

/** What the runtime is asked to start for a container. */
export function hostSpec(container: ContainerState, keepOutput: boolean): HostContainerSpec {
  const [uid, gid] = container.user.split(":").map(Number);
  const etc = ["hostname", "hosts", "resolv.conf"].map((name) => ({
    ...{ source: `${containerFolder(container.id)}/${name}`, target: `/etc/${name}`, readOnly: false },
  }));
  return {
    containerId: container.id,
    name: container.name,
    image: container.image,
    hostname: container.hostname,
    ...(container.networkMode === "host" ? {} : { netns: netnsOf(container) }),
    logPath: logPathOf(container.id),
    command: [...container.entrypoint, ...container.cmd],
    env: container.env.map((text) => {
      const at = text.indexOf("=");
      return { name: text.slice(0, at), value: text.slice(at + 1) };
    }),
    workingDir: container.workingDir,
    ...(container.user !== "" && Number.isInteger(uid)
      ? { user: { uid, ...(Number.isInteger(gid) ? { gid } : {}) } }
      : {}),
    mounts: [
      ...etc,
      ...container.mounts.map(({ source, target, readOnly }) => ({ source, target, readOnly })),
    ],
    privileged: container.privileged,
    capabilities: { add: container.capAdd, drop: container.capDrop },
    readOnlyRootFilesystem: container.readOnly,
    tty: container.tty,
    stdin: container.openStdin,
    keepOutput,
    ...(container.memoryBytes > 0 ? { memoryBytes: container.memoryBytes } : {}),
  };
}

/** The runtime's words for a program that cannot be started, as dockerd passes them on. */
export function startError(message: string): DockerError {
  const why = message
    .replace(/^failed to create containerd task: /, "")
    .replace("OCI runtime create failed: ", "OCI runtime create failed: runc create failed: ");
  const text = `failed to create task for container: ${why}`;
  return new DockerError(text, /not found|no such file/.test(text) ? 127 : 126);
}
