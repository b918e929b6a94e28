/** Used so far, of a node or a container. */
export interface Sample {
  cpuNanos: number;
  memoryBytes: number;
  atMs: number;
  /** When the container began. */
  startMs?: number;
}

export interface ScrapedNode {
  node: Sample;
  /** By "namespace/pod", then by container. */
  pods: Map<string, Map<string, Sample>>;
}

const lineLengthMax = 4096;
const samplePattern = /^(\w+)(?:\{(.*)\})? (\S+)(?: (\d+))?$/;
const labelPattern = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/**
 * What of a kubelet's /metrics/resource counts (metrics-server pkg/scraper/client/resource/decode.go). Undefined where
 * the node itself is not told of.
 */
export function parseMetrics(text: string): ScrapedNode | undefined {
  const node: Partial<Sample> = {};
  const pods = new Map<string, Map<string, Partial<Sample>>>();
  for (const line of text.split("\n")) {
    if (line.length > lineLengthMax) continue;
    const [, name = "", labelText = "", valueText = "", timeText] = samplePattern.exec(line) ?? [];
    const value = Number(valueText);
    if (name === "" || !Number.isFinite(value)) continue;
    const [kind] = name.split("_");
    if (kind !== "node" && kind !== "container") continue;
    const labels = Object.fromEntries(
      [...labelText.matchAll(labelPattern)].map(([, key, one]) => [key!, one!]),
    );
    const into = kind === "node" ? node : containerIn(pods, labels);
    const atMs = timeText === undefined ? {} : { atMs: Number(timeText) };
    if (name.endsWith("_cpu_usage_seconds_total")) Object.assign(into, { cpuNanos: value * 1e9, ...atMs });
    if (name.endsWith("_memory_working_set_bytes")) Object.assign(into, { memoryBytes: value, ...atMs });
    if (name.endsWith("_start_time_seconds")) into.startMs = value * 1000;
  }
  if (!isWhole(node)) return undefined;
  const whole = [...pods].flatMap(([key, containers]): [string, Map<string, Sample>][] => {
    const entries = [...containers];
    // A pod with a container that is not told of is left out: its sum would be wrong.
    return entries.every((entry): entry is [string, Sample] => isWhole(entry[1]))
      ? [[key, new Map(entries)]]
      : [];
  });
  return { node, pods: new Map(whole) };
}

function containerIn(
  pods: Map<string, Map<string, Partial<Sample>>>,
  { namespace, pod, container }: Record<string, string>,
): Partial<Sample> {
  const key = `${namespace}/${pod}`;
  const containers = pods.get(key) ?? new Map<string, Partial<Sample>>();
  pods.set(key, containers);
  const sample = containers.get(container ?? "") ?? {};
  containers.set(container ?? "", sample);
  return sample;
}

function isWhole(sample: Partial<Sample>): sample is Sample {
  return sample.cpuNanos !== undefined && sample.memoryBytes !== undefined && sample.atMs !== undefined;
}
