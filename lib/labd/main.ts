import { execFileSync } from "node:child_process";
import { chown, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readConfig } from "@/lib/config";
import { labdRpc } from "@/lib/contract/labd";
import { AppError } from "@/lib/core/app-error";
import { systemClock } from "@/lib/core/clock";
import { createLogger } from "@/lib/core/logger";
import { listenOnSocket } from "@/lib/core/listen-on-socket";
import { executeCommandsWith } from "@/lib/core/run-command";
import { createRpcServer } from "@/lib/rpc/server";
import { Cgroups } from "@/lib/sandbox/cgroup";
import type { SandboxHost } from "@/lib/sandbox/host";
import { ensureDiskTemplate } from "@/lib/sandbox/disk";
import { raiseHostLimits } from "@/lib/sandbox/host-limits";
import { FrozenStore } from "@/lib/sandbox/freeze/frozen-store";
import { ensureImages } from "@/lib/sandbox/image/ensure-images";
import { ensureRuntime } from "@/lib/sandbox/image/ensure-runtime";
import { followAddedImages } from "@/lib/sandbox/image/follow-added-images";
import { currentBootId } from "@/lib/sandbox/record";
import { ensureMemoryLayer } from "@/lib/sandbox/rootfs/ensure-memory-layer";
import { ensureNodeRoot } from "@/lib/sandbox/rootfs/ensure-node-root";
import { CommandRunner } from "./command-runner";
import { hostMemory, watchKernelMemory } from "./kernel-memory-watch";
import { Labd } from "./labd";
import { nodeMethods } from "./node-methods";
import { podMethods } from "./pod-methods";
import { Runtimes } from "./runtime";
import { sandboxMethods } from "./sandbox-methods";
import { streams } from "./streams";

/**
 * labd: the only process of examctl with privileges. Started in its own mount namespace (lib/labd/launch.ts).
 * `main.mjs` serves until SIGTERM and leaves the sandboxes running; `main.mjs destroy-all` removes them and ends.
 */
const logger = createLogger("labd");
const config = readConfig();

const mode = process.argv[2] ?? "serve";
if (process.getuid?.() !== 0)
  throw new AppError("forbidden", "labd needs root: it makes namespaces and mounts.");
process.umask(0o022);

if (mode === "serve") await serve();
else if (mode === "destroy-all") await destroyAll();
else throw new AppError("invalid", `labd has no mode ${mode}: serve or destroy-all.`);

async function serve(): Promise<void> {
  const onProgress = (line: string) => logger.info(line);
  executeCommandsWith(new CommandRunner(join(config.runDir, "commands.sock")).execute);
  for (const limit of await raiseHostLimits())
    logger.warn({ limit }, "a limit of the host cannot be raised: one lab could use it up for all");
  const { top, tools, base } = await ensureNodeRoot(config.dataDir, { onProgress });
  const memory = await ensureMemoryLayer(tools, join(config.runDir, "memory")).then(
    (layer) => [layer],
    (failure: unknown) => {
      logger.info({ err: failure }, "kubectl is read from the disk: the kernel has no huge pages for it");
      return [];
    },
  );
  const host = await openHost([top, ...memory, tools, base]);
  await ensureRuntime(host.imagesFolder, base);
  const images = await ensureImages(config.dataDir, { onProgress });
  followAddedImages(config.dataDir, images, (failure) =>
    logger.error({ err: failure }, "added images cannot be read"),
  );
  await host.diskTemplate(2 * 1024 ** 3);
  await host.frozen.open();
  const labd = new Labd(host, logger);
  await labd.adopt();
  const watched = {
    memory: hostMemory,
    busyMs: () => labd.busyMs(),
    restartNodes: (sandboxId: string) => labd.restartNodes(sandboxId),
  };
  watchKernelMemory(watched, systemClock, logger).catch((failure: unknown) =>
    logger.error({ err: failure }, "the kernel's memory is not watched any more"),
  );
  const runtimes = new Runtimes(images, host.cgroups, systemClock);
  const server = createRpcServer(
    labdRpc,
    { ...sandboxMethods(labd, runtimes, logger), ...nodeMethods(labd), ...podMethods(labd, runtimes) },
    streams(labd, runtimes),
    { logger },
  );
  await mkdir(dirname(config.sockets.labd), { recursive: true });
  await listenOnSocket(server, config.sockets.labd);
  await chown(config.sockets.labd, 0, host.service.gid);
  logger.info({ socket: config.sockets.labd, sandboxes: labd.size }, "labd is ready");
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => {
      logger.info({ signal }, "labd ends; sandboxes go on");
      server.close();
      server.closeAllConnections();
      process.exit(0);
    });
}

async function destroyAll(): Promise<void> {
  const host = await openHost([]);
  const labd = new Labd(host, logger);
  await labd.adopt();
  await labd.destroyAll();
  await host.cgroups.close();
}

async function openHost(nodeLayers: string[]): Promise<SandboxHost> {
  await mkdir(join(config.runDir, "labs"), { recursive: true, mode: 0o711 });
  const imagesFolder = join(config.dataDir, "images");
  await mkdir(imagesFolder, { recursive: true });
  return {
    paths: { dataDir: config.dataDir, runDir: config.runDir },
    cgroups: await Cgroups.open(config.runDir),
    nodeLayers,
    imagesFolder,
    bootId: await currentBootId(),
    service: serviceAccount(config.serviceUser),
    frozen: new FrozenStore(join(config.dataDir, "frozen")),
    diskTemplate: (bytes) => ensureDiskTemplate(config.dataDir, bytes),
    clock: systemClock,
  };
}

/** The account that clusterd runs as; root where it does not exist, as in a container or a test that makes no users. */
function serviceAccount(user: string): { uid: number; gid: number } {
  try {
    const read = (flag: string) =>
      Number(execFileSync("id", [flag, user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
    return { uid: read("-u"), gid: read("-g") };
  } catch {
    return { uid: 0, gid: 0 };
  }
}
