import type { Server } from "node:http";
import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { systemClock, type Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { clusterdRpc } from "@/lib/contract/clusterd";
import type { LabdRpc } from "@/lib/contract/labd";
import type { MethodInput, MethodOutput, MethodParsed } from "@/lib/rpc/contract";
import { createRpcServer } from "@/lib/rpc/server";
import type { RpcClient } from "@/lib/rpc/client";
import { dialNode } from "./dial-node";
import { removeFrozen } from "./freeze-lab";
import { FrozenLabs } from "./frozen-labs";
import { LabFolder, listLabFolders, tidyLabFolders, type LabRecord } from "./lab-folder";
import { PassingLabs } from "./passing-labs";
import { ShardProcess, type ShardOptions } from "./shard-process";
import type { ShardRpc } from "./shard-rpc";
import { statusOf, waitingSteps } from "./status-board";
import { exportFrozen, importFrozen } from "./move-frozen";
import { prepareThaw } from "./thaw-lab";

const passingCheckMs = 1000;

export interface ClusterdOptions {
  dataDir: string;
  /** Where the shards' sockets are made. */
  runDir: string;
  shards: number;
  shard: Omit<ShardOptions, "socketPath" | "clock" | "logger">;
  labd: RpcClient<LabdRpc>;
  logger: Logger;
  clock?: Clock;
}

export interface Clusterd {
  server: Server;
  /** Ends the shards; their labs stay as they are and are resumed by the next clusterd. */
  close(): Promise<void>;
}

/** The main process: holds no lab itself, gives each to the shard with the fewest and passes calls on to it. */
export async function createClusterd(options: ClusterdOptions): Promise<Clusterd> {
  const { logger, labd } = options;
  const clock = options.clock ?? systemClock;
  const clustersDir = join(options.dataDir, "clusters");
  const frozenLabs = new FrozenLabs(join(options.dataDir, "frozen-labs"));
  const shardOf = new Map<string, ShardProcess>();
  const passing = new PassingLabs(clock);

  const runLab = (labId: string, shard: ShardProcess) =>
    shard.call("lab.run", { labId }).catch((failure: unknown) => {
      // The shard that died over it comes back and is handed its labs again.
      logger.warn({ err: failure, labId }, "lab could not be handed to its shard");
    });
  const shards = Array.from(
    { length: options.shards },
    (_, index) =>
      new ShardProcess(
        {
          ...options.shard,
          socketPath: join(options.runDir, `clusterd-shard-${index}.sock`),
          clock,
          logger: logger.child({ shard: index }),
        },
        (shard) => shard.labs.forEach((labId) => void runLab(labId, shard)),
      ),
  );

  const assign = (labId: string): ShardProcess => {
    const shard = shards.reduce((least, next) => (next.labs.size < least.labs.size ? next : least));
    shard.labs.add(labId);
    shardOf.set(labId, shard);
    return shard;
  };
  const forget = (labId: string) => {
    shardOf.get(labId)?.labs.delete(labId);
    shardOf.delete(labId);
    passing.forget(labId);
  };
  const shardWith = (labId: string): ShardProcess => {
    const shard = shardOf.get(labId);
    if (!shard) throw new AppError("not-found", `No lab ${labId} is running.`);
    return shard;
  };

  const recordOf = async (labId: string): Promise<LabRecord> => {
    try {
      return await new LabFolder(clustersDir, labId).readRecord();
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code !== "ENOENT") throw failure;
      throw new AppError("not-found", `No lab ${labId} is running.`, { cause: failure });
    }
  };
  const requireAwake = async (labId: string): Promise<void> => {
    if (shardOf.has(labId)) return;
    await recordOf(labId);
    throw new AppError("unavailable", `The lab ${labId} is frozen: thaw it, then try again.`);
  };

  /** Calls the shard of a lab; one that has not been handed the lab yet (it has just come back) is handed it first. */
  const callLab = async <M extends "lab.status" | "lab.stop" | "lab.freeze" | "check.run">(
    labId: string,
    method: M,
    input: MethodInput<ShardRpc, M>,
    timeoutMs: number,
  ): Promise<MethodOutput<ShardRpc, M>> => {
    const shard = shardWith(labId);
    try {
      return await shard.call(method, input, timeoutMs);
    } catch (failure) {
      if (AppError.from(failure).code !== "not-found" || !shard.labs.has(labId)) throw failure;
      await shard.call("lab.run", { labId });
      return shard.call(method, input, timeoutMs);
    }
  };

  /** A freeze that goes on takes away what a thaw brings back. */
  const untilAtRest = async (labId: string): Promise<void> => {
    let afterRevision: number | undefined;
    while (shardOf.has(labId)) {
      const input = { labId, timeoutMs: 10_000, ...(afterRevision === undefined ? {} : { afterRevision }) };
      const { phase, revision } = await callLab(labId, "lab.status", input, 40_000);
      if (phase !== "freezing") return;
      afterRevision = revision;
    }
  };

  const stopLab = async ({ labId, keepFrozen }: MethodParsed<typeof clusterdRpc, "lab.stop">) => {
    const frozen = await recordOf(labId).then(
      (record) => record.frozen,
      () => undefined,
    );
    if (shardOf.has(labId)) {
      await callLab(labId, "lab.stop", { labId, keepFrozen }, 120_000);
      forget(labId);
    } else {
      // Frozen, or nothing of ours; a sandbox may have been left by a lost registry.
      await labd.call("sandbox.destroy", { sandboxId: labId });
    }
    if (frozen && keepFrozen) await frozenLabs.keep(frozen.frozenId);
    await new LabFolder(clustersDir, labId).remove();
    if (frozen && !keepFrozen && !(await frozenLabs.isKept(frozen.frozenId)))
      await removeFrozen(frozenLabs, labd, frozen.frozenId);
    return {};
  };

  const endOverdue = async (): Promise<void> => {
    for (const labId of passing.takeOverdue()) {
      logger.warn({ labId }, "nobody asks for this lab any more: it is ended");
      await stopLab({ labId, keepFrozen: false }).catch((failure: unknown) =>
        logger.error({ err: failure, labId }, "lab cannot be ended"),
      );
    }
  };

  const { found, hasSetAside } = await tidyLabFolders(clustersDir, (path, failure) =>
    logger.error({ err: failure, path }, "a lab's record cannot be read: the lab is set aside"),
  );
  // What a lab that was set aside needs cannot be told: nothing is swept until its folder is gone.
  if (!hasSetAside) {
    const needed = await frozenLabs.sweep(
      found.flatMap(({ record }) => (record.frozen ? [record.frozen.frozenId] : [])),
    );
    // An archive whose lab is just being frozen has no name here yet.
    if (!found.some(({ record }) => record.phase === "freezing")) await sweepArchives(labd, needed, logger);
  }
  for (const { record } of found) {
    if (record.phase === "frozen") continue;
    passing.know(record.labId, record.idleMsMax);
    logger.info({ labId: record.labId, phase: record.phase }, "resuming lab");
    void runLab(record.labId, assign(record.labId));
  }

  const server = createRpcServer(
    clusterdRpc,
    {
      health: () =>
        Promise.resolve({
          pid: process.pid,
          labs: shardOf.size,
          passingLabs: passing.size,
          shards: shards.map(({ pid, labs, rssBytes }) => ({ pid, labs: labs.size, rssBytes })),
        }),

      async "lab.start"({ labId, environment, idleMsMax }) {
        const record: LabRecord = {
          labId,
          environment,
          startedAtMs: clock.now(),
          ...(idleMsMax === undefined ? {} : { idleMsMax }),
          revision: 1,
          phase: "starting",
          steps: waitingSteps(),
          done: [],
        };
        await new LabFolder(clustersDir, labId).create(record);
        passing.know(labId, idleMsMax);
        void runLab(labId, assign(labId));
        return statusOf(record);
      },

      async "lab.status"(input) {
        passing.touch(input.labId);
        if (shardOf.has(input.labId))
          return callLab(input.labId, "lab.status", input, input.timeoutMs + 30_000);
        return statusOf(await recordOf(input.labId));
      },

      async "lab.list"() {
        const folders = await listLabFolders(clustersDir);
        return {
          labs: folders.map(({ record }) => statusOf(record)),
        };
      },

      "lab.stop": stopLab,

      async "lab.freeze"({ labId }) {
        if (!shardOf.has(labId)) {
          const { frozen } = await recordOf(labId);
          if (frozen) return frozen;
        }
        const frozen = await callLab(labId, "lab.freeze", { labId }, 300_000);
        forget(labId);
        logger.info({ labId, ...frozen }, "lab frozen");
        return frozen;
      },

      async "lab.thaw"({ labId, frozenId }) {
        await untilAtRest(labId);
        const record = await prepareThaw({ clustersDir, frozenLabs, clock }, labId, frozenId);
        void runLab(labId, shardOf.get(labId) ?? assign(labId));
        return statusOf(record);
      },

      async "frozen.remove"({ frozenId }) {
        await removeFrozen(frozenLabs, labd, frozenId);
        return {};
      },

      "frozen.export": ({ frozenId }) => exportFrozen({ clustersDir, frozenLabs, labd }, frozenId),
      "frozen.import": (moved) => importFrozen({ clustersDir, frozenLabs, labd }, moved),

      async "lab.exec"({ labId, node, argv, stdin, timeoutMs }) {
        passing.touch(labId);
        await requireAwake(labId);
        return labd.call(
          "node.exec",
          {
            sandboxId: labId,
            node,
            argv,
            stdin: Buffer.from(stdin).toString("base64"),
            timeoutMs,
            env: shellEnvironment,
          },
          { timeoutMs: timeoutMs + 10_000 },
        );
      },

      async "check.run"(input) {
        passing.touch(input.labId);
        await requireAwake(input.labId);
        return callLab(input.labId, "check.run", input, input.deadlineMs + 30_000);
      },
    },
    {
      async "lab.dial"(input) {
        passing.touch(input.labId);
        return dialNode(labd, await recordOf(input.labId), input);
      },
    },
    { logger },
  );
  const closing = new AbortController();
  const endPassing = async () => {
    for (; !closing.signal.aborted; await clock.sleep(passingCheckMs, closing.signal).catch(() => undefined))
      await endOverdue();
  };
  void endPassing();

  return {
    server,
    async close() {
      closing.abort();
      await Promise.all(shards.map((shard) => shard.close()));
    },
  };
}

/** Removes archives of labd's that no frozen lab names: a crash left them. */
async function sweepArchives(
  labd: RpcClient<LabdRpc>,
  needed: ReadonlySet<string>,
  logger: Logger,
): Promise<void> {
  try {
    const { archives } = await labd.call("frozen.list", {}, { timeoutMs: 5000 });
    for (const { digest } of archives) if (!needed.has(digest)) await labd.call("frozen.remove", { digest });
  } catch (failure) {
    logger.warn({ err: failure }, "archives that nobody needs could not be looked for");
  }
}

/** What a login shell of root on a node has. */
const shellEnvironment = {
  HOME: "/root",
  USER: "root",
  LANG: "C.UTF-8",
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
};
