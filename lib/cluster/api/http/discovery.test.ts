import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "@/lib/core/paths";
import { startTestCluster, type TestCluster } from "../testing";

const upstream = join(projectRoot, "../shared/upstream/discovery");
const present = existsSync(upstream);

interface Group {
  metadata: { name?: string };
  versions: { version: string; resources: { resource: string }[] }[];
}

describe.skipIf(!present)("discovery over the wire (skipped where ../shared/upstream is absent)", () => {
  let t: TestCluster;
  beforeAll(async () => {
    t = await startTestCluster();
  });
  afterAll(() => t?.close());

  const get = async (path: string) => JSON.parse((await t.kubectl(["get", "--raw", path])).stdout) as unknown;
  const read = (file: string) => JSON.parse(readFileSync(join(upstream, file), "utf8")) as unknown;

  test("every group version lists what upstream lists", async () => {
    const { groups } = (await get("/apis")) as {
      groups: { name: string; versions: { version: string }[] }[];
    };
    const paths = [
      "/api/v1",
      ...groups.flatMap(({ name, versions }) => versions.map(({ version }) => `/apis/${name}/${version}`)),
    ];
    for (const path of paths) {
      const theirs = read(`${path.slice(1).replaceAll("/", "__")}.json`) as {
        resources: Record<string, unknown>[];
      };
      const ours = (await get(path)) as typeof theirs;
      const strip = (list: Record<string, unknown>[]) =>
        list
          .map(({ storageVersionHash: _hash, ...rest }) => rest)
          .sort((a, b) => String(a.name).localeCompare(String(b.name)));
      expect(strip(ours.resources), path).toEqual(strip(theirs.resources));
    }
  }, 300_000);

  test("the aggregated document is upstream's for the groups served", async () => {
    const response = await t.fetchJson(
      "/apis",
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
    );
    const theirs = read("aggregated_v2.json") as { items: Group[] };
    for (const group of (response as { items: Group[] }).items) {
      const same = theirs.items.find(({ metadata }) => metadata.name === group.metadata.name)!;
      for (const { version, resources } of group.versions) {
        const expected = same.versions.find((one) => one.version === version)!.resources;
        const sorted = (list: { resource: string }[]) =>
          [...list].sort((a, b) => a.resource.localeCompare(b.resource));
        expect(sorted(resources), `${group.metadata.name}/${version}`).toEqual(sorted(expected));
      }
    }
  });
});
