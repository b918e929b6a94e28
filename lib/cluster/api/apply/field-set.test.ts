import fc from "fast-check";
import { expect, test } from "vitest";
import { FieldSet } from "./field-set";

const names = fc.constantFrom("f:a", "f:b", "f:c", 'k:{"name":"x"}', 'v:"1"');
const { tree } = fc.letrec<{ tree: Record<string, unknown> }>((tie) => ({
  tree: fc.dictionary(
    fc.oneof(names, fc.constant(".")),
    fc.oneof({ maxDepth: 3 }, fc.constant({}), tie("tree")),
    {
      maxKeys: 4,
    },
  ),
}));
const paths = (set: FieldSet) => new Set(set.paths());

test("operations are those of sets of paths, and give the set itself back where nothing is different", () => {
  fc.assert(
    fc.property(tree, tree, (left, right) => {
      const [a, b] = [FieldSet.fromFieldsV1(left), FieldSet.fromFieldsV1(right)];
      const [mine, theirs] = [paths(a), paths(b)];
      expect(paths(a.union(b))).toEqual(new Set([...mine, ...theirs]));
      expect(paths(a.without(b))).toEqual(new Set([...mine].filter((path) => !theirs.has(path))));
      expect(paths(a.intersect(b))).toEqual(new Set([...mine].filter((path) => theirs.has(path))));
      expect(paths(FieldSet.fromFieldsV1(a.toFieldsV1()))).toEqual(mine);
      expect(a.intersect(a)).toBe(a);
      expect(a.without(FieldSet.nothing)).toBe(a);
    }),
  );
});
