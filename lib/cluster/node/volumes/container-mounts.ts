import { posix } from "node:path";
import type { Container } from "@/lib/cluster/resources/types";
import type { ContainerMount, VolumeStep } from "../container-runtime";
import { expand } from "../environment";
import { VolumeError } from "./plan-volumes";

const propagations = { HostToContainer: "slave", Bidirectional: "shared" } as const;

/** A container's volumeMounts; /etc/hosts and the like are the runtime's. `steps` make the folders of subPaths. */
export function mountsOf(
  container: Container,
  sources: ReadonlyMap<string, string>,
  env: ReadonlyMap<string, string>,
): { mounts: ContainerMount[]; steps: VolumeStep[] } {
  const steps: VolumeStep[] = [];
  const mounts = (container.volumeMounts ?? []).map((mount) => {
    const root = sources.get(mount.name);
    if (root === undefined)
      throw new VolumeError(
        mount.name,
        `cannot find volume "${mount.name}" to mount into container "${container.name}"`,
      );
    const subPath = mount.subPathExpr
      ? expand(mount.subPathExpr, (name) => env.get(name))
      : (mount.subPath ?? "");
    if (posix.isAbsolute(subPath) || subPath.split("/").includes(".."))
      throw new VolumeError(mount.name, `subPath "${subPath}" must not leave its volume`);
    const source = subPath ? posix.join(root, subPath) : root;
    if (subPath) steps.push({ kind: "folder", path: source });
    const propagation = propagations[mount.mountPropagation as keyof typeof propagations];
    return {
      ...{ source, target: mount.mountPath, readOnly: mount.readOnly ?? false },
      ...(propagation ? { propagation } : {}),
    };
  });
  return { mounts, steps };
}
