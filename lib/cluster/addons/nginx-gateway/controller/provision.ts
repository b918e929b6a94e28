import { isDeepStrictEqual } from "node:util";
import type { ClusterClient, ResourceRef } from "@/lib/cluster/client/client";
import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Service, ServicePort } from "@/lib/cluster/resources/types";
import type { Log } from "./log";

const resources: Record<string, ResourceRef> = {
  ConfigMap: refs.configMaps,
  ServiceAccount: refs.serviceAccounts,
  Service: refs.services,
  Deployment: refs.deployments,
};

/** Brings a data plane's objects to what they shall be. What others have set beside that stays: node ports above all. */
export async function provision(client: ClusterClient, wanted: KubeObject[], log: Log): Promise<void> {
  for (const object of wanted) {
    const resource = resources[object.kind]!;
    const { namespace, name } = object.metadata;
    const found = await client.get(resource, namespace, name).catch((failure: unknown) => {
      if (isNotFound(failure)) return undefined;
      throw failure;
    });
    if (!found) {
      await client.create(resource, object);
      log("info", `Created/Updated nginx ${object.kind}`, { namespace, name });
      continue;
    }
    const next = merged(found, object);
    if (isDeepStrictEqual(next, found)) continue;
    await client.update(resource, next);
    log("info", `Created/Updated nginx ${object.kind}`, { namespace, name });
  }
}

/** Takes a data plane's objects away, the Service last: while it is there somebody tries again. */
export async function deprovision(client: ClusterClient, objects: KubeObject[], log: Log): Promise<void> {
  const last = (object: KubeObject) => Number(object.kind === "Service");
  for (const object of [...objects].sort((a, b) => last(a) - last(b))) {
    const { namespace, name } = object.metadata;
    await client.delete(resources[object.kind]!, namespace, name).catch((failure: unknown) => {
      if (!isNotFound(failure)) throw failure;
    });
    log("info", `Deleted nginx ${object.kind}`, { namespace, name });
  }
}

function merged(found: KubeObject, wanted: KubeObject): KubeObject {
  const metadata = {
    ...found.metadata,
    labels: { ...found.metadata.labels, ...wanted.metadata.labels },
    ...(wanted.metadata.annotations
      ? { annotations: { ...found.metadata.annotations, ...wanted.metadata.annotations } }
      : {}),
  };
  if (wanted.kind === "Service")
    return { ...found, metadata, spec: serviceSpec(found as Service, wanted as Service) };
  return fill({ ...found, metadata }, { ...wanted, metadata }) as KubeObject;
}

function serviceSpec({ spec: found }: Service, { spec: wanted }: Service): Service["spec"] {
  const ports = (wanted.ports ?? []).map((port): ServicePort => {
    const old = (found.ports ?? []).find((one) => one.port === port.port && one.protocol === port.protocol);
    return { ...old, ...port };
  });
  return { ...found, ...wanted, ports };
}

/** `wanted` over `found`: what only `found` has, defaults of the API server, stays. */
function fill(found: unknown, wanted: unknown): unknown {
  if (Array.isArray(wanted)) {
    const old = Array.isArray(found) ? found : [];
    return wanted.map((one, index) => fill(old[index], one));
  }
  if (typeof wanted !== "object" || wanted === null) return wanted;
  const old = (typeof found === "object" && found !== null ? found : {}) as Record<string, unknown>;
  const filled = Object.entries(wanted).map(([key, value]) => [key, fill(old[key], value)]);
  return { ...old, ...Object.fromEntries(filled) };
}
