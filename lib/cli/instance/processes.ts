import { request } from "node:http";
import { join } from "node:path";
import type { Config } from "@/lib/config";
import { clusterdRpc } from "@/lib/contract/clusterd";
import { labdRpc } from "@/lib/contract/labd";
import { terminaldRpc } from "@/lib/contract/terminald";
import { AppError } from "@/lib/core/app-error";
import { builtEntry } from "@/lib/core/paths";
import { labdCommand } from "@/lib/labd/launch";
import { createRpcClient } from "@/lib/rpc/client";
import { embeddedDatabaseUrl, ensureDatabase, postgresCommand } from "./database";
import { localAddress } from "@/scripts/doctor/local-address.mjs";
import type { Secrets } from "./secrets";
import type { ServiceView } from "./service-view";

/** One process of an instance, as the supervisor starts it. */
export interface ProcessSpec {
  name: string;
  argv: string[];
  env: NodeJS.ProcessEnv;
  /** The group of the process when it runs as root: sockets it makes are reachable for the services. */
  gid?: number;
  /** Started when these are ready. */
  after: string[];
  /** Runs to its end instead of staying; others wait for its success. */
  once?: boolean;
  /** Throws as long as it does not answer. */
  ready(): Promise<void>;
  /** How long it may take to stop before it is killed. */
  stopTimeoutMs: number;
}

/** The processes of an instance in the order of their start (design: web, terminald, clusterd, labd, PostgreSQL). */
export async function processSpecs(
  config: Config,
  view: ServiceView,
  secrets: Secrets,
): Promise<ProcessSpec[]> {
  const databaseUrl = config.databaseUrl ?? embeddedDatabaseUrl(config, secrets);
  const base = {
    PATH: process.env.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin",
    LANG: "C.UTF-8",
    NODE_ENV: "production" as const,
    EXAMCTL_RUN_DIR: config.runDir,
    EXAMCTL_USER: config.serviceUser,
    EXAMCTL_SHARDS: String(config.clusterdShards),
    ...(process.env.EXAMCTL_LOG_LEVEL ? { EXAMCTL_LOG_LEVEL: process.env.EXAMCTL_LOG_LEVEL } : {}),
  };
  const serviceEnv = { ...base, HOME: "/nonexistent", EXAMCTL_DATA_DIR: view.dataDir };
  const databaseEnv = {
    ...serviceEnv,
    DATABASE_URL: databaseUrl,
    NEXTAUTH_SECRET: config.authSecret ?? secrets.authSecret,
    NEXTAUTH_URL: config.publicUrl,
    EXAMCTL_HOST: config.host,
    EXAMCTL_PORT: String(config.port),
  };
  const node = (entry: string, ...flags: string[]) => [
    process.execPath,
    "--enable-source-maps",
    ...flags,
    builtEntry(entry),
  ];
  const labd = createRpcClient(labdRpc, config.sockets.labd, "labd");
  const clusterd = createRpcClient(clusterdRpc, config.sockets.clusterd, "clusterd");
  const terminald = createRpcClient(terminaldRpc, config.sockets.terminald, "terminald");

  const embedded: ProcessSpec[] = config.databaseUrl
    ? []
    : [
        {
          name: "postgres",
          argv: view.wrap(await postgresCommand(config)),
          env: { ...base, HOME: "/nonexistent" },
          after: [],
          ready: () => ensureDatabase(config, secrets),
          stopTimeoutMs: 20_000,
        },
      ];
  return [
    ...embedded,
    {
      name: "labd",
      argv: await labdCommand(config.runDir),
      env: { ...base, HOME: "/root", EXAMCTL_DATA_DIR: config.dataDir },
      gid: view.user.gid,
      after: [],
      ready: async () => void (await labd.call("health", {}, { timeoutMs: 2000 })),
      stopTimeoutMs: 60_000,
    },
    {
      name: "database",
      // As root: it writes the first passwords to a file that only root may read.
      argv: [...node("cli/main"), "database", "prepare"],
      env: {
        ...databaseEnv,
        EXAMCTL_DATA_DIR: config.dataDir,
        ...firstAccountsEnv(process.env),
      },
      after: embedded.map(({ name }) => name),
      once: true,
      ready: async () => undefined,
      stopTimeoutMs: 10_000,
    },
    {
      name: "clusterd",
      argv: view.wrap(node("clusterd/main")),
      env: serviceEnv,
      after: ["labd"],
      ready: async () => void (await clusterd.call("health", {}, { timeoutMs: 2000 })),
      stopTimeoutMs: 20_000,
    },
    {
      name: "terminald",
      argv: view.wrap(node("terminald/main")),
      env: serviceEnv,
      after: ["labd"],
      ready: async () => void (await terminald.call("health", {}, { timeoutMs: 2000 })),
      stopTimeoutMs: 10_000,
    },
    {
      name: "web",
      argv: view.wrap(node("web/main")),
      env: { ...databaseEnv, ...labPolicyEnv(config), NEXT_TELEMETRY_DISABLED: "1" },
      after: ["database", "clusterd", "terminald"],
      ready: () => answersHttp(config),
      stopTimeoutMs: 10_000,
    },
  ];
}

/** Where an instance writes the log of a process. */
export function logPath(config: Config, name: string): string {
  return join(config.dataDir, "log", `${name}.log`);
}

/** Resolves when web answers where it listens: on one address of several it may not be the loopback one. */
export function answersHttp({ host, port }: Pick<Config, "host" | "port">): Promise<void> {
  const url = `http://${localAddress(host)}:${port}/healthz`;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { timeout: 2000 }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new AppError("unavailable", `web answers ${response.statusCode}.`));
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("timeout")));
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** What decides about the passwords of the first accounts (lib/exam/seed.ts); no other process is told. */
export function firstAccountsEnv(env: NodeJS.ProcessEnv): Record<string, string> {
  const isWanted = ([name, value]: [string, string | undefined]) =>
    (name === "EXAMCTL_DEMO" || name.startsWith("EXAMCTL_PASSWORD_")) && value !== undefined;
  return Object.fromEntries(Object.entries(env).filter(isWanted)) as Record<string, string>;
}

/** How many labs run, wait booted, and rest: read by web, which admits and sweeps. */
function labPolicyEnv(config: Config): NodeJS.ProcessEnv {
  return {
    NODE_ENV: "production",
    EXAMCTL_LABS_MAX: String(config.labsRunningMax),
    EXAMCTL_POOL_SIZE: String(config.pool.perVersion),
    EXAMCTL_POOL_MAX: String(config.pool.max),
    EXAMCTL_HIBERNATE_MINUTES: String(config.hibernateAfterMs / 60_000),
    EXAMCTL_END_STATE_DAYS: String(config.keepEndStatesMs / (24 * 3_600_000)),
  };
}
