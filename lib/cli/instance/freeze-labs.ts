import { systemClock, type Clock } from "@/lib/core/clock";
import { AppError } from "@/lib/core/app-error";
import type { ClusterdRpc, LabStatus } from "@/lib/contract/clusterd";
import type { RpcClient } from "@/lib/rpc/client";

type Clusterd = Pick<RpcClient<ClusterdRpc>, "call">;

const atOnce = 3;
const settleMs = 60_000;

export interface FreezeReport {
  frozen: number;
  /** Labs that hold somebody's work and would lose it now. */
  failed: { labId: string; reason: string }[];
}

/**
 * Puts every lab of a running instance to rest, so that stopping it loses nobody's work; each thaws when somebody looks at
 * it. Labs of walks are ended. `runningLabs` names those that have nodes on this host.
 * Throws what clusterd throws when it does not tell which labs there are.
 */
export async function freezeLabs(
  clusterd: Clusterd,
  runningLabs: () => Promise<string[]>,
  {
    onProgress = () => undefined,
    clock = systemClock,
  }: { onProgress?: (line: string) => void; clock?: Clock } = {},
): Promise<FreezeReport> {
  // Idle labs are frozen by the server itself, and others just begin: what is on its way must arrive.
  const ready = (await settled(clusterd, clock)).filter(({ phase }) => phase === "ready");
  const reasons = new Map<string, string>();
  let done = 0;
  let frozen = 0;
  const queue = [...ready];
  const worker = async () => {
    for (let lab = queue.shift(); lab; lab = queue.shift()) {
      const { labId, idleMsMax } = lab;
      try {
        if (idleMsMax === undefined) {
          await clusterd.call("lab.freeze", { labId }, { timeoutMs: 300_000 });
          frozen += 1;
        } else await clusterd.call("lab.stop", { labId }, { timeoutMs: 120_000 });
        onProgress(`${(done += 1)} of ${ready.length} labs are at rest`);
      } catch (failure) {
        reasons.set(labId, AppError.from(failure).message);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { frozen, failed: await stillRunning(await settled(clusterd, clock), runningLabs, reasons) };
}

/** All labs, once none is starting or freezing any more; as they are when that takes too long. */
async function settled(clusterd: Clusterd, clock: Clock): Promise<LabStatus[]> {
  const untilMs = clock.now() + settleMs;
  for (;;) {
    const { labs } = await clusterd.call("lab.list", {}, { timeoutMs: 10_000 });
    const isMoving = labs.some(({ phase }) => phase === "starting" || phase === "freezing");
    if (!isMoving || clock.now() > untilMs) return labs;
    await clock.sleep(200);
  }
}

/** A lab that never was ready holds nothing yet, and one that is being stopped is no longer wanted. */
async function stillRunning(
  labs: LabStatus[],
  runningLabs: () => Promise<string[]>,
  reasons: ReadonlyMap<string, string>,
): Promise<FreezeReport["failed"]> {
  const running = await runningLabs();
  const failed = running.flatMap((labId) => {
    const lab = labs.find((one) => one.labId === labId);
    const reason = reasons.get(labId);
    if (reason) return [{ labId, reason }];
    if (!lab) return [{ labId, reason: "clusterd does not know it." }];
    const { phase, error, readyAfterMs, idleMsMax } = lab;
    if (phase === "frozen" || phase === "stopping" || readyAfterMs === undefined || idleMsMax !== undefined)
      return [];
    return [{ labId, reason: `It is ${phase}${error ? `: ${error}` : "."}` }];
  });
  return failed;
}
