import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "@/lib/config";
import { logPath, type ProcessSpec } from "@/lib/cli/instance/processes";
import { supervisorRpc } from "@/lib/contract/supervisor";
import { AppError } from "@/lib/core/app-error";
import { systemClock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { listenOnSocket } from "@/lib/core/listen-on-socket";
import { createRpcServer } from "@/lib/rpc/server";
import { IdentityFile } from "./identity-file";
import { identify, isAlive } from "./process-identity";
import { stopProcess } from "./stop-process";
import { SupervisedProcess } from "./supervised-process";

const readyTimeoutMs = 60_000;

export function supervisorSocket(config: Config): string {
  return join(config.runDir, "supervisor.sock");
}

/**
 * Runs the processes of an instance until it is told to stop (`stop` call, SIGTERM or SIGINT). Resolves with the exit
 * code. What a supervisor before this one left running is ended first: labs and shells do not depend on it.
 */
export async function supervise(config: Config, specs: ProcessSpec[], logger: Logger): Promise<number> {
  await endLeftovers(config);
  const identities = new IdentityFile(config);
  await identities.set("supervisor", identify(process.pid)!);
  const processes = specs.map(
    (spec) =>
      new SupervisedProcess(spec, {
        logPath: logPath(config, spec.name),
        clock: systemClock,
        logger,
        onIdentity(name, identity) {
          identities
            .set(name, identity)
            .catch((cause: unknown) => logger.error({ err: cause }, "cannot write the list of processes"));
        },
      }),
  );

  let finish: (exitCode: number) => void = () => undefined;
  const finished = new Promise<number>((resolve) => (finish = resolve));
  let stopping: Promise<void> | undefined;
  const stop = () =>
    (stopping ??= (async () => {
      for (const one of [...processes].reverse()) await one.stop();
    })());

  const find = (name: string) => {
    const one = processes.find(({ spec }) => spec.name === name);
    if (!one) throw new AppError("not-found", `There is no process ${name}.`);
    return one;
  };

  const server = createRpcServer(
    supervisorRpc,
    {
      status: async () => ({
        pid: process.pid,
        startedAtMs: Date.now() - Math.round(process.uptime() * 1000),
        url: config.publicUrl,
        processes: processes.map(({ status }) => status),
      }),
      hold: async ({ name }) => {
        await find(name).stop();
        return {};
      },
      release: ({ name }) => {
        const one = find(name);
        if (!stopping)
          one
            .resume(readyTimeoutMs)
            .catch((failure: unknown) => logger.error({ err: failure, name }, "start failed"));
        return Promise.resolve({});
      },
      stop: async () => {
        await stop();
        setTimeout(() => finish(0), 20); // after the answer is out
        return {};
      },
    },
    {},
    { logger },
  );
  await listenOnSocket(server, supervisorSocket(config), 0o600);
  for (const name of ["SIGTERM", "SIGINT"] as const)
    process.on(name, () => void stop().then(() => finish(0)));

  const started = new Map<string, Promise<void>>();
  for (const one of processes) {
    const before = one.spec.after.map((name) => started.get(name) ?? Promise.resolve());
    started.set(
      one.spec.name,
      Promise.all(before).then(() => one.start(readyTimeoutMs)),
    );
  }
  const outcomes = await Promise.race([Promise.allSettled(started.values()), finished.then(() => [])]);
  for (const outcome of outcomes)
    if (outcome.status === "rejected") logger.error({ err: outcome.reason as Error }, "start failed");

  const exitCode = await finished;
  server.close();
  await rm(supervisorSocket(config), { force: true });
  await identities.remove();
  return exitCode;
}

/** Ends what a supervisor that died left behind, the supervisor itself included. */
export async function endLeftovers(config: Config): Promise<void> {
  const file = new IdentityFile(config);
  const identities = await file.read();
  await Promise.all(
    identities
      .filter((identity) => identity.pid !== process.pid && isAlive(identity))
      .map((identity) => stopProcess(identity, 10_000, systemClock)),
  );
  await file.remove();
}
