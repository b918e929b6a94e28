import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "@/lib/core/paths";
import { migrate } from "./migrate";
import { parsePrismaSchema } from "./parse-prisma-schema";
import { startTestDatabase, type TestDatabase } from "./testing";

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await startTestDatabase({ migrated: false });
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.stop();
});

describe("migrate", () => {
  it("applies each migration once, whoever else migrates at the same time", async () => {
    const runs = await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)]);
    expect(runs.flat()).toContain("20260101000000_first");
    expect(new Set(runs.flat()).size).toBe(runs.flat().length);
    expect(await migrate(database.url)).toEqual([]);
  });

  it("records checksums as Prisma does", async () => {
    const sql = await readFile(join(projectRoot, "prisma/migrations/20260101000000_first/migration.sql"));
    const { rows } = await client.query(
      `SELECT checksum, applied_steps_count, finished_at IS NOT NULL AS finished FROM _prisma_migrations
       WHERE migration_name = '20260101000000_first'`,
    );
    expect(rows).toEqual([
      { checksum: createHash("sha256").update(sql).digest("hex"), applied_steps_count: 1, finished: true },
    ]);
  });

  it("undoes a migration that fails, refuses one that changed, and names both", async () => {
    const folder = await mkdtemp(join(tmpdir(), "migrations-"));
    const put = async (name: string, sql: string) => {
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(join(folder, name, "migration.sql"), sql);
    };
    try {
      await put("1_good", "CREATE TABLE probe_good (id INT);");
      await put("2_bad", "CREATE TABLE probe_bad (id INT); SELECT nonsense;");
      await expect(migrate(database.url, { folder })).rejects.toThrow(/2_bad failed and was undone/);
      const { rows } = await client.query(
        "SELECT to_regclass('probe_good') AS good, to_regclass('probe_bad') AS bad",
      );
      expect(rows).toEqual([{ good: "probe_good", bad: null }]);
      await put("1_good", "CREATE TABLE probe_good (id BIGINT);");
      await expect(migrate(database.url, { folder })).rejects.toThrow(
        /1_good was applied with other content/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("makes exactly the tables, columns, enums and unique keys of schema.prisma", async () => {
    const schema = parsePrismaSchema(await readFile(join(projectRoot, "prisma/schema.prisma"), "utf8"));
    const columns = await client.query<{ t: string; c: string; udt: string; nullable: string }>(
      `SELECT table_name AS t, column_name AS c, udt_name AS udt, is_nullable AS nullable FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name NOT LIKE 'probe_%' AND table_name <> '_prisma_migrations'`,
    );
    const seen = columns.rows.map(
      (row) => `${row.t}.${row.c} ${row.udt}${row.nullable === "YES" ? "?" : ""}`,
    );
    expect(seen.sort()).toEqual(schema.columns.sort());

    const enums = await client.query<{ name: string; label: string }>(
      `SELECT t.typname AS name, e.enumlabel AS label FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
       ORDER BY t.typname, e.enumsortorder`,
    );
    expect(enums.rows.map((row) => `${row.name}.${row.label}`).sort()).toEqual(schema.enums.sort());

    const indexes = await client.query<{ indexname: string }>(
      `SELECT indexname FROM pg_indexes WHERE schemaname = 'public'`,
    );
    expect(indexes.rows.map((row) => row.indexname)).toEqual(expect.arrayContaining(schema.indexes));
  });

  it("keeps recorded results, scores, audit entries and versions as they were", async () => {
    await client.query(`INSERT INTO labs (id) VALUES ('lab')`);
    await client.query(
      `INSERT INTO lab_versions (id, lab_id, number, sha256, files, manifest, checks_source, state)
       VALUES ('v', 'lab', 1, 'x', '{}', '{}', '', 'DRAFT')`,
    );
    await client.query(
      `INSERT INTO users (id, username, name, role, password_hash) VALUES ('u', 'u', 'U', 'STUDENT', '-')`,
    );
    await client.query(
      `INSERT INTO attempts (id, user_id, lab_id, version_id, mode, state, seed, parameters, cluster_lab_id)
       VALUES ('t', 'u', 'lab', 'v', 'EXAM', 'GRADED', 's', '{}', 'a-t')`,
    );
    await client.query(`INSERT INTO audit_entries (id, action, target) VALUES ('a', 'test', 'test')`);
    await client.query(
      `INSERT INTO scores (id, attempt_id, sequence, kind, points, points_max, question_points, passed)
       VALUES ('s', 't', 1, 'GRADED', 1, 2, '{}', false)`,
    );
    await client.query(
      `INSERT INTO check_results (id, attempt_id, question_id, purpose, outcome, points, points_max, reason, evidence, duration_ms)
       VALUES ('c', 't', 'q', 'GRADING', 'FAILED', 0, 1, '', '[]', 1)`,
    );
    for (const change of [
      "audit_entries SET action = 'other'",
      "scores SET points = 2",
      "check_results SET points = 1",
    ]) {
      const table = change.split(" ")[0]!;
      await expect(client.query(`UPDATE ${change}`), table).rejects.toThrow(`${table} is append-only`);
      await expect(client.query(`DELETE FROM ${table}`), table).rejects.toThrow(`${table} is append-only`);
    }
    await expect(client.query(`UPDATE lab_versions SET checks_source = 'cheat'`)).rejects.toThrow(
      /append-only/,
    );
    await client.query(`UPDATE lab_versions SET state = 'PUBLISHED', published_at = now()`);
    await expect(client.query(`DELETE FROM lab_versions`)).rejects.toThrow(/append-only/);
  });
});
