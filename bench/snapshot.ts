import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { leftBehind } from "@/lib/clusterd/left-behind";
import { startReadyLab, startTestClusterd, type TestClusterd } from "@/lib/clusterd/testing";
import { runCommand } from "@/lib/core/run-command";
import { Scope } from "@/lib/core/scope";
import { summarize, type Bench } from "./report";

export const metrics = ["freeze", "thaw", "size", "loop"];

/**
 * A lab of two nodes with a Deployment frozen and thawed again and again: how long both take, and the bytes. Beside it
 * what anybody could do: zstd over the disk image of the lab (without pausing it), and a start from nothing. Then 50 labs
 * are started and stopped in a loop: `loop` counts what is left of them (processes, mounts, namespaces, interfaces, control
 * groups, files), beside what was there before. Needs root.
 */
const snapshot: Bench = async ({ log, quick }) => {
  const scope = new Scope();
  try {
    const clusterd = scope.use(await startTestClusterd(), (it) => it.close());
    const freeze: number[] = [];
    const thaw: number[] = [];
    const sizes: number[] = [];
    const cold: number[] = [];
    const imageMs: number[] = [];
    const imageSizes: number[] = [];
    const labId = "bench-snapshot";
    const startedMs = performance.now();
    await startReadyLab(clusterd.client, labId);
    cold.push(performance.now() - startedMs);
    await exercise(clusterd, labId);
    for (let round = 0; round < (quick ? 2 : 15); round++) {
      const image = await compressImage(clusterd, labId);
      imageMs.push(image.ms);
      imageSizes.push(image.bytes / 1000);
      const freezeStartedMs = performance.now();
      const { sizeBytes } = await clusterd.client.call("lab.freeze", { labId }, { timeoutMs: 120_000 });
      freeze.push(performance.now() - freezeStartedMs);
      sizes.push(sizeBytes / 1000);
      const thawStartedMs = performance.now();
      await thawed(clusterd, labId);
      thaw.push(performance.now() - thawStartedMs);
      const coldStartedMs = performance.now();
      await startReadyLab(clusterd.client, "bench-cold");
      cold.push(performance.now() - coldStartedMs);
      await clusterd.client.call("lab.stop", { labId: "bench-cold" });
      log(
        `round ${round + 1}: ${Math.round(freeze.at(-1)!)} ms, ${Math.round(thaw.at(-1)!)} ms, ${Math.round(sizes.at(-1)!)} kB`,
      );
    }
    await clusterd.client.call("lab.stop", { labId });
    return [
      summarize("freeze", "ms", freeze, { peer: { name: "zstd -3 of the disk image", samples: imageMs } }),
      summarize("thaw", "ms", thaw, { peer: { name: "a cold start", samples: cold } }),
      summarize("size", "kB", sizes, { peer: { name: "zstd -3 of the disk image", samples: imageSizes } }),
      ...(await loop(clusterd, quick ? 3 : 50, log)),
    ];
  } finally {
    await scope.close();
  }
};

/** A lab in which something was done. */
async function exercise({ client }: TestClusterd, labId: string): Promise<void> {
  const script =
    "kubectl create deployment web --image=nginx:1.27 --replicas=3 && kubectl expose deployment web --port=80 && " +
    "kubectl rollout status deployment/web --timeout=60s && seq 10000 > /root/numbers";
  const argv = ["bash", "-c", script];
  const result = await client.call("lab.exec", { labId, node: "controlplane", argv });
  if (result.exitCode !== 0) throw new Error(`The lab could not be exercised: ${result.stderr}`);
}

async function thawed({ client }: TestClusterd, labId: string): Promise<void> {
  let status = await client.call("lab.thaw", { labId });
  while (status.phase === "starting")
    status = await client.call("lab.status", { labId, afterRevision: status.revision });
  if (status.phase !== "ready")
    throw new Error(`The lab was not thawed: it is ${status.phase}, ${status.error}.`);
}

async function compressImage({ labd }: TestClusterd, labId: string): Promise<{ ms: number; bytes: number }> {
  const target = join(labd.dataDir, "image.zst");
  const startedMs = performance.now();
  await runCommand(["zstd", "-3", "-q", "-f", join(labd.dataDir, "labs", labId, "disk.img"), "-o", target], {
    timeoutMs: 120_000,
  });
  const ms = performance.now() - startedMs;
  const { size } = await stat(target);
  await rm(target);
  return { ms, bytes: size };
}

async function loop(clusterd: TestClusterd, rounds: number, log: (text: string) => void) {
  const once = async (round: number) => {
    await startReadyLab(clusterd.client, `loop-${round}`);
    await clusterd.client.call("lab.stop", { labId: `loop-${round}` });
  };
  await once(0);
  const before = await leftBehind(clusterd);
  const resident: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    await once(round);
    if (round % 10 === 0) log(`${round} labs started and stopped`);
    resident.push((await leftBehind(clusterd)).residentBytes / 1e6);
  }
  const after = await leftBehind(clusterd);
  const isNew = (trace: string) => !before.traces.includes(trace);
  const left = after.traces.filter(isNew);
  if (left.length > 0) log(`left: ${left.join("\n")}`);
  return [
    summarize("loop", "count", [left.length], {
      floor: { name: "nothing", samples: [0] },
      note: `traces of ${rounds} labs that were started and stopped one after another.`,
    }),
    summarize("memory of labd and clusterd in the loop", "MB", resident, {
      floor: { name: "before", samples: [before.residentBytes / 1e6] },
    }),
  ];
}

export default snapshot;
