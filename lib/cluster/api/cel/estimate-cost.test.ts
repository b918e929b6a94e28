import { expect, test } from "vitest";
import type { JsonSchema } from "../crd/json-schema";
import { estimateCost } from "./estimate-cost";

const text = (maxLength?: number): JsonSchema => ({
  type: "string",
  ...(maxLength === undefined ? {} : { maxLength }),
});
const list = (items: JsonSchema, maxItems?: number): JsonSchema => ({
  type: "array",
  items,
  ...(maxItems === undefined ? {} : { maxItems }),
});
const of = (properties: Record<string, JsonSchema>): JsonSchema => ({ type: "object", properties });
const integer: JsonSchema = { type: "integer" };

test.each<[string, string, JsonSchema, number]>([
  ["a constant", "true", of({}), 0],
  ["a field", "self.a > 1", of({ a: integer }), 3],
  ["two numbers that are equal or not", "self.a == self.b", of({ a: integer, b: integer }), 4],
  ["two sides of an or", "self.a > 1 || self.b > 1", of({ a: integer, b: integer }), 6],
  ["the dearer side of a choice", "self.a > 1 ? self.b > 1 : true", of({ a: integer, b: integer }), 6],
  ["presence", "has(self.a)", of({ a: integer }), 1],
  ["a size", "size(self.a) > 1", of({ a: list(integer) }), 4],
  ["a text beside a constant", "self.a == 'abc'", of({ a: text() }), 3],
  ["a text's beginning", "self.a.startsWith('abcdefghijk')", of({ a: text() }), 4],
  // 4 bytes a character, a tenth a byte.
  ["a text in a text", "self.a.contains(self.b)", of({ a: text(100), b: text(10) }), 4 + 40 * 4],
  ["a pattern", "self.a.matches('abcdefgh')", of({ a: text(10) }), 2 + 5 * 2],
  ["a text of many that may be", "self.a == self.a", of({ a: { type: "string", enum: ["x", "yes"] } }), 5],
  ["all of a list", "self.a.all(x, x > 1)", of({ a: list(integer, 5) }), 2 + 1 + 5 * (3 + 2)],
  ["one of a list", "self.a.exists(x, x > 1)", of({ a: list(integer, 5) }), 2 + 1 + 5 * (4 + 2)],
  ["just one of a list", "self.a.exists_one(x, x > 1)", of({ a: list(integer, 5) }), 2 + 1 + 1 + 5 * (2 + 2)],
  [
    "those of a list",
    "self.a.filter(x, x > 1).size() > 0",
    of({ a: list(integer, 5) }),
    2 + 11 + 5 * (13 + 2) + 2,
  ],
  [
    "a list made of a list",
    "self.a.map(x, x + 1).size() > 0",
    of({ a: list(integer, 5) }),
    2 + 11 + 5 * (12 + 2) + 2,
  ],
  [
    "the keys of a map",
    "self.a.all(k, self.a[k] > 1)",
    of({ a: { type: "object", additionalProperties: integer, maxProperties: 3 } }),
    2 + 1 + 3 * (3 + 5),
  ],
  ["one in a list", "1 in self.a", of({ a: list(integer, 50) }), 52],
  ["one in a list without end", "1 in self.a", of({ a: list(integer) }), 2 + 1_572_863],
  ["what is bound", "cel.bind(x, self.a, x > 1)", of({ a: integer }), 10 + 2 + 2],
  ["the object's own name", "self.metadata.name == 'abc'", of({}), 4],
])("%s: %s", (_name, expression, schema, cost) => {
  expect(estimateCost(expression, schema, true)).toBe(cost);
});
