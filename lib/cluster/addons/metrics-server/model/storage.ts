import type { Sample, ScrapedNode } from "./parse-metrics";

export interface Measured {
  /** Of a processor, in nanocores. */
  cpuNanocores: number;
  memoryBytes: number;
  atMs: number;
  windowMs: number;
}

interface Points {
  previous?: ScrapedNode;
  last: ScrapedNode;
}

/** The last two scrapes of each node, and what was used between them (metrics-server pkg/storage). */
export class Storage {
  #nodes = new Map<string, Points>();

  /** Takes a round of scrapes; a node that is not in it is forgotten. */
  store(scrapes: ReadonlyMap<string, ScrapedNode>): void {
    this.#nodes = new Map(
      [...scrapes].map(([name, scraped]) => {
        const known = this.#nodes.get(name);
        if (known && known.last.node.atMs >= scraped.node.atMs) return [name, known];
        return [name, { ...(known ? { previous: known.last } : {}), last: scraped }];
      }),
    );
  }

  /** Whether anything can be told. */
  get isReady(): boolean {
    return [...this.#nodes.values()].some(({ previous }) => previous !== undefined);
  }

  node(name: string): Measured | undefined {
    const points = this.#nodes.get(name);
    return points?.previous && between(points.previous.node, points.last.node);
  }

  /** By container; undefined unless all of them can be told of. */
  pod(namespace: string, name: string): Map<string, Measured> | undefined {
    const key = `${namespace}/${name}`;
    for (const { previous, last } of this.#nodes.values()) {
      const containers = last.pods.get(key);
      if (!containers || !previous) continue;
      const measured = new Map<string, Measured>();
      for (const [container, sample] of containers) {
        const before = previous.pods.get(key)?.get(container) ?? beginningOf(sample, previous.node.atMs);
        const one = before && between(before, sample);
        if (!one) return undefined;
        measured.set(container, one);
      }
      return measured;
    }
    return undefined;
  }
}

/** A container that began after the scrape before had used nothing when it began. */
function beginningOf({ startMs, memoryBytes }: Sample, previousMs: number): Sample | undefined {
  if (startMs === undefined || startMs < previousMs - 1000) return undefined;
  return { cpuNanos: 0, memoryBytes, atMs: startMs };
}

function between(before: Sample, after: Sample): Measured | undefined {
  const windowMs = after.atMs - before.atMs;
  const cpuNanos = after.cpuNanos - before.cpuNanos;
  if (windowMs <= 0 || cpuNanos < 0) return undefined;
  return {
    cpuNanocores: Math.round((cpuNanos / windowMs) * 1000),
    memoryBytes: after.memoryBytes,
    atMs: after.atMs,
    windowMs,
  };
}
