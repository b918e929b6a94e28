import { expect, test } from "vitest";
import type { JsonSchema } from "../crd/json-schema";
import { celMistake } from "./check";

const self: JsonSchema = {
  type: "object",
  properties: {
    name: { type: "string" },
    count: { type: "integer" },
    ratio: { type: "number" },
    labels: { type: "object", additionalProperties: { type: "string" } },
    parts: { type: "array", items: { type: "object", properties: { port: { type: "integer" } } } },
    any: { "x-kubernetes-int-or-string": true },
    "a-b": { type: "string" },
  },
};
const check = (expression: string) =>
  celMistake(expression, { self: { schema: self, isObject: true } }, ["bool"]);

test.each([
  "self.count > 1 && self.ratio > 1",
  "self.any == 'a' || self.any == 1",
  "has(self.name) && self.name.matches('^a+$')",
  "self.parts.all(p, has(p.port) && p.port < 10)",
  "self.parts.map(p, p.port).sum() > 1",
  "self.labels.all(key, self.labels[key] != '')",
  "self.?name.orValue('') == ''",
  "self.a__dash__b == 'x'",
  "self.metadata.name == self.kind",
  "format.dns1123Label().validate(self.name) == null",
  "quantity('1').isGreaterThan(quantity('0'))",
  "cel.bind(n, self.count, n > 1)",
  "type(self.count) == int",
  "duration('1s') < duration('2s')",
  "matches(self.name, '^a+$') || self.name.matches('b')",
])("takes %s", (expression) => {
  expect(check(expression)).toBeUndefined();
});

test.each([
  ["self.metadata.labels == {}", "undefined field 'labels'"],
  ["self.parts.exists(p, p.host == '')", "undefined field 'host'"],
  ["self.parts.exists(p, q.port == 1)", "undeclared reference to 'q' (in container '')"],
  ["self.count.x == 1", "type 'int' does not support field selection"],
  ["self.name == self.count", "found no matching overload for '_==_' applied to '(string, int)'"],
  ["self.count && true", "expected type 'bool' but found 'int'"],
  ["self.name.shout() == ''", "undeclared reference to 'shout' (in container '')"],
  ["self.name == 'a", "Syntax error: token recognition error at: ''a'"],
])("refuses %s", (expression, message) => {
  expect(check(expression)).toMatchObject({
    kind: "compile",
    text: expect.stringContaining(`: ${message}\n | ${expression}\n | `) as string,
  });
});

test("the place of a mistake is that of its line", () => {
  expect(check("true &&\n  selv.x")).toEqual({
    kind: "compile",
    text: "ERROR: <input>:2:3: undeclared reference to 'selv' (in container '')\n |   selv.x\n | ..^",
  });
});
