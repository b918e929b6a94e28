import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { ApiUnderTest } from "./api-under-test";
import { Tally, type SetReport } from "./report";

interface ResourceList {
  resources: { name: string; storageVersionHash?: string }[];
}
interface Aggregated {
  items: {
    metadata: { name?: string };
    versions: { version: string; resources: { resource: string }[] }[];
  }[];
}

/** The groups that a cluster of examctl serves, in the versions that it serves them; "" is the core. */
const served: Record<string, string[]> = {
  "": ["v1"],
  "admissionregistration.k8s.io": ["v1"],
  "apiextensions.k8s.io": ["v1"],
  "apiregistration.k8s.io": ["v1"],
  apps: ["v1"],
  "authentication.k8s.io": ["v1"],
  "authorization.k8s.io": ["v1"],
  autoscaling: ["v2", "v1"],
  batch: ["v1"],
  "certificates.k8s.io": ["v1"],
  "coordination.k8s.io": ["v1"],
  "discovery.k8s.io": ["v1"],
  "events.k8s.io": ["v1"],
  "flowcontrol.apiserver.k8s.io": ["v1"],
  "networking.k8s.io": ["v1"],
  "node.k8s.io": ["v1"],
  policy: ["v1"],
  "rbac.authorization.k8s.io": ["v1"],
  "resource.k8s.io": ["v1"],
  "scheduling.k8s.io": ["v1"],
  "storage.k8s.io": ["v1"],
};

interface Group {
  name: string;
  versions: { groupVersion: string; version: string }[];
  preferredVersion: { groupVersion: string; version: string };
}

/** Legacy and aggregated discovery of every group that is to be served against upstream's documents. */
export async function checkDiscovery(api: ApiUnderTest, upstream: string): Promise<SetReport> {
  const tally = new Tally("discovery", "groups and resources");
  const folder = join(upstream, "discovery");
  const read = <T>(file: string) => JSON.parse(readFileSync(join(folder, file), "utf8")) as T;
  const names = Object.keys(served).filter((name) => name !== "");

  // Where the server may be reached differs from one cluster to the next.
  const withoutAddress = ({ serverAddressByClientCIDRs: _, ...rest }: Record<string, unknown>) => rest;
  tellSame(tally, "/api", withoutAddress(await api.getJson("/api")), withoutAddress(read("api.json")));
  const groupsOf = ({ groups }: { groups: Group[] }) => groups.map((group) => [group.name, group] as const);
  const theirGroups = groupsOf(read<{ groups: Group[] }>("apis.json"))
    .filter(([name]) => Object.hasOwn(served, name))
    .map(([name, group]) => [name, onlyServed(name, group)] as const);
  const ourGroups = groupsOf(await api.getJson<{ groups: Group[] }>("/apis"));
  compare(tally, "/apis", ourGroups, theirGroups);
  const order = (groups: (readonly [string, unknown])[]) => groups.map(([name]) => name);
  tellSame(tally, "/apis: the order of groups", order(ourGroups), order(theirGroups));
  for (const name of names)
    tellSame(
      tally,
      `/apis/${name}`,
      await api.getJson(`/apis/${name}`),
      onlyServed(name, read<Group>(`apis__${name}.json`)),
    );

  const paths = names.flatMap((name) => served[name]!.map((version) => `/apis/${name}/${version}`));
  for (const path of ["/api/v1", ...paths]) {
    const strip = ({ resources }: ResourceList) =>
      resources.map(({ storageVersionHash: _, ...rest }) => [rest.name, rest] as const);
    const file = `${path.slice(1).replaceAll("/", "__")}.json`;
    compare(tally, path, strip(await api.getJson(path)), strip(read(file)));
  }

  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const theirs = read<Aggregated>("aggregated_v2.json");
  const ours = await api.getJson<Aggregated>("/apis", accept);
  for (const name of names) {
    const [own, same] = [ours, theirs].map(({ items }) => items.find((one) => one.metadata.name === name));
    for (const version of served[name]!) {
      const named = (group: typeof own) =>
        (group?.versions.find((one) => one.version === version)?.resources ?? []).map(
          (one) => [one.resource, one] as const,
        );
      compare(tally, `aggregated ${name}/${version}`, named(own), named(same));
    }
  }
  // Of the core group upstream's documents have the list of /api/v1 alone: the aggregated form says the same.
  const { resources } = read<ResourceList>("api__v1.json");
  const core = (await api.getJson<Aggregated>("/api", accept)).items[0]!.versions[0]!.resources;
  tellSame(
    tally,
    "aggregated /api",
    core.map(({ resource }) => resource).sort(),
    resources
      .map(({ name }) => name)
      .filter((name) => !name.includes("/"))
      .sort(),
  );
  return tally.finish();
}

/** A group of upstream's as a server has it that does not serve its other versions. */
function onlyServed(name: string, group: Group): Group {
  const versions = group.versions.filter(({ version }) => served[name]!.includes(version));
  return { ...group, versions };
}

function tellSame(tally: Tally, where: string, ours: unknown, theirs: unknown): void {
  const same = isDeepStrictEqual(ours, theirs);
  tally.add(where, same ? undefined : `${JSON.stringify(ours)} instead of ${JSON.stringify(theirs)}`);
}

function compare(
  tally: Tally,
  where: string,
  ours: (readonly [string, unknown])[],
  theirs: (readonly [string, unknown])[],
): void {
  const own = new Map(ours);
  const upstream = new Map(theirs);
  for (const name of new Set([...own.keys(), ...upstream.keys()])) {
    const [mine, wanted] = [own.get(name), upstream.get(name)];
    if (isDeepStrictEqual(mine, wanted)) tally.add(`${where} ${name}`);
    else if (!mine) tally.add(`${where} ${name}`, "is not served");
    else if (!wanted) tally.add(`${where} ${name}`, "is not upstream's");
    else tally.add(`${where} ${name}`, `${JSON.stringify(mine)} instead of ${JSON.stringify(wanted)}`);
  }
}
