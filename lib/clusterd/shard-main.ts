import { readConfig } from "@/lib/config";
import { systemClock } from "@/lib/core/clock";
import { createLogger } from "@/lib/core/logger";
import { labdRpc } from "@/lib/contract/labd";
import { createRpcClient } from "@/lib/rpc/client";
import { listenOnSocket } from "@/lib/core/listen-on-socket";
import { createShard } from "./shard";
import type { ShardHeartbeat } from "./shard-rpc";

const socketPath = process.argv[2];
if (!socketPath || !process.send) throw new Error("A shard is started by clusterd.");
const logger = createLogger("clusterd-shard");
const config = readConfig();
const shard = createShard({
  dataDir: config.dataDir,
  runDir: config.runDir,
  labd: createRpcClient(labdRpc, config.sockets.labd, "labd"),
  clock: systemClock,
  logger,
});
await listenOnSocket(shard.server, socketPath, 0o600);

const beat = (type: ShardHeartbeat["type"]) =>
  process.send?.({ type, labs: shard.labs(), rssBytes: process.memoryUsage.rss() } satisfies ShardHeartbeat);
beat("ready");
setInterval(() => beat("heartbeat"), 1000).unref();

const stop = async () => {
  await Promise.race([shard.close(), systemClock.sleep(4000)]);
  process.exit(0);
};
process.once("SIGTERM", () => void stop());
process.once("SIGINT", () => void stop());
// The parent is gone: its successor starts shards of its own on the same labs.
process.once("disconnect", () => process.exit(0));
