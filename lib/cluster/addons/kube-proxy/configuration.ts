import { parse } from "yaml";
import { z } from "zod";

/** What of a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1) the rules depend on. */
export interface ProxyConfiguration {
  mode: string;
  clusterCidr: string | undefined;
  masqueradeAll: boolean;
  localhostNodePorts: boolean;
  syncPeriodMs: number;
}

const text = z.string().nullish();
const configuration = z.object({
  mode: text,
  clusterCIDR: text,
  nodePortAddresses: z.array(z.string()).nullish(),
  iptables: z
    .object({
      masqueradeAll: z.boolean().nullish(),
      localhostNodePorts: z.boolean().nullish(),
      syncPeriod: text,
    })
    .nullish(),
});

const syncPeriodMs = 30_000;

/** Flags win over the file. What is not understood is the default's: the process itself has refused what is wrong. */
export function readConfiguration(
  file: string | undefined,
  flag: (name: string) => string | undefined,
): ProxyConfiguration {
  const parsed = configuration.safeParse(file === undefined ? {} : parseYaml(file));
  const given = parsed.success ? parsed.data : {};
  return {
    mode: flag("proxy-mode") || given.mode || "iptables",
    clusterCidr: flag("cluster-cidr") || given.clusterCIDR || undefined,
    masqueradeAll: flag("masquerade-all") === "true" || (given.iptables?.masqueradeAll ?? false),
    localhostNodePorts:
      (flag("iptables-localhost-nodeports") ?? String(given.iptables?.localhostNodePorts ?? true)) ===
        "true" && includesLoopback(flag("nodeport-addresses")?.split(",") ?? given.nodePortAddresses ?? []),
    syncPeriodMs:
      durationMs(flag("iptables-sync-period") ?? given.iptables?.syncPeriod ?? "") || syncPeriodMs,
  };
}

/** No list means all addresses. */
function includesLoopback(ranges: string[]): boolean {
  return ranges.length === 0 || ranges.some((range) => /^(127\.|0\.0\.0\.0\/0)/.test(range.trim()));
}

function parseYaml(file: string): unknown {
  try {
    return parse(file);
  } catch {
    return {};
  }
}

/** Go's durations as far as people write them here: "30s", "1m0s", "500ms". 0 for anything else. */
export function durationMs(duration: string): number {
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(duration)) return 0;
  let sum = 0;
  for (const [, number, unit] of duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
    sum += Number(number) * units[unit!]!;
  return sum;
}
