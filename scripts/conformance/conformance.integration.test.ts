import { describe, expect, test } from "vitest";
import { Tally } from "./report";
import { hasUpstream, runConformance } from "./run";

describe.skipIf(!hasUpstream)(
  "the API server agrees with upstream's own data (skipped where ../shared/upstream is absent)",
  () => {
    test("in every set", async () => {
      const reports = await runConformance(() => undefined);
      expect(reports.map(({ set, differences, stale }) => ({ set, differences, stale }))).toEqual(
        reports.map(({ set }) => ({ set, differences: [], stale: [] })),
      );
      // A set that compares nothing would agree as well.
      const atLeast = {
        "api-fixtures": 170,
        "round-trips": 248,
        openapi: 10_200,
        discovery: 180,
        printers: 270,
        "website-examples": 410,
        addons: 900,
        "gateway-api": 480,
      };
      for (const [set, total] of Object.entries(atLeast))
        expect(reports.find((one) => one.set === set)?.total, set).toBeGreaterThanOrEqual(total);
    }, 900_000);
  },
);

test("a failure counts as expected only for the reason that is written down, and an unused expectation is told", () => {
  const tally = new Tally("set", "things", {
    refused: { a: "no such kind", b: "too long" },
    notServed: { c: "no such group" },
  });
  tally.add("a", "error: no such kind X");
  tally.add("b", "something else");
  tally.add("d");
  expect(tally.finish()).toMatchObject({
    total: 3,
    passed: 1,
    refused: [{ item: "a" }],
    notServed: [],
    differences: [{ item: "b", reason: "something else" }],
    stale: ["b", "c"],
  });
});
