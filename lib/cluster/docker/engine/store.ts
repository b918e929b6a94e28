import { z } from "zod";
import type { DockerHost } from "../host";
import {
  containerFolder,
  containerState,
  dataRoot,
  imageState,
  networkState,
  type ContainerState,
  type ImageState,
  type NetworkState,
} from "./state";

export interface EngineState {
  /** By id, in the order in which they were made. */
  containers: Map<string, ContainerState>;
  networks: NetworkState[];
  images: ImageState[];
}

const networksPath = `${dataRoot}/network/files/networks.json`;
const imagesPath = `${dataRoot}/image/overlayfs/repositories.json`;
const configPath = (id: string) => `${containerFolder(id)}/config.v2.json`;

const readAll = `
for file in ${networksPath} ${imagesPath}; do cat "$file" 2>/dev/null; printf '\\0'; done
for file in ${dataRoot}/containers/*/config.v2.json; do [ -e "$file" ] || continue; cat "$file"; printf '\\0'; done
`;

/** What lies in the node; a file that does not hold what it should counts as one that is not there. */
export async function readState(host: DockerHost): Promise<EngineState> {
  const { stdout } = await host.exec(["sh", "-c", readAll]);
  const [networks = "", images = "", ...containers] = stdout.split("\0");
  const known = containers.flatMap((text) => parsed(containerState, text) ?? []);
  known.sort((a, b) => a.createdAtMs - b.createdAtMs);
  return {
    containers: new Map(known.map((container) => [container.id, container])),
    networks: parsed(z.array(networkState), networks) ?? [],
    images: parsed(z.array(imageState), images) ?? [],
  };
}

function parsed<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export async function writeContainer(host: DockerHost, container: ContainerState): Promise<void> {
  await host.writeFiles([
    { path: configPath(container.id), content: JSON.stringify(container), mode: 0o600 },
  ]);
}

export async function writeNetworks(host: DockerHost, networks: NetworkState[]): Promise<void> {
  await host.writeFiles([{ path: networksPath, content: JSON.stringify(networks), mode: 0o600 }]);
}

export async function writeImages(host: DockerHost, images: ImageState[]): Promise<void> {
  await host.writeFiles([{ path: imagesPath, content: JSON.stringify(images), mode: 0o600 }]);
}
