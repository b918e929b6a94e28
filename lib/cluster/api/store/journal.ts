import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import type Sqlite from "better-sqlite3";
import { AppError } from "@/lib/core/app-error";

/** One version of one object; `value` null is its deletion. */
export interface JournalRow {
  rv: number;
  key: string;
  value: string | null;
}

/** Where a store writes its changes before anyone hears of them. */
export interface Journal {
  /** All rows or none; when it returns they survive kill -9 of the process. Throws AppError `exhausted` or `internal`. */
  append(rows: readonly JournalRow[]): void;
  /** Rows in order of rv. */
  replay(): IterableIterator<JournalRow>;
  /** Versions up to this one may have been thinned out. */
  compactedRv(): number;
  /** Deletes the rows of `rvs`, none of which is the newest of its key at or after `compactedRv`. */
  compact(rvs: readonly number[], compactedRv: number): void;
  readMeta(key: string): string | undefined;
  writeMeta(key: string, value: string): void;
  close(): void;
}

/** Keeps nothing. */
export function memoryJournal(): Journal {
  const meta = new Map<string, string>();
  return {
    append: () => undefined,
    *replay() {},
    compactedRv: () => 0,
    compact: () => undefined,
    readMeta: (key) => meta.get(key),
    writeMeta: (key, value) => void meta.set(key, value),
    close: () => undefined,
  };
}

/**
 * A journal in an SQLite file, write-ahead logged: a commit survives the death of the process, not the loss of power, which
 * a lab does not survive either. So nothing is synced to the disk: that would hold up all clusters of the process.
 */
export function openJournal(path: string): Journal {
  if (path === ":memory:") return memoryJournal();
  // A cluster in memory needs none of it.
  const Database = createRequire(import.meta.url)("better-sqlite3") as typeof Sqlite;
  // Secrets are in it: for its owner only, and SQLite gives its companions the same mode.
  closeSync(openSync(path, "a", 0o600));
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = OFF");
  db.pragma("cache_size = -128");
  db.pragma("journal_size_limit = 1048576");
  // In pages of 4 KiB: a write in some hundred moves what was logged to its place, and waits for it.
  db.pragma("wal_autocheckpoint = 250");
  db.exec(
    "CREATE TABLE IF NOT EXISTS log (rv INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT);" +
      "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;",
  );
  const insert = db.prepare("INSERT INTO log (rv, key, value) VALUES (?, ?, ?)");
  const remove = db.prepare("DELETE FROM log WHERE rv = ?");
  const select = db.prepare("SELECT rv, key, value FROM log ORDER BY rv");
  const getMeta = db.prepare("SELECT value FROM meta WHERE key = ?").pluck();
  const putMeta = db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)");
  const insertAll = db.transaction((rows: readonly JournalRow[]) => {
    for (const { rv, key, value } of rows) insert.run(rv, key, value);
  });
  const compactAll = db.transaction((rvs: readonly number[], compactedRv: number) => {
    for (const rv of rvs) remove.run(rv);
    putMeta.run("compactedRv", String(compactedRv));
  });
  return {
    append(rows) {
      try {
        if (rows.length === 1) insert.run(rows[0]!.rv, rows[0]!.key, rows[0]!.value);
        else insertAll(rows);
      } catch (cause) {
        const full = (cause as { code?: string }).code === "SQLITE_FULL";
        throw new AppError(
          full ? "exhausted" : "internal",
          full
            ? `The disk is full: ${path} cannot grow. Free some space; nothing that was acknowledged is lost.`
            : `The journal ${path} cannot be written: ${(cause as Error).message}`,
          { cause },
        );
      }
    },
    replay: () => select.iterate() as IterableIterator<JournalRow>,
    compactedRv: () => Number(getMeta.get("compactedRv") ?? 0),
    compact: (rvs, compactedRv) => compactAll(rvs, compactedRv),
    readMeta: (key) => getMeta.get(key) as string | undefined,
    writeMeta: (key, value) => void putMeta.run(key, value),
    close: () => db.close(),
  };
}
