import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectRoot } from "@/lib/core/paths";
import { applyJsonPatch } from "./json-patch";
import { applyMergePatch } from "./merge-patch";
import { builtInType, type MergeType } from "./merge-types";
import { applyStrategicMerge } from "./strategic-merge";
import type { JsonObject } from "../json";

const pod = builtInType("", "v1", "Pod");
const spec = (spec: JsonObject): JsonObject => ({ spec });
const strategic = (target: JsonObject, patch: JsonObject) => applyStrategicMerge(target, patch, pod);

describe("JSON patch", () => {
  test("adds, moves, copies, tests and removes", () => {
    const result = applyJsonPatch({ a: [1, 2], b: { "c/d": 1 } }, [
      { op: "test", path: "/a/0", value: 1 },
      { op: "add", path: "/a/-", value: 3 },
      { op: "add", path: "/a/0", value: 0 },
      { op: "move", from: "/b/c~1d", path: "/e" },
      { op: "copy", from: "/a", path: "/f" },
      { op: "remove", path: "/a/1" },
    ]);
    expect(result).toEqual({ a: [0, 2, 3], b: {}, e: 1, f: [0, 1, 2, 3] });
  });

  test.each([
    [
      [{ op: "remove", path: "/x" }],
      'remove operation does not apply: doc is missing path: "/x": missing value',
    ],
    [
      [{ op: "replace", path: "/x", value: 1 }],
      "replace operation does not apply: doc is missing key: /x: missing value",
    ],
    [[{ op: "test", path: "/a", value: 2 }], "testing value /a failed: test failed"],
  ])("%o is refused", (patch, message) => {
    expect(() => applyJsonPatch({ a: 1 }, patch)).toThrow(message);
  });

  test("never reaches prototypes", () => {
    const result = applyJsonPatch({}, [{ op: "add", path: "/__proto__", value: { polluted: true } }]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.keys(result as object)).toEqual(["__proto__"]);
  });
});

test("merge patch removes with null and replaces lists", () => {
  const target = { a: { b: 1, c: 2 }, d: [1, 2] };
  expect(applyMergePatch(target, { a: { b: null, e: 3 }, d: [3] })).toEqual({ a: { c: 2, e: 3 }, d: [3] });
  expect(target).toEqual({ a: { b: 1, c: 2 }, d: [1, 2] });
});

describe("strategic merge patch", () => {
  const target = spec({
    containers: [
      { name: "a", image: "1", args: ["x"], env: [{ name: "E", value: "1" }] },
      { name: "b", image: "2" },
    ],
    tolerations: [{ key: "t" }],
  });

  test("merges lists by their keys and replaces the others", () => {
    expect(
      strategic(
        target,
        spec({
          containers: [
            { name: "b", image: "3" },
            { name: "a", args: ["y"] },
          ],
          tolerations: [{ key: "u" }],
        }),
      ),
    ).toEqual(
      spec({
        containers: [
          { name: "a", image: "1", args: ["y"], env: [{ name: "E", value: "1" }] },
          { name: "b", image: "3" },
        ],
        tolerations: [{ key: "u" }],
      }),
    );
  });

  test("deletes and replaces by directive", () => {
    expect(strategic(target, spec({ containers: [{ name: "a", $patch: "delete" }] }))).toMatchObject(
      spec({ containers: [{ name: "b" }] }),
    );
    expect(
      strategic(target, spec({ containers: [{ $patch: "replace" }, { name: "c", image: "4" }] })),
    ).toMatchObject(spec({ containers: [{ name: "c", image: "4" }] }));
    expect(strategic(target, spec({ $patch: "replace", hostNetwork: true }))).toEqual(
      spec({ hostNetwork: true }),
    );
  });

  test("orders elements and removes from scalar lists", () => {
    const ordered = strategic(
      target,
      spec({ "$setElementOrder/containers": [{ name: "b" }, { name: "a" }], containers: [{ name: "b" }] }),
    );
    expect((ordered.spec as { containers: { name: string }[] }).containers.map(({ name }) => name)).toEqual([
      "b",
      "a",
    ]);
    const meta = { metadata: { finalizers: ["x", "y"] } };
    expect(strategic(meta, { metadata: { "$deleteFromPrimitiveList/finalizers": ["x"] } })).toEqual({
      metadata: { finalizers: ["y"] },
    });
    expect(strategic(meta, { metadata: { finalizers: ["z"] } })).toEqual({
      metadata: { finalizers: ["x", "y", "z"] },
    });
  });

  test("retains only the keys that are named", () => {
    const deployment = builtInType("apps", "v1", "Deployment");
    expect(
      applyStrategicMerge(
        spec({ strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } }),
        spec({ strategy: { $retainKeys: ["type"], type: "Recreate" } }),
        deployment,
      ),
    ).toEqual(spec({ strategy: { type: "Recreate" } }));
  });

  test("names the element that lacks its key", () => {
    expect(() => strategic(target, spec({ containers: [{ image: "x" }] }))).toThrow(
      "map: map[image:x] does not contain declared merge key: name",
    );
  });
});

const facts = join(projectRoot, "../shared/upstream/merge-keys/merge-keys.json");

test.skipIf(!existsSync(facts))(
  "merge keys are upstream's (skipped where ../shared/upstream is absent)",
  () => {
    const upstream = JSON.parse(readFileSync(facts, "utf8")) as Record<
      string,
      { strategy: string; key?: string }
    >;
    const differences: string[] = [];
    let compared = 0;
    for (const [path, { strategy, key }] of Object.entries(upstream)) {
      const [, group = "", version = "", kind = "", fields = ""] =
        /^(.*)\/([^/.]+)\.([^.]+)\.(.*)$/.exec(path) ?? [];
      const root = builtInType(group === "core" ? "" : group, version, kind);
      if (!root) continue;
      let type: MergeType | undefined = root;
      let found: ReturnType<MergeType["field"]>;
      for (const field of fields.split(".")) {
        found = type?.field(field);
        type = found?.type;
      }
      compared++;
      const ours = found?.patch && {
        strategy: [found.patch.merge ? "merge" : "", found.patch.retainKeys ? "retainKeys" : ""]
          .filter(Boolean)
          .sort()
          .join(","),
        key: found.patch.key,
      };
      const theirs = {
        strategy: strategy
          .split(",")
          .filter((one) => one !== "replace")
          .sort()
          .join(","),
        key,
      };
      if (theirs.strategy !== (ours?.strategy ?? "") || theirs.key !== ours?.key)
        differences.push(`${path}: ${JSON.stringify({ theirs, ours })}`);
    }
    expect(compared).toBeGreaterThan(300);
    expect(differences).toEqual([]);
  },
);
