import type { Server } from "node:http";
import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import type { FrozenLab } from "@/lib/contract/clusterd";
import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";
import { Mirror } from "@/lib/mirror/mirror";
import { createRpcServer } from "@/lib/rpc/server";
import { runChecks } from "./check-run";
import { FrozenLabs } from "./frozen-labs";
import { Lab } from "./lab";
import { LabFolder } from "./lab-folder";
import { shardRpc } from "./shard-rpc";

export interface ShardServiceOptions {
  dataDir: string;
  runDir: string;
  labd: RpcClient<LabdRpc>;
  clock: Clock;
  logger: Logger;
}

export interface Shard {
  server: Server;
  labs(): number;
  /** Lets go of all labs without touching their nodes. */
  close(): Promise<void>;
}

/** A shard's service: the labs that clusterd gave it. */
export function createShard(options: ShardServiceOptions): Shard {
  const { clock, logger, labd } = options;
  const clustersDir = join(options.dataDir, "clusters");
  const frozenLabs = new FrozenLabs(join(options.dataDir, "frozen-labs"));
  const mirror = new Mirror(join(options.dataDir, "mirror"));
  const labs = new Map<string, Lab>();
  const labOf = (labId: string): Lab => {
    const lab = labs.get(labId);
    if (!lab) throw new AppError("not-found", `No lab ${labId} is running.`);
    return lab;
  };
  /** One that could not be thawed is tried anew. */
  const holds = (labId: string) => labs.has(labId) && labs.get(labId)!.status.phase !== "frozen";
  const freeze = async (lab: Lab): Promise<FrozenLab> => {
    try {
      const frozen = await lab.freeze();
      labs.delete(lab.labId);
      return frozen;
    } catch (failure) {
      if (lab.isDetached) {
        labs.delete(lab.labId);
        await run(lab.labId);
      }
      throw failure;
    }
  };
  const stop = async (lab: Lab) => {
    await lab.stop();
    labs.delete(lab.labId);
  };
  const run = async (labId: string): Promise<void> => {
    if (holds(labId)) return;
    const folder = new LabFolder(clustersDir, labId);
    const record = await folder.readRecord();
    if (holds(labId)) return;
    const runFolder = join(options.runDir, "labs", labId);
    const lab = new Lab({
      ...{ folder, record, frozenLabs, labd, mirror, clock, logger },
      apiFolder: join(runFolder, "api"),
      outsideFolder: join(runFolder, "outside"),
    });
    labs.set(labId, lab);
    if (record.phase === "stopping")
      stop(lab).catch((failure: unknown) => logger.error({ err: failure, labId }, "lab cannot be stopped"));
    else void lab.start();
  };
  const server = createRpcServer(
    shardRpc,
    {
      async "lab.run"({ labId }) {
        await run(labId);
        return {};
      },
      "lab.freeze": ({ labId }) => freeze(labOf(labId)),
      "lab.status": ({ labId, afterRevision, timeoutMs }) =>
        labOf(labId).board.wait(afterRevision, timeoutMs),
      async "lab.stop"({ labId }) {
        await stop(labOf(labId));
        return {};
      },
      "check.run": (input) => runChecks(labOf(input.labId).access, input),
    },
    {},
    { logger },
  );
  return {
    server,
    labs: () => labs.size,
    async close() {
      await Promise.allSettled([...labs.values()].map((lab) => lab.detach()));
    },
  };
}
