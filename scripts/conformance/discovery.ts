import { existsSync, readFileSync } from "node:fs";
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

/** Legacy and aggregated discovery of every group version served against upstream's documents. */
export async function checkDiscovery(api: ApiUnderTest, upstream: string): Promise<SetReport> {
  const tally = new Tally("discovery", "resources");
  const folder = join(upstream, "discovery");
  const read = <T>(file: string) => JSON.parse(readFileSync(join(folder, file), "utf8")) as T;
  const { groups } = await api.getJson<{ groups: { name: string; versions: { version: string }[] }[] }>(
    "/apis",
  );
  const paths = groups.flatMap(({ name, versions }) =>
    versions.map(({ version }) => `/apis/${name}/${version}`),
  );
  for (const path of ["/api/v1", ...paths]) {
    const file = `${path.slice(1).replaceAll("/", "__")}.json`;
    if (!existsSync(join(folder, file))) {
      tally.add(path, "upstream does not serve it");
      continue;
    }
    const strip = ({ resources }: ResourceList) =>
      resources.map(({ storageVersionHash: _, ...rest }) => [rest.name, rest] as const);
    compare(tally, path, strip(await api.getJson(path)), strip(read(file)));
  }

  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const theirs = read<Aggregated>("aggregated_v2.json");
  for (const { metadata, versions } of (await api.getJson<Aggregated>("/apis", accept)).items) {
    const same = theirs.items.find((one) => one.metadata.name === metadata.name);
    for (const { version, resources } of versions) {
      const expected = same?.versions.find((one) => one.version === version)?.resources ?? [];
      const named = (list: { resource: string }[]) => list.map((one) => [one.resource, one] as const);
      compare(tally, `aggregated ${metadata.name}/${version}`, named(resources), named(expected));
    }
  }
  return tally.finish();
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
