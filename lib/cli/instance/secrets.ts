import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AppError } from "@/lib/core/app-error";

const secretsFile = z.object({ authSecret: z.string().min(32), databasePassword: z.string().min(16) });
export type Secrets = z.infer<typeof secretsFile>;

/** Reads `secrets.json` of the data folder, or makes it (root only, mode 0600) with fresh random values. */
export async function loadSecrets(dataDir: string): Promise<Secrets> {
  const path = join(dataDir, "secrets.json");
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw new AppError("unavailable", `Cannot read ${path}: ${cause.message}`, { cause });
  });
  if (text !== undefined) {
    const parsed = secretsFile.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    throw new AppError(
      "invalid",
      `${path} is not what examctl wrote. Restore it from a backup: the database password is in it.`,
    );
  }
  const secrets = {
    authSecret: randomBytes(32).toString("base64url"),
    databasePassword: randomBytes(24).toString("base64url"),
  };
  await mkdir(dataDir, { recursive: true });
  await writeFile(path, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  return secrets;
}
