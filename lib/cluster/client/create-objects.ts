import { AppError } from "@/lib/core/app-error";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { kinds } from "@/lib/cluster/resources";
import type { ClusterClient } from "./client";
import { isAlreadyExists } from "./status";

/** Creates objects, namespaces before what is in them; those that are there stay as they are. */
export async function createObjects(client: ClusterClient, objects: KubeObject[]): Promise<void> {
  const isNamespace = ({ kind }: KubeObject) => kind === "Namespace";
  await createAll(client, objects.filter(isNamespace));
  await createAll(
    client,
    objects.filter((object) => !isNamespace(object)),
  );
}

async function createAll(client: ClusterClient, objects: KubeObject[]): Promise<void> {
  await Promise.all(
    objects.map(async (object) => {
      try {
        await client.create(refOf(object), object);
      } catch (failure) {
        if (!isAlreadyExists(failure)) throw failure;
      }
    }),
  );
}

function refOf(object: KubeObject) {
  const [group, version] = object.apiVersion.includes("/")
    ? object.apiVersion.split("/")
    : ["", object.apiVersion];
  const kind = kinds.find(
    (one) => one.group === group && one.version === version && one.kind === object.kind,
  );
  if (!kind) throw new AppError("invalid", `No kind ${object.kind} of ${object.apiVersion} is served.`);
  return { group: kind.group, version: kind.version, plural: kind.plural };
}
