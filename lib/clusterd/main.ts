import { mkdir } from "node:fs/promises";
import { readConfig } from "@/lib/config";
import { createLogger } from "@/lib/core/logger";
import { builtEntry } from "@/lib/core/paths";
import { labdRpc } from "@/lib/contract/labd";
import { createRpcClient } from "@/lib/rpc/client";
import { listenOnSocket } from "@/lib/core/listen-on-socket";
import { createClusterd } from "./clusterd";

const logger = createLogger("clusterd");
const config = readConfig();
await mkdir(config.runDir, { recursive: true });
const labd = createRpcClient(labdRpc, config.sockets.labd, "labd");
const clusterd = await createClusterd({
  dataDir: config.dataDir,
  runDir: config.runDir,
  shards: config.clusterdShards,
  shard: {
    entry: builtEntry("clusterd/shard-main"),
    heapMegabytesMax: 1024,
    silenceMsMax: 10_000,
    env: process.env,
  },
  labd,
  logger,
});
await listenOnSocket(clusterd.server, config.sockets.clusterd);
logger.info({ socket: config.sockets.clusterd }, "clusterd listens");

const stop = async (): Promise<void> => {
  clusterd.server.close();
  clusterd.server.closeAllConnections();
  await clusterd.close();
  process.exit(0);
};
process.once("SIGTERM", () => void stop());
process.once("SIGINT", () => void stop());
