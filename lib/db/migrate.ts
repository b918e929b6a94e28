import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { AppError } from "@/lib/core/app-error";
import { projectPath } from "@/lib/core/paths";

export interface MigrateOptions {
  /** Default: prisma/migrations of the project. */
  folder?: string;
  onApplied?: (name: string) => void;
}

/** The key that `prisma migrate` locks with: neither it nor a second examctl migrates at the same time. */
const advisoryLock = 72707369;

const bookkeeping = `
  CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id" VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum" VARCHAR(64) NOT NULL,
    "finished_at" TIMESTAMPTZ,
    "migration_name" VARCHAR(255) NOT NULL,
    "logs" TEXT,
    "rolled_back_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INTEGER NOT NULL DEFAULT 0
  )`;

/**
 * Applies the committed migrations that the database lacks, in name order, each in a transaction, and records them as
 * Prisma does (table and checksums), so that `prisma migrate deploy` carries on from here and the other way round.
 * Safe to call from several processes at once. Returns the names it applied.
 * Throws AppError `conflict` when an applied migration's file has changed or a migration was left half applied.
 */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<string[]> {
  const migrations = await readMigrations(options.folder ?? projectPath("prisma", "migrations"));
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  await client.connect().catch((cause: unknown) => {
    throw new AppError("unavailable", `PostgreSQL cannot be reached: ${(cause as Error).message}`, { cause });
  });
  try {
    await client.query("SELECT pg_advisory_lock($1)", [advisoryLock]);
    await client.query(bookkeeping);
    const applied = await readApplied(client);
    const done: string[] = [];
    for (const migration of migrations) {
      const known = applied.get(migration.name);
      if (known === migration.checksum) continue;
      if (known !== undefined)
        throw new AppError(
          "conflict",
          `Migration ${migration.name} was applied with other content than prisma/migrations holds now. ` +
            "Restore the file; changes to the schema go into a new migration.",
        );
      await apply(client, migration);
      done.push(migration.name);
      options.onApplied?.(migration.name);
    }
    return done;
  } finally {
    await client.end(); // the session's end releases the lock
  }
}

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(folder, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

async function readApplied(client: Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished: boolean }>(
    `SELECT "migration_name", "checksum", "finished_at" IS NOT NULL AS finished
     FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL`,
  );
  const unfinished = rows.find((row) => !row.finished);
  if (unfinished)
    throw new AppError(
      "conflict",
      `Migration ${unfinished.migration_name} was started by another tool and never finished. ` +
        "Mend the database and run `prisma migrate resolve` before starting examctl.",
    );
  return new Map(rows.map((row) => [row.migration_name, row.checksum]));
}

async function apply(client: Client, migration: Migration): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO "_prisma_migrations" ("id", "checksum", "finished_at", "migration_name", "applied_steps_count")
       VALUES ($1, $2, now(), $3, 1)`,
      [randomUUID(), migration.checksum, migration.name],
    );
    await client.query("COMMIT");
  } catch (cause) {
    await client.query("ROLLBACK");
    throw new AppError(
      "internal",
      `Migration ${migration.name} failed and was undone: ${(cause as Error).message}`,
      { cause },
    );
  }
}
