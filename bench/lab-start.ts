import { setTimeout as sleep } from "node:timers/promises";
import { startReadyLab, startTestClusterd, twoNodes } from "@/lib/clusterd/testing";
import { Scope } from "@/lib/core/scope";
import { startExam, startFromPool } from "./pooled-start";
import { summarize, type Bench } from "./report";

/** The kernel goes on taking a lab's namespaces apart after it is gone. */
const restMs = 1000;

export const metrics = ["cold", "warm"];

/**
 * From `lab.start` until all nodes are Ready and `kubectl get nodes` has answered on the control plane: one lab of two
 * nodes at a time, the one before it gone. The floor is the same two nodes with their network and without a cluster. Then
 * the same for a student's attempt that takes its lab from the pool. Needs root.
 */
const labStart: Bench = async ({ log, quick }) => {
  const scope = new Scope();
  try {
    const clusterd = scope.use(await startTestClusterd(), (it) => it.close());
    const labd = clusterd.labd.client;
    const cold: number[] = [];
    const floor: number[] = [];
    const steps = new Map<string, number[]>();
    const rounds = quick ? 2 : 20;
    for (let round = 0; round < rounds; round++) {
      const labId = `bench-${round}`;
      const startedMs = performance.now();
      const status = await startReadyLab(clusterd.client, labId);
      const nodes = await clusterd.client.call("lab.exec", {
        labId,
        node: "controlplane",
        argv: ["kubectl", "get", "nodes", "--no-headers"],
      });
      cold.push(performance.now() - startedMs);
      if (nodes.stdout.match(/ Ready /g)?.length !== 2)
        throw new Error(`The lab's nodes are not Ready:\n${nodes.stdout}${nodes.stderr}`);
      for (const { id, durationMs } of status.steps)
        steps.set(id, [...(steps.get(id) ?? []), durationMs ?? 0]);
      await clusterd.client.call("lab.stop", { labId });
      await sleep(restMs);

      const { network, nodes: bare } = twoNodes();
      const bareStartedMs = performance.now();
      await labd.call("sandbox.create", {
        sandboxId: labId,
        network,
        nodes: bare.map(({ name, interface: device, address, mac }) => ({
          name,
          interface: device ?? "eth0",
          address,
          mac,
        })),
      });
      floor.push(performance.now() - bareStartedMs);
      await labd.call("sandbox.destroy", { sandboxId: labId });
      await sleep(restMs);
      log(`round ${round + 1}: ${Math.round(cold.at(-1)!)} ms, bare nodes ${Math.round(floor.at(-1)!)} ms`);
    }
    const exam = await startExam(scope);
    const warm: number[] = [];
    const kubectl: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { warmMs, floorMs } = await startFromPool(exam);
      warm.push(warmMs);
      kubectl.push(floorMs);
      log(
        `round ${round + 1} from the pool: ${Math.round(warmMs)} ms, kubectl alone ${Math.round(floorMs)} ms`,
      );
    }
    return [
      summarize("cold", "ms", cold, {
        floor: { name: "the same nodes without a cluster", samples: floor },
        note: "the first start is in it; steps sandbox and control-plane overlap.",
      }),
      summarize("warm", "ms", warm, {
        floor: { name: "the same kubectl on the running lab", samples: kubectl },
        note: "from the student's click until kubectl has answered, with a lab that the pool has booted.",
      }),
      ...[...steps].map(([id, samples]) => summarize(`step ${id}`, "ms", samples)),
    ];
  } finally {
    await scope.close();
  }
};

export default labStart;
