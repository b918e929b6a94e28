import type { ApiUnderTest } from "./api-under-test";

interface Discovery {
  items: {
    metadata: { name?: string };
    versions: {
      version: string;
      /** Absent for a group whose own server cannot be reached. */
      resources?: { resource: string; scope: string; responseKind: { kind: string; version: string } }[];
    }[];
  }[];
}

export interface ServedResource {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
}

/** Every kind that discovery lists now, as a client's RESTMapper knows it. */
export async function readResources(api: ApiUnderTest): Promise<ServedResource[]> {
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const documents = await Promise.all(["/api", "/apis"].map((path) => api.getJson<Discovery>(path, accept)));
  return documents.flatMap(({ items }) =>
    items.flatMap(({ metadata, versions }) =>
      versions.flatMap(({ version, resources = [] }) =>
        resources.map(({ resource, scope, responseKind }) => ({
          group: metadata.name ?? "",
          version,
          kind: responseKind.kind,
          plural: resource,
          namespaced: scope === "Namespaced",
        })),
      ),
    ),
  );
}

/** Discovery that is read again when a kind is not known yet, as kubectl does. */
export class RestMapper {
  #known: ServedResource[] = [];

  constructor(private readonly api: ApiUnderTest) {}

  async find(apiVersion: string, kind: string): Promise<ServedResource | undefined> {
    const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
    const find = () =>
      this.#known.find((one) => one.group === group && one.version === version && one.kind === kind);
    const found = find();
    if (found) return found;
    this.#known = await readResources(this.api);
    return find();
  }
}

/** "/apis/apps/v1/namespaces/default/deployments" */
export function collectionPath(resource: ServedResource, namespace = "default"): string {
  const { group, version, plural, namespaced } = resource;
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  return namespaced ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`;
}
