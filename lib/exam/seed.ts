import { randomBytes } from "node:crypto";
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { systemClock } from "@/lib/core/clock";
import { randomId } from "@/lib/core/ids";
import { projectPath } from "@/lib/core/paths";
import { hashPassword } from "@/lib/auth/passwords";
import type { Role } from "@/lib/auth/roles";
import { createDb, isUniqueViolation } from "@/lib/db/client";
import { readLabFolder } from "@/lib/lab/read-lab-folder";
import type { ExamDeps } from "./deps";
import { makeCurrent, storeVersion } from "./store-version";

export interface SeedOptions {
  databaseUrl: string;
  /** Where the first passwords are written down (`first-passwords.json`, mode 0600). */
  dataDir: string;
  /** Default: labs/ of the project. */
  labsFolder?: string;
  env?: Record<string, string | undefined>;
}

export interface SeedReport {
  labs: { id: string; number: number; change: "added" | "updated" | "unchanged" | "kept" }[];
  /** Accounts made now. `password` is there when it was made up here, for showing it once. */
  users: { username: string; role: Role; password?: string; source: "environment" | "random" | "demo" }[];
  passwordsFile: string | undefined;
}

const firstUsers: { username: string; name: string; role: Role }[] = [
  { username: "admin", name: "Ada Admin", role: "ADMIN" },
  { username: "grader", name: "Grace Grader", role: "GRADER" },
  { username: "student", name: "Sam Student", role: "STUDENT" },
  { username: "student2", name: "Sol Student", role: "STUDENT" },
];

/**
 * Puts the labs that come with examctl and the first accounts into a migrated database. Safe to repeat: accounts that
 * exist are left alone, and a lab that an admin changed since keeps the admin's version as the current one.
 * Passwords come from EXAMCTL_PASSWORD_<USER NAME>, else are random; only with EXAMCTL_DEMO=1 is one that everybody
 * knows ("examctl-demo").
 */
export async function seed(options: SeedOptions): Promise<SeedReport> {
  const db = createDb(options.databaseUrl, 2);
  try {
    const deps = { db, clock: systemClock };
    const labs = await seedLabs(deps, options.labsFolder ?? projectPath("labs"));
    const users = await seedUsers(deps, options.env ?? process.env);
    const random = users.filter((user) => user.password !== undefined);
    const passwordsFile = join(options.dataDir, "first-passwords.json");
    if (random.length > 0) await writePasswords(passwordsFile, random);
    return { labs, users, passwordsFile: random.length > 0 ? passwordsFile : undefined };
  } finally {
    await db.$disconnect();
  }
}

async function seedLabs(deps: Pick<ExamDeps, "db" | "clock">, folder: string): Promise<SeedReport["labs"]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const report: SeedReport["labs"] = [];
  for (const { name } of entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))) {
    const files = await readLabFolder(join(folder, name));
    if (!files["lab.yaml"]) continue;
    try {
      report.push(await seedLab(deps, files));
    } catch (failure) {
      const error = AppError.from(failure);
      throw new AppError(error.code, `labs/${name}: ${error.message}`, { cause: failure });
    }
  }
  return report;
}

async function seedLab(
  deps: Pick<ExamDeps, "db" | "clock">,
  files: Record<string, string>,
): Promise<SeedReport["labs"][number]> {
  const version = await storeVersion(deps, { files, authorId: null, message: "Comes with examctl" });
  const { id, labId, number } = version;
  if (!version.created) return { id: labId, number, change: "unchanged" };
  const lab = await deps.db.lab.findUniqueOrThrow({ where: { id: labId }, include: { version: true } });
  // An admin's own version is not replaced behind the admin's back; ours can be published from the lab's page.
  if (lab.version?.authorId) return { id: labId, number, change: "kept" };
  await makeCurrent(deps, { id, labId });
  return { id: labId, number, change: lab.version ? "updated" : "added" };
}

async function seedUsers(
  deps: Pick<ExamDeps, "db" | "clock">,
  env: Record<string, string | undefined>,
): Promise<SeedReport["users"]> {
  const report: SeedReport["users"] = [];
  for (const user of firstUsers) {
    if (await deps.db.user.findUnique({ where: { username: user.username } })) continue;
    const given = env[`EXAMCTL_PASSWORD_${user.username.toUpperCase()}`];
    const source = given ? "environment" : env.EXAMCTL_DEMO === "1" ? "demo" : "random";
    const password = given ?? (source === "demo" ? "examctl-demo" : randomBytes(12).toString("base64url"));
    try {
      await deps.db.user.create({
        data: { id: randomId(), ...user, passwordHash: await hashPassword(password) },
      });
    } catch (failure) {
      if (isUniqueViolation(failure)) continue;
      throw failure;
    }
    report.push({
      username: user.username,
      role: user.role,
      source,
      ...(source === "random" ? { password } : {}),
    });
  }
  return report;
}

async function writePasswords(path: string, users: { username: string; password?: string }[]): Promise<void> {
  const before = await readFile(path, "utf8").then(
    (text) => JSON.parse(text) as Record<string, string>,
    () => ({}),
  );
  const all = {
    ...before,
    ...Object.fromEntries(users.map(({ username, password }) => [username, password])),
  };
  await writeFile(path, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
}
