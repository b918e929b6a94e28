import { mkdir, rm, symlink } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { withDatabase } from "@/lib/cli/instance/with-database";
import { readConfig } from "@/lib/config";
import { projectRoot } from "@/lib/core/paths";
import { runCommand } from "@/lib/core/run-command";
import { eventually } from "@/lib/core/testing";
import { tracesOf } from "./leftovers";
import type { Db } from "@/lib/db/client";

/** The instance under test: a whole examctl with its own data, its own port and known users. */
export const instance = {
  port: Number(process.env.EXAMCTL_E2E_PORT ?? 18230),
  dataDir: join(projectRoot, "var", "e2e"),
};

const env = {
  ...process.env,
  NODE_ENV: "production" as const,
  EXAMCTL_DATA_DIR: instance.dataDir,
  EXAMCTL_PORT: String(instance.port),
  EXAMCTL_HOST: "127.0.0.1",
  NEXTAUTH_URL: `http://127.0.0.1:${instance.port}`,
  EXAMCTL_DEMO: "1",
  // What is looked at is looked at alone: no lab boots beside it unless a test asks for one.
  EXAMCTL_POOL_SIZE: process.env.EXAMCTL_POOL_SIZE ?? "0",
};

export const instanceConfig = () => readConfig(env);

/** Runs `examctl` on the instance and returns what it printed. */
async function examctl(...args: string[]): Promise<string> {
  const result = await runCommand([process.execPath, join(projectRoot, "dist/cli/main.mjs"), ...args], {
    env,
    timeoutMs: 180_000,
  });
  return result.stdout;
}

/** As `examctl`, for an instance that an interrupted run left in whatever state: labs in it are nobody's. */
const giveUp = () => examctl("down", "--force");

/** A fresh instance: no data of an earlier run, but the node and image file systems that set-up has built. */
export async function startInstance(): Promise<void> {
  await giveUp();
  await rm(instance.dataDir, { recursive: true, force: true });
  await mkdir(instance.dataDir, { recursive: true });
  for (const name of ["rootfs", "images"]) {
    const built = join(projectRoot, "var", name);
    if (existsSync(built)) await symlink(built, join(instance.dataDir, name));
  }
  await examctl("up", "--json");
}

/** Ends it as people do, and throws when that leaves anything on the host. */
export async function stopInstance(): Promise<void> {
  try {
    await examctl("down");
  } catch (failure) {
    await giveUp();
    throw failure;
  }
  const look = () => Promise.resolve(tracesOf(instance.dataDir));
  const left = await eventually(look, (traces) => traces.length === 0, 10_000);
  if (left.length > 0) throw new Error(`examctl down left behind:\n${left.join("\n")}`);
}

/** For what no page can do: an account that nobody made, a deadline that is near. */
export function withInstanceDatabase<T>(work: (db: Db) => Promise<T>): Promise<T> {
  return withDatabase(instanceConfig(), work);
}

/** The password of the accounts that `examctl up` makes with EXAMCTL_DEMO=1. */
export const demoPassword = "examctl-demo";
