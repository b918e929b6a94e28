import { z } from "zod";

/** What a benchmark says of one metric. Times and sizes are plain numbers of `unit`. */
export interface BenchResult {
  metric: string;
  unit: "ms" | "MB" | "MB/s" | "count" | (string & {});
  /** Samples. */
  n: number;
  p50: number;
  p95: number;
  p99: number;
  /** The same, of something public measured in the same run by the same client. */
  peer?: { name: string; p50: number; p95?: number; p99?: number };
  /** Ours divided by the peer's, of the p50. */
  ratio?: number;
  /** What nothing could beat here: the same without any of us in between. */
  floor?: { name: string; p50: number };
  /** Where the time goes, or what bounds the figure. */
  note?: string;
}

export interface BenchContext {
  /** Progress, on standard error. */
  log(text: string): void;
  /** Fewer samples: to see that a benchmark works. */
  quick: boolean;
}

/** The default export of `bench/<name>.ts`. */
export type Bench = (context: BenchContext) => Promise<BenchResult[]>;

/** The value below or at which `percent` of the samples lie (nearest rank). */
export function percentile(samples: readonly number[], percent: number): number {
  if (samples.length === 0) return NaN;
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!;
}

/** A result from samples; with a peer's samples also the ratio. */
export function summarize(
  metric: string,
  unit: BenchResult["unit"],
  samples: readonly number[],
  options: {
    peer?: { name: string; samples: readonly number[] };
    floor?: { name: string; samples: readonly number[] };
    note?: string;
  } = {},
): BenchResult {
  const { peer, floor, note } = options;
  const at = (of: readonly number[], percent: number) => round(percentile(of, percent));
  const result: BenchResult = {
    metric,
    unit,
    n: samples.length,
    p50: at(samples, 50),
    p95: at(samples, 95),
    p99: at(samples, 99),
  };
  if (peer) {
    const { name } = peer;
    result.peer = {
      name,
      p50: at(peer.samples, 50),
      p95: at(peer.samples, 95),
      p99: at(peer.samples, 99),
    };
    result.ratio = round(percentile(samples, 50) / percentile(peer.samples, 50));
  }
  if (floor) result.floor = { name: floor.name, p50: at(floor.samples, 50) };
  if (note) result.note = note;
  return result;
}

const numbers = z.object({ p50: z.number(), p95: z.number().optional(), p99: z.number().optional() });

/** What `--json` prints, for whoever reads it. */
export const benchReport = z.object({
  bench: z.string(),
  results: z.array(
    z.strictObject({
      metric: z.string(),
      unit: z.string(),
      n: z.number().int().positive(),
      ...{ p50: z.number(), p95: z.number(), p99: z.number() },
      peer: numbers.extend({ name: z.string() }).optional(),
      ratio: z.number().optional(),
      floor: z.object({ name: z.string(), p50: z.number() }).optional(),
      note: z.string().optional(),
    }),
  ),
});

/** Throws unless each of the named metrics is there and stands beside something that was measured in the same run. */
export function requireComparable(results: readonly BenchResult[], metrics: readonly string[]): void {
  benchReport.shape.results.parse(results);
  for (const metric of metrics) {
    const result = results.find((one) => one.metric === metric);
    if (!result) throw new Error(`The benchmark gave no ${metric}.`);
    if (!result.peer && !result.floor) throw new Error(`${metric} stands beside no peer and no floor.`);
  }
}

/** One JSON object on one line, as `npm run bench -- NAME --json` prints it. */
export function asJson(bench: string, results: readonly BenchResult[]): string {
  return JSON.stringify({ bench, results });
}

export function asTable(bench: string, results: readonly BenchResult[]): string {
  const head = ["metric", "unit", "n", "p50", "p95", "p99", "peer p50", "ratio", "floor p50"];
  const rows = results.map((result) => [
    result.metric,
    result.unit,
    String(result.n),
    ...[result.p50, result.p95, result.p99].map(String),
    result.peer ? `${result.peer.p50} (${result.peer.name})` : "",
    result.ratio === undefined ? "" : `${result.ratio}`,
    result.floor ? `${result.floor.p50} (${result.floor.name})` : "",
  ]);
  const used = head.map((_, column) => column).filter((column) => rows.some((row) => row[column] !== ""));
  const widths = used.map((column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    used
      .map((column, i) => (column < 2 ? row[column]!.padEnd(widths[i]!) : row[column]!.padStart(widths[i]!)))
      .join("  ")
      .trimEnd();
  const notes = results.flatMap(({ metric, note }) => (note ? [`${metric}: ${note}`] : []));
  return [`${bench}`, line(head), ...rows.map(line), ...notes].join("\n");
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
