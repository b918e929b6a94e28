import { readFile } from "node:fs/promises";
import { startReadyLab, startTestClusterd, twoNodes } from "@/lib/clusterd/testing";
import { systemClock } from "@/lib/core/clock";
import { Scope } from "@/lib/core/scope";
import { summarize, type Bench } from "./report";

/** What a lab has started has come to rest by then. */
const restMs = 10_000;

export const metrics = ["idle lab"];

/**
 * Proportional set size (PSS) of idle labs of two nodes: the processes of each, and the lab's share of labd, clusterd and
 * its shard (their growth with all labs, divided by the labs). Needs root.
 */
const memory: Bench = async ({ log, quick }) => {
  const scope = new Scope();
  try {
    const clusterd = scope.use(await startTestClusterd(), (it) => it.close());
    const labs = quick ? 1 : 5;
    const servers = async () => {
      const { shards } = await clusterd.client.call("health", {});
      const pids = [clusterd.pid(), clusterd.labd.pid(), ...shards.map(({ pid }) => pid)];
      return (await Promise.all(pids.map(pssBytes))).reduce((total, bytes) => total + bytes, 0);
    };
    await systemClock.sleep(restMs);
    const before = await servers();
    for (let lab = 0; lab < labs; lab++) {
      await startReadyLab(clusterd.client, `bench-${lab}`);
      log(`lab ${lab + 1} of ${labs} is ready`);
    }
    await systemClock.sleep(restMs);
    const share = ((await servers()) - before) / labs / 1e6;
    const nodes: number[] = [];
    for (let lab = 0; lab < labs; lab++) {
      const { pssBytes: bytes } = await clusterd.labd.client.call("sandbox.usage", {
        sandboxId: `bench-${lab}`,
      });
      nodes.push(bytes / 1e6);
    }
    const { network, nodes: bareNodes } = twoNodes();
    await clusterd.labd.client.call("sandbox.create", {
      sandboxId: "bench-bare",
      network,
      nodes: bareNodes.map(({ name, interface: device, address, mac }) => ({
        name,
        interface: device,
        address,
        mac,
      })),
    });
    await systemClock.sleep(restMs);
    const bare = await clusterd.labd.client.call("sandbox.usage", { sandboxId: "bench-bare" });
    return [
      summarize(
        "idle lab",
        "MB",
        nodes.map((megabytes) => megabytes + share),
        {
          floor: { name: "the processes of two nodes without a cluster", samples: [bare.pssBytes / 1e6] },
          note: `${labs} labs at once; without forced garbage collection.`,
        },
      ),
      summarize("processes of its nodes", "MB", nodes),
      summarize("share of labd and clusterd", "MB", [share]),
    ];
  } finally {
    await scope.close();
  }
};

async function pssBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)![1]) * 1024;
}

export default memory;
