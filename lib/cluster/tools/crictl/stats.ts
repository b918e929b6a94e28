import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import type { ContainerInstance } from "@/lib/cluster/node/container-runtime";
import { parseOptions } from "../options";
import { wideTable } from "../table";
import type { CrictlCommand } from "./command";
import { containerObject } from "./objects";
import { humanSize, shortId } from "./units";

const sampleMs = 1000;
const pageBytes = 4096;
const ticksPerSecond = 100;

/** Of every process its namespace of processes, which is its container's, and its own account. Reads only. */
const readProcesses = `find /proc/[0-9]*/ns/pid -printf '%p %l\\n' 2>/dev/null; cat /proc/[0-9]*/stat 2>/dev/null; true`;

interface Use {
  cpuTicks: number;
  memoryBytes: number;
}

/** `crictl stats`: what the processes of each running container use, over a second. */
export const showStats: CrictlCommand = async (session, _, argv) => {
  const options = parseOptions(argv, {
    ...{ "all,a": "switch", id: "value", "pod,p": "value", "output,o": "value", "seconds,s": "value" },
    ...{ "watch,w": "switch", label: "value" },
  });
  const { pods, containers } = await session.node.cri.list();
  const podOf = new Map(pods.map((pod) => [pod.podUid, pod]));
  const wanted = options.value("id") ?? options.words[0] ?? "";
  const some = (containers as (ContainerInstance & { pid?: number })[]).filter(
    ({ state, containerId, podUid }) =>
      state === "running" &&
      containerId.startsWith(wanted) &&
      (podOf.get(podUid)?.podId ?? "").startsWith(options.value("pod") ?? ""),
  );
  const before = await usesOf(session, some);
  await session.clock.sleep(sampleMs, session.signal);
  const after = await usesOf(session, some);
  const rows = some.map((one) => {
    const now = after.get(one.containerId) ?? { cpuTicks: 0, memoryBytes: 0 };
    const ticks = Math.max(0, now.cpuTicks - (before.get(one.containerId)?.cpuTicks ?? now.cpuTicks));
    const percent = (ticks / ticksPerSecond / (sampleMs / 1000)) * 100;
    return { one, percent, memoryBytes: now.memoryBytes };
  });
  if (options.value("output") === "json") {
    const stats = rows.map(({ one, memoryBytes }) => ({
      attributes: containerObject(one, podOf.get(one.podUid)),
      memory: { workingSetBytes: { value: String(memoryBytes) } },
    }));
    return session.printOut(JSON.stringify({ stats }, null, 2));
  }
  session.printOut(
    wideTable([
      ["CONTAINER", "NAME", "CPU %", "MEM", "DISK", "INODES", "SWAP"],
      ...rows.map(({ one, percent, memoryBytes }) => [
        ...[shortId(one.containerId), one.name, percent.toFixed(2), humanSize(memoryBytes)],
        ...["24.58kB", "7", "0B"],
      ]),
    ]),
  );
};

async function usesOf(
  session: AgentSession,
  containers: (ContainerInstance & { pid?: number })[],
): Promise<Map<string, Use>> {
  const { stdout } = await session.run(["/bin/sh", "-c", readProcesses]);
  const namespaceOf = new Map<number, string>();
  const useOf = new Map<string, Use>();
  for (const line of stdout.split("\n")) {
    const [, pid, namespace] = /^\/proc\/(\d+)\/ns\/pid (\S+)$/.exec(line) ?? [];
    if (pid) namespaceOf.set(Number(pid), namespace!);
    const [, owner, rest] = /^(\d+) \(.*\) (.*)$/.exec(line) ?? [];
    const of = owner && namespaceOf.get(Number(owner));
    if (!of) continue;
    // From the third field on: utime and stime are the 14th and 15th, rss the 24th (proc(5)).
    const fields = rest!.split(" ").map(Number);
    const { cpuTicks, memoryBytes } = useOf.get(of) ?? { cpuTicks: 0, memoryBytes: 0 };
    useOf.set(of, {
      cpuTicks: cpuTicks + fields[11]! + fields[12]!,
      memoryBytes: memoryBytes + fields[21]! * pageBytes,
    });
  }
  return new Map(
    containers.flatMap(({ containerId, pid }) => {
      const use = useOf.get(namespaceOf.get(pid ?? 0) ?? "");
      return use ? [[containerId, use] as const] : [];
    }),
  );
}
