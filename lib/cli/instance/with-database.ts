import type { Config } from "@/lib/config";
import { createDb, type Db } from "@/lib/db/client";
import { embeddedDatabaseUrl } from "./database";
import { loadSecrets } from "./secrets";

/** Runs `work` with a client of this instance's database and closes it. The instance must be running. */
export async function withDatabase<T>(config: Config, work: (db: Db) => Promise<T>): Promise<T> {
  const url = config.databaseUrl ?? embeddedDatabaseUrl(config, await loadSecrets(config.dataDir));
  const db = createDb(url, 2);
  try {
    return await work(db);
  } finally {
    await db.$disconnect();
  }
}
