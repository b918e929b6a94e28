import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { kinds } from "../index";

const discovery = join(process.cwd(), "../shared/upstream/discovery");
const present = existsSync(discovery);
const groupVersions = [...new Set(kinds.map(({ group, version }) => `${group}/${version}`))];

interface Listed {
  name: string;
  kind: string;
  verbs: string[];
  group?: string;
}

describe.skipIf(!present)(
  "discovery agrees with kubernetes 1.34 (skipped where ../shared/upstream is absent)",
  () => {
    test.each(groupVersions)("%s", (groupVersion) => {
      const [group, version] = groupVersion.split("/");
      const file = group ? `apis__${group}__${version}.json` : `api__${version}.json`;
      const { resources } = JSON.parse(readFileSync(join(discovery, file), "utf8")) as {
        resources: Listed[];
      };
      const upstream = resources.map(
        ({ storageVersionHash: _hash, ...rest }: Listed & { storageVersionHash?: string }) => rest,
      );
      const ours = kinds
        .filter((kind) => kind.group === group && kind.version === version)
        .flatMap((kind) => {
          const { namespaced, kind: name, plural, singular, shortNames, categories } = kind;
          const sub = (name: string, kind: string, verbs: string[], rest: object = {}) => ({
            name: `${plural}/${name}`,
            kind,
            namespaced,
            singularName: "",
            verbs,
            ...rest,
          });
          const rw = ["get", "patch", "update"];
          return [
            {
              name: plural,
              kind: name,
              namespaced,
              singularName: singular,
              verbs: kind.verbs,
              ...(shortNames ? { shortNames } : {}),
              ...(categories ? { categories } : {}),
            },
            ...(kind.subresources?.status ? [sub("status", name, rw)] : []),
            ...(kind.subresources?.scale
              ? [sub("scale", "Scale", rw, { group: "autoscaling", version: "v1" })]
              : []),
            ...(kind.otherSubresources ?? []).map(({ name, kind, verbs, ...rest }) =>
              sub(name, kind, verbs, rest),
            ),
          ];
        });
      const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
      expect(ours.sort(byName)).toEqual(upstream.sort(byName));
    });

    test("groups stand in upstream's order", () => {
      const { groups } = JSON.parse(readFileSync(join(discovery, "apis.json"), "utf8")) as {
        groups: { name: string }[];
      };
      const ours = [...new Set(kinds.map((kind) => kind.group))].filter(Boolean);
      expect(ours).toEqual(groups.map(({ name }) => name).filter((name) => ours.includes(name)));
    });
  },
);
