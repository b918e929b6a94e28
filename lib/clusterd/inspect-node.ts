import { AppError } from "@/lib/core/app-error";
import { parseCniFile } from "@/lib/core/cni-list";
import type { NodeInspection } from "@/lib/cluster/node/container-runtime";

/** Run by sh on a node with the folder of static pods as $1; prints NAME=VALUE lines and base64 of files. Reads only. */
export const inspectScript = `
export LC_ALL=C
echo "kernel=$(uname -r)"
echo "machine=$(uname -m)"
. /etc/os-release; echo "os=$PRETTY_NAME"
read -r value < /etc/machine-id; echo "machine-id=$value"
read -r value < /proc/sys/kernel/random/boot_id; echo "boot-id=$value"
echo "cpus=$(nproc)"
while read -r name value unit; do [ "$name" = MemTotal: ] && echo "memory-kib=$value" && break; done < /proc/meminfo
df -k --output=size,avail,itotal,iavail /var/lib/kubelet 2>/dev/null | { read -r header; read -r size free inodes inodesfree
  echo "disk-kib=$size"; echo "disk-free-kib=$free"; echo "inodes=$inodes"; echo "inodes-free=$inodesfree"; }
for file in /etc/cni/net.d/*; do
  case $file in *.conf|*.conflist|*.json) [ -f "$file" ] && echo "cni=$(base64 -w0 "$file")" && break;; esac
done
resolv=/etc/resolv.conf
while read -r name value; do
  case $name in
    staticPodPath:) echo "static-pod-path=$value";;
    resolvConf:) resolv=$value;;
    evictionPressureTransitionPeriod:) echo "pressure-transition=$value";;
  esac
done < /var/lib/kubelet/config.yaml 2>/dev/null
echo "resolv-conf=$resolv"
[ -f "$resolv" ] && echo "has-resolv-conf=yes" && while read -r line; do echo "resolv=$line"; done < "$resolv"
[ -d "$1" ] && echo "has-static-pod-path=yes"
while read -r name value; do [ "$name" = server: ] && echo "server=$value"; done < /etc/kubernetes/kubelet.conf 2>/dev/null
for file in "$1"/*; do
  case "$file" in */.*) continue;; esac
  [ -f "$file" ] && echo "manifest=$file $(base64 -w0 "$file")"
done
echo "complete=yes"
`;

const architectures: Record<string, string> = { x86_64: "amd64", aarch64: "arm64" };

/**
 * Reads what the script printed. A node is hostile: whatever is missing or odd becomes a harmless default. Throws when the
 * output was cut off: a manifest that is not in it would be taken for removed.
 */
export function parseInspection(output: string): NodeInspection {
  const values = new Map<string, string[]>();
  for (const line of output.split("\n")) {
    const at = line.indexOf("=");
    if (at < 0) continue;
    const name = line.slice(0, at);
    values.set(name, [...(values.get(name) ?? []), line.slice(at + 1).slice(0, 400_000)]);
  }
  if (!values.has("complete"))
    throw new AppError("internal", "A node could not be inspected: its answer is cut off.");
  const one = (name: string) => values.get(name)?.[0]?.trim() ?? "";
  const count = (name: string) => Math.max(0, Number.parseInt(one(name), 10) || 0);
  const resolv = (keyword: string) =>
    (values.get("resolv") ?? [])
      .map((line) => line.trim().split(/\s+/))
      .filter(([first]) => first === keyword)
      .flatMap((words) => words.slice(1));
  const machineId = one("machine-id");
  return {
    manifests: (values.get("manifest") ?? []).flatMap((line) => {
      const at = line.lastIndexOf(" ");
      if (at < 0) return [];
      return [
        { path: line.slice(0, at), content: Buffer.from(line.slice(at + 1), "base64").toString("utf8") },
      ];
    }),
    hasStaticPodPath: values.has("has-static-pod-path"),
    staticPodPath: unquoted(one("static-pod-path")) || "/etc/kubernetes/manifests",
    apiServer: unquoted(one("server"))
      .replace(/^https?:\/\//, "")
      .replace(/\/.*$/, ""),
    // The first one by name is the one that counts: when containerd cannot load it, there is no network.
    hasCniConfig: parseCniFile(Buffer.from(one("cni"), "base64").toString("utf8")) !== undefined,
    kernelVersion: one("kernel"),
    osImage: one("os"),
    machineId,
    bootId: one("boot-id"),
    // A container has no firmware: its machine id in the shape of a UUID stands for it.
    systemUuid: machineId.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
    architecture: architectures[one("machine")] ?? one("machine"),
    cpuCount: count("cpus") || 1,
    memoryKib: count("memory-kib"),
    diskKib: count("disk-kib"),
    diskFreeKib: count("disk-free-kib"),
    inodes: count("inodes"),
    inodesFree: count("inodes-free"),
    resolvConf: values.has("has-resolv-conf")
      ? { servers: resolv("nameserver"), searches: resolv("search"), options: resolv("options") }
      : undefined,
    resolvConfPath: one("resolv-conf"),
    pressureTransitionMs: seconds(one("pressure-transition")) * 1000,
  };
}

/** Of a duration of Go's in hours, minutes and seconds; 0 for what is none. */
function seconds(text: string): number {
  const [, hours, minutes, rest] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(rest ?? 0);
}

function unquoted(text: string): string {
  return /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;
}
