import { describe, expect, it } from "vitest";
import { asJson, asTable, benchReport, percentile, requireComparable, summarize } from "./report";

describe("bench report", () => {
  it("takes percentiles by nearest rank", () => {
    const samples = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([50, 95, 99, 100].map((p) => percentile(samples, p))).toEqual([50, 95, 99, 100]);
    expect(percentile([7], 99)).toBe(7);
  });

  it("has the shape that is promised, and each named metric beside a peer or a floor", () => {
    const cold = summarize("cold", "ms", [700, 800], {
      floor: { name: "bare nodes", samples: [100] },
      note: "-",
    });
    const report = JSON.parse(asJson("lab-start", [cold])) as unknown;
    expect(benchReport.parse(report)).toEqual(report);
    expect(() => requireComparable([cold], ["cold"])).not.toThrow();
    expect(() => requireComparable([cold], ["cold", "warm"])).toThrow("gave no warm");
    expect(() => requireComparable([summarize("cold", "ms", [1])], ["cold"])).toThrow("no peer and no floor");
    expect(() => requireComparable([summarize("cold", "ms", [])], ["cold"])).toThrow();
  });

  it.each([
    ["lab-start", ["cold", "warm"]],
    ["memory", ["idle lab"]],
    ["density", ["labs", "echo"]],
    ["snapshot", ["freeze", "thaw", "size", "loop"]],
  ])("%s promises its metrics", async (name, metrics) => {
    expect(((await import(`./${name}.ts`)) as { metrics: string[] }).metrics).toEqual(metrics);
  });

  it("sets ours beside the peer and prints one JSON object", () => {
    const result = summarize("echo", "ms", [1, 2, 3], { peer: { name: "wetty", samples: [4, 4, 4] } });
    expect(JSON.parse(asJson("terminal", [result]))).toEqual({
      bench: "terminal",
      results: [
        {
          metric: "echo",
          unit: "ms",
          n: 3,
          p50: 2,
          p95: 3,
          p99: 3,
          peer: { name: "wetty", p50: 4, p95: 4, p99: 4 },
          ratio: 0.5,
        },
      ],
    });
    expect(asTable("terminal", [result])).toMatch(/metric +unit +n +p50[^]*echo +ms +3 +2/);
  });
});
