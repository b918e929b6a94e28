import { describe, expect, test } from "vitest";
import { CelBudget, CostExceeded, expressionCostMax, requestCostMax } from "./budget";
import { compileCel } from "./program";

describe("matches", () => {
  const object = { name: "v1.6.1" };

  test.each([
    ["as a method", "object.name.matches('^v1')", true],
    ["as a function of a value whose type is not known", "matches(object.name, '^v1[.][0-9]')", true],
    ["as a function that finds nothing", "matches(object.name, 'v0')", false],
  ])("%s", (_name, expression, expected) => {
    expect(compileCel(expression).run({ object })).toBe(expected);
  });

  test("takes linear time, whichever way it is written", () => {
    const evil = { text: `${"a".repeat(40)}!` };
    for (const expression of ["evil.text.matches('^(a+)+$')", "matches(evil.text, '^(a+)+$')"])
      expect(compileCel(expression).run({ evil })).toBe(false);
  });
});

describe("the cost of a run", () => {
  const list = Array.from({ length: 101 }, (_, at) => `item-${at}`);
  const cost = (expression: string, variables: Record<string, unknown>) => {
    const budget = new CelBudget();
    compileCel(expression).run(variables, budget);
    return requestCostMax - budget.left;
  };

  test("is that of the steps it takes, not of what it might take", () => {
    const chained = "self.filter(a, a != '').map(a, a + 'x').all(a, a.startsWith('item'))";
    expect(compileCel(chained).run({ self: list })).toBe(true);
    expect(cost(chained, { self: list })).toBeLessThan(5000);
    expect(cost("self.all(a, a != '')", { self: list })).toBeLessThan(cost(chained, { self: list }));
    expect(cost("self.exists(a, a == 'item-0')", { self: list })).toBeLessThan(50);
  });

  test("grows with the texts and lists that functions read", () => {
    expect(cost("self.contains('b')", { self: "a".repeat(100_000) })).toBeGreaterThanOrEqual(10_000);
    expect(cost("self == other", { self: [list, list], other: [list, list] })).toBeGreaterThanOrEqual(400);
    expect(cost("1 in self", { self: list })).toBeGreaterThanOrEqual(101);
  });

  test.each([
    [
      "loops over what an expression makes of a text",
      "self.findAll('.').all(a, self.findAll('.').all(b, self.findAll('.').all(c, a + b + c != '')))",
    ],
    [
      "loops over lists that stand in it",
      `${"[1,2,3,4,5,6,7,8,9,10].all(x, ".repeat(7)}x > 0${")".repeat(7)}`,
    ],
    [
      "loops whose errors others would make up for",
      "self.findAll('.').all(a, self.findAll('.').exists(b, self.findAll('.').all(c, dyn(c) == 1 || dyn(c).none)))",
    ],
    [
      "long texts read again and again",
      "self.findAll('.').all(a, self.contains(a) && self.matches(a) && (self + self + self + self) != '')",
    ],
  ])("ends %s", (_name, expression) => {
    const budget = new CelBudget();
    const self = "abcdefghij".repeat(60);
    expect(() =>
      compileCel(expression).run({ self: expression.includes("contains") ? self.repeat(20) : self }, budget),
    ).toThrow(CostExceeded);
    expect(requestCostMax - budget.left).toBe(expressionCostMax);
  });

  test("is taken from the request's budget, which ends with it", () => {
    const budget = new CelBudget();
    budget.left = 50;
    expect(() => compileCel("self.all(a, a != '')").run({ self: list }, budget)).toThrow(CostExceeded);
    expect(budget.left).toBe(0);
  });
});
