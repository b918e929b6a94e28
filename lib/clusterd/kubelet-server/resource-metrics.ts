import type { Clock } from "@/lib/core/clock";
import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";

interface Labels {
  container?: string;
  namespace?: string;
  pod?: string;
}

/** Whoever asks again sooner is told the same. */
const freshMs = 1000;

/** What the kubelets of one lab tell of their resources at /metrics/resource. */
export class ResourceMetrics {
  readonly #told = new Map<string, { text: Promise<string>; atMs: number }>();

  constructor(
    private readonly labd: RpcClient<LabdRpc>,
    private readonly sandboxId: string,
    private readonly clock: Clock,
  ) {}

  of(node: string): Promise<string> {
    const known = this.#told.get(node);
    if (known && this.clock.now() - known.atMs < freshMs) return known.text;
    const text = resourceMetrics(this.labd, this.sandboxId, node);
    this.#told.set(node, { text, atMs: this.clock.now() });
    text.catch(() => this.#told.delete(node)); // who asked is told
    return text;
  }
}

/** In Prometheus' text format (kubernetes 1.34 pkg/kubelet/metrics/collectors/resource_metrics.go). */
async function resourceMetrics(labd: RpcClient<LabdRpc>, sandboxId: string, node: string): Promise<string> {
  const ref = { sandboxId, node };
  const [usage, { pods, containers }] = await Promise.all([
    labd.call("node.usage", ref),
    labd.call("pod.list", ref),
  ]);
  const podOf = new Map(pods.map((pod) => [pod.podUid, pod]));
  const running = usage.containers.flatMap((used) => {
    const container = containers.find(({ containerId }) => containerId === used.containerId);
    const pod = container && podOf.get(container.podUid);
    return container && pod ? [{ ...used, container, pod }] : [];
  });
  const labelsOf = ({ container, pod }: (typeof running)[number]): Labels => ({
    container: container.name,
    namespace: pod.namespace,
    pod: pod.name,
  });
  const ofPods = [...new Set(running.map(({ pod }) => pod))].map((pod) => {
    const own = running.filter((one) => one.pod === pod);
    return {
      labels: { namespace: pod.namespace, pod: pod.name },
      cpuNanos: own.reduce((sum, { cpuNanos }) => sum + cpuNanos, 0),
      memoryBytes: own.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
    };
  });
  const seconds = (nanos: number) => String(nanos / 1e9);
  const { atMs } = usage;
  return [
    family(
      "container_cpu_usage_seconds_total",
      "counter",
      "Cumulative cpu time consumed by the container in core-seconds",
      running.map((one) => [labelsOf(one), seconds(one.cpuNanos), atMs]),
    ),
    family(
      "container_memory_working_set_bytes",
      "gauge",
      "Current working set of the container in bytes",
      running.map((one) => [labelsOf(one), String(one.memoryBytes), atMs]),
    ),
    family(
      "container_start_time_seconds",
      "gauge",
      "Start time of the container since unix epoch in seconds",
      running.map((one) => [labelsOf(one), String((one.container.startedAtMs ?? 0) / 1000)]),
    ),
    family(
      "node_cpu_usage_seconds_total",
      "counter",
      "Cumulative cpu time consumed by the node in core-seconds",
      [[{}, seconds(usage.cpuNanos), atMs]],
    ),
    family("node_memory_working_set_bytes", "gauge", "Current working set of the node in bytes", [
      [{}, String(usage.memoryBytes), atMs],
    ]),
    family(
      "pod_cpu_usage_seconds_total",
      "counter",
      "Cumulative cpu time consumed by the pod in core-seconds",
      ofPods.map(({ labels, cpuNanos }) => [labels, seconds(cpuNanos), atMs]),
    ),
    family(
      "pod_memory_working_set_bytes",
      "gauge",
      "Current working set of the pod in bytes",
      ofPods.map(({ labels, memoryBytes }) => [labels, String(memoryBytes), atMs]),
    ),
    family(
      "resource_scrape_error",
      "gauge",
      "1 if there was an error while getting container metrics, 0 otherwise",
      [[{}, "0"]],
    ),
  ].join("");
}

function family(
  name: string,
  type: "counter" | "gauge",
  help: string,
  samples: [labels: Labels, value: string, atMs?: number][],
): string {
  const lines = samples.map(([labels, value, atMs]) => {
    const text = Object.entries(labels).map(([key, one]) => `${key}=${JSON.stringify(one)}`);
    return `${name}${text.length > 0 ? `{${text.join(",")}}` : ""} ${value}${atMs === undefined ? "" : ` ${atMs}`}\n`;
  });
  return lines.length > 0 ? `# HELP ${name} [STABLE] ${help}\n# TYPE ${name} ${type}\n${lines.join("")}` : "";
}
