import { systemClock, type Clock } from "@/lib/core/clock";
import { AppError } from "@/lib/core/app-error";
import type { ClusterdRpc, LabStatus } from "@/lib/contract/clusterd";
import type { RpcClient } from "@/lib/rpc/client";

const atOnce = 3;
const timeoutMs = 60_000;

/**
 * Puts every ready lab of a running instance to rest, so that stopping it loses nobody's work; each thaws when somebody
 * looks at it. Returns how many were frozen, and those that were not with the reason. An instance without clusterd has none.
 */
export async function freezeLabs(
  clusterd: Pick<RpcClient<ClusterdRpc>, "call">,
  onProgress: (line: string) => void = () => undefined,
  clock: Clock = systemClock,
): Promise<{ frozen: number; failed: { labId: string; reason: string }[] }> {
  const failed: { labId: string; reason: string }[] = [];
  let frozen = 0;
  const ready = await labsIn(clusterd, "ready");
  const queue = [...ready];
  const worker = async () => {
    for (let lab = queue.shift(); lab; lab = queue.shift()) {
      const { labId } = lab;
      try {
        await clusterd.call("lab.freeze", { labId }, { timeoutMs: 300_000 });
        frozen += 1;
        onProgress(`${frozen} of ${ready.length} labs are frozen`);
      } catch (failure) {
        failed.push({ labId, reason: AppError.from(failure).message });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  // Idle labs are frozen by the server itself: one that is on its way must arrive.
  const untilMs = clock.now() + timeoutMs;
  while ((await labsIn(clusterd, "freezing")).length > 0 && clock.now() < untilMs) await clock.sleep(200);
  return { frozen, failed };
}

async function labsIn(clusterd: Pick<RpcClient<ClusterdRpc>, "call">, wanted: LabStatus["phase"]) {
  return clusterd.call("lab.list", {}, { timeoutMs: 10_000 }).then(
    ({ labs }) => labs.filter(({ phase }) => phase === wanted),
    () => [],
  );
}
