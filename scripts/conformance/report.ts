/** One thing that does not agree with upstream. */
export interface Difference {
  item: string;
  reason: string;
}

/** How one set of upstream's data fared: `total` = passed + refused + notServed + differences. */
export interface SetReport {
  set: string;
  /** What is counted. */
  unit: string;
  total: number;
  passed: number;
  /** What a real 1.34 cluster of the same settings refuses as well. */
  refused: Difference[];
  /** What a real one takes and this one does not: its group is not served (docs/fidelity.md). */
  notServed: Difference[];
  differences: Difference[];
  /** Expectations that name something which is not refused (any more). */
  stale: string[];
}

/** Item -> a part of the error. */
export interface Expectations {
  refused: Record<string, string>;
  notServed: Record<string, string>;
}

/** Collects the outcomes of one set. */
export class Tally {
  readonly #report: SetReport;
  readonly #unused: Set<string>;

  constructor(
    set: string,
    unit: string,
    private readonly expectations: Expectations = { refused: {}, notServed: {} },
  ) {
    this.#report = { set, unit, total: 0, passed: 0, refused: [], notServed: [], differences: [], stale: [] };
    this.#unused = new Set([...Object.keys(expectations.refused), ...Object.keys(expectations.notServed)]);
  }

  /** `reason`: why it failed; undefined when it passed. */
  add(item: string, reason?: string): void {
    const report = this.#report;
    report.total++;
    if (reason === undefined) return void report.passed++;
    for (const verdict of ["refused", "notServed"] as const) {
      const wanted = this.expectations[verdict][item];
      if (wanted === undefined || !reason.includes(wanted)) continue;
      this.#unused.delete(item);
      return void report[verdict].push({ item, reason });
    }
    report.differences.push({ item, reason });
  }

  finish(): SetReport {
    return { ...this.#report, stale: [...this.#unused] };
  }
}

export const isGood = ({ differences, stale }: SetReport) => differences.length + stale.length === 0;

export function asText(reports: SetReport[]): string {
  const lines = reports.flatMap(({ set, unit, total, passed, refused, notServed, differences, stale }) => {
    const others = [
      [refused, "are refused as upstream refuses them"],
      [notServed, "are of groups that are not served"],
      [differences, "DIFFER"],
      [stale, "expectations are STALE: nothing is refused there"],
    ] as const;
    const counts = others
      .filter(([list]) => list.length > 0)
      .map(([list, what]) => `, ${list.length} ${what}`);
    return [
      `${set}: ${passed} of ${total} ${unit} agree${counts.join("")}`,
      ...differences.map(({ item, reason }) => `  DIFFERS ${item}: ${reason}`),
      ...stale.map((item) => `  STALE   ${item}`),
    ];
  });
  return lines.join("\n");
}
