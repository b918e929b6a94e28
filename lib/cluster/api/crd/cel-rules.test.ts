import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { projectRoot } from "@/lib/core/paths";
import { cpuMsOf } from "@/lib/core/testing";
import type { CustomResourceDefinition } from "@/lib/cluster/resources/types";
import { compileCel } from "../cel/program";
import { compileRules } from "./cel-rules";
import type { JsonSchema } from "./json-schema";

const rules = (schema: JsonSchema) => compileRules({ type: "object", properties: { spec: schema } });
const spec = (type: string, rule: string, rest: object = {}): JsonSchema => ({
  type,
  "x-kubernetes-validations": [{ rule, ...rest }],
});

describe("rules of a schema", () => {
  test.each([
    [spec("integer", "self > 2"), 3, 2, 'Invalid value: "integer": failed rule: self > 2'],
    [
      spec("string", "self.matches('^a+$')", { message: "only a" }),
      "aa",
      "b",
      'Invalid value: "string": only a',
    ],
    [spec("object", "self.min <= self.max"), { min: 1, max: 2 }, { min: 3, max: 2 }, "failed rule"],
    [spec("array", "self.all(a, self.exists_one(b, a == b))"), ["x", "y"], ["x", "x"], "failed rule"],
    [
      spec("object", "has(self.a) != has(self.b)", { reason: "FieldValueForbidden", message: "one" }),
      { a: 1 },
      {},
      "Forbidden: one",
    ],
    [
      spec("string", "isCIDR(self)", { messageExpression: "'not a range: ' + self" }),
      "10.0.0.0/8",
      "x",
      "not a range: x",
    ],
  ])("%#", (schema, good, bad, message) => {
    expect(rules(schema)({ spec: good as never }, undefined)).toEqual([]);
    const [error] = rules(schema)({ spec: bad as never }, undefined);
    expect(error?.field).toBe("spec");
    expect(error?.message).toContain(message);
  });

  test("transition rules run only where there was something before", () => {
    const check = rules(spec("string", "self == oldSelf", { message: "immutable" }));
    expect(check({ spec: "a" }, undefined)).toEqual([]);
    expect(check({ spec: "a" }, { spec: "a" })).toEqual([]);
    expect(check({ spec: "b" }, { spec: "a" })).toHaveLength(1);
  });

  test("elements of keyed lists are compared with themselves", () => {
    const check = rules({
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: spec("object", "self.port == oldSelf.port"),
    });
    const one = { name: "a", port: 1 };
    expect(check({ spec: [{ name: "b", port: 2 }, one] }, { spec: [one] })).toEqual([]);
    expect(check({ spec: [{ name: "a", port: 2 }] }, { spec: [one] })[0]?.field).toBe("spec[0]");
  });

  test("an expression that would run too long is refused at once", () => {
    const list = Array.from({ length: 600 }, (_, at) => at); // all of it would be 216 million additions
    const check = rules(spec("array", "self.all(a, self.all(b, self.all(c, a + b + c >= 0)))"));
    let errors: unknown;
    expect(cpuMsOf(() => (errors = check({ spec: list }, undefined)))).toBeLessThan(10_000);
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining(
          "'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self.all",
        ) as string,
      },
    ]);
  });

  test("the rules of all items share a budget", () => {
    const items = spec("array", "self.all(a, self.all(b, a + b >= 0))").items ?? {
      type: "array" as const,
      items: { type: "integer" as const },
      "x-kubernetes-validations": [{ rule: "self.all(a, self.all(b, a + b >= 0))" }],
    };
    const one = Array.from({ length: 300 }, (_, at) => at);
    const check = rules({ type: "array", items } as never);
    expect(check({ spec: [one, one, one] }, undefined)).toEqual([]);
    const errors = check({ spec: Array.from({ length: 60 }, () => one) }, undefined);
    expect(errors.map(({ message }) => message)).toEqual([
      'Invalid value: "array": validation failed due to running out of cost budget, no further validation rules will be run',
    ]);
  });

  test("a catastrophic pattern is answered in linear time", () => {
    const text = `${"a".repeat(5000)}!`; // a backtracking matcher would not end in a lifetime
    const cpuMs = cpuMsOf(() =>
      expect(compileCel("self.matches('^(a+)+$')").run({ self: text })).toBe(false),
    );
    expect(cpuMs).toBeLessThan(20_000);
  });
});

const crds = join(projectRoot, "../shared/upstream/gateway-api/crd/standard");

test.skipIf(!existsSync(crds))(
  "every rule of the Gateway API compiles (skipped where ../shared/upstream is absent)",
  () => {
    const broken: string[] = [];
    let count = 0;
    const visit = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      for (const [key, member] of Object.entries(value)) {
        if (key !== "x-kubernetes-validations") visit(member);
        else
          for (const { rule } of member as { rule: string }[]) {
            count++;
            try {
              compileCel(rule);
            } catch (failure) {
              broken.push(`${rule}: ${(failure as Error).message}`);
            }
          }
      }
    };
    for (const file of readdirSync(crds)) {
      const text = readFileSync(join(crds, file), "utf8");
      for (const document of parseAllDocuments(text))
        visit((document.toJS() as CustomResourceDefinition).spec);
    }
    expect(count).toBeGreaterThan(100);
    expect(broken).toEqual([]);
  },
);

test("has() takes any expression before its last dot", () => {
  const program = compileCel("has(self.list[0].name) && !has(self.list[1].name)");
  expect(program.run({ self: { list: [{ name: "a" }, {}] } })).toBe(true);
});
