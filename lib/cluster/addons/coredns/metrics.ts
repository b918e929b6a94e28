const countersMax = 500;

const help: Record<string, string> = {
  coredns_cache_hits_total: "The count of cache hits.",
  coredns_cache_misses_total: "The count of cache misses.",
  coredns_cache_requests_total: "The count of cache requests.",
  coredns_dns_requests_total: "Counter of DNS requests made per zone, protocol and family.",
  coredns_dns_responses_total: "Counter of response status codes.",
  coredns_forward_requests_total: "Counter of requests made per upstream.",
  coredns_forward_responses_total: "Counter of responses received per upstream.",
  coredns_panics_total: "A metrics that counts the number of panics.",
};

/** The counters of one coredns process, in Prometheus' text format. */
export class Metrics {
  readonly #counters = new Map<string, Map<string, number>>();
  #size = 0;
  #isChanged = true;

  constructor(private readonly version: { coredns: string; go: string; revision: string }) {
    this.#counters.set("coredns_panics_total", new Map([["", 0]]));
  }

  count(name: string, labels: Record<string, string>): void {
    const text = labelText(labels);
    const series = this.#counters.get(name) ?? new Map<string, number>();
    this.#counters.set(name, series);
    // Names of zones and servers come from a Corefile: their number is bounded all the same.
    if (!series.has(text) && ++this.#size > countersMax) return;
    series.set(text, (series.get(text) ?? 0) + 1);
    this.#isChanged = true;
  }

  /** The page, if it changed since the last call. */
  page(): string | undefined {
    if (!this.#isChanged) return undefined;
    this.#isChanged = false;
    const { coredns, go, revision } = this.version;
    const lines = [
      "# HELP coredns_build_info A metric with a constant '1' value labeled by version, revision, and goversion from which CoreDNS was built.",
      "# TYPE coredns_build_info gauge",
      `coredns_build_info${labelText({ goversion: go, revision, version: coredns })} 1`,
    ];
    for (const [name, series] of [...this.#counters].sort(([a], [b]) => (a < b ? -1 : 1))) {
      lines.push(`# HELP ${name} ${help[name] ?? name}`, `# TYPE ${name} counter`);
      for (const [labels, value] of series) lines.push(`${name}${labels} ${value}`);
    }
    return `${lines.join("\n")}\n`;
  }
}

function labelText(labels: Record<string, string>): string {
  const parts = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return parts.length === 0
    ? ""
    : `{${parts.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}}`;
}
