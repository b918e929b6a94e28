import { AppError } from "@/lib/core/app-error";
import { parseCniFile } from "@/lib/core/cni-list";
import type { NodeInspection } from "@/lib/cluster/node/container-runtime";

const lineMax = 400_000;

const architectures: Record<string, string> = { x86_64: "amd64", aarch64: "arm64" };

/**
 * Reads what `examctl-pod inspect` printed. A node is hostile: whatever is missing or odd becomes a harmless default. Throws
 * when the output was cut off: a manifest that is not in it would be taken for removed.
 */
export function parseInspection(output: string): NodeInspection {
  const values = new Map<string, string[]>();
  for (const line of output.split("\n")) {
    const at = line.indexOf("=");
    if (at < 0) continue;
    const name = line.slice(0, at);
    values.set(name, [...(values.get(name) ?? []), line.slice(at + 1).slice(0, lineMax)]);
  }
  if (!values.has("complete"))
    throw new AppError("internal", "A node could not be inspected: its answer is cut off.");
  const one = (name: string) => values.get(name)?.[0]?.trim() ?? "";
  const count = (name: string) => Math.max(0, Number.parseInt(one(name), 10) || 0);
  const filesOf = (kind: string) => (values.get(kind) ?? []).flatMap((line) => fileIn(line) ?? []);
  const files = new Map(filesOf("file").map(({ path, content }) => [path, content]));
  const text = (path: string) => files.get(path) ?? "";
  const resolv = filesOf("resolv")[0]?.content;
  const config = text("/var/lib/kubelet/config.yaml");
  const machineId = text("/etc/machine-id").trim();
  return {
    manifests: filesOf("manifest"),
    hasStaticPodPath: values.has("has-manifests"),
    staticPodPath: field(config, "staticPodPath") || "/etc/kubernetes/manifests",
    apiServer: field(text("/etc/kubernetes/kubelet.conf"), "server")
      .replace(/^https?:\/\//, "")
      .replace(/\/.*$/, ""),
    // The first one by name is the one that counts: when containerd cannot load it, there is no network.
    hasCniConfig: parseCniFile(filesOf("cni")[0]?.content ?? "") !== undefined,
    kernelVersion: one("kernel"),
    osImage: unquoted(/^PRETTY_NAME=(.*)$/m.exec(text("/etc/os-release"))?.[1] ?? ""),
    machineId,
    bootId: text("/proc/sys/kernel/random/boot_id").trim(),
    // A container has no firmware: its machine id in the shape of a UUID stands for it.
    systemUuid: machineId.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
    architecture: architectures[one("machine")] ?? one("machine"),
    cpuCount: count("cpus") || 1,
    memoryKib: Number.parseInt(field(text("/proc/meminfo"), "MemTotal"), 10) || 0,
    diskKib: count("disk-kib"),
    diskFreeKib: count("disk-free-kib"),
    inodes: count("inodes"),
    inodesFree: count("inodes-free"),
    resolvConf: resolv === undefined ? undefined : resolvConf(resolv),
    resolvConfPath: one("resolv-path"),
    pressureTransitionMs: seconds(field(config, "evictionPressureTransitionPeriod")) * 1000,
  };
}

/** "PATH CONTENT", the content in base64; a path may have blanks. */
function fileIn(line: string): { path: string; content: string } | undefined {
  const at = line.lastIndexOf(" ");
  if (at < 0) return undefined;
  return { path: line.slice(0, at), content: Buffer.from(line.slice(at + 1), "base64").toString("utf8") };
}

/** The value of the first line "NAME: VALUE", whatever its indent; empty without one. */
function field(text: string, name: string): string {
  const line = text.split("\n").find((one) => one.trimStart().startsWith(`${name}:`));
  return unquoted(line?.slice(line.indexOf(":") + 1).trim() ?? "");
}

function resolvConf(text: string) {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  const values = (keyword: string) =>
    lines.filter(([first]) => first === keyword).flatMap((words) => words.slice(1));
  return { servers: values("nameserver"), searches: values("search"), options: values("options") };
}

/** Of a duration of Go's in hours, minutes and seconds; 0 for what is none. */
function seconds(text: string): number {
  const [, hours, minutes, rest] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(rest ?? 0);
}

function unquoted(text: string): string {
  return /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;
}
