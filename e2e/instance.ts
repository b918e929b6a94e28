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

/** A whole examctl with its own data, its own port and known users. */
export interface Instance {
  port: number;
  url: string;
  dataDir: string;
}

/** Each worker has one, so that a test may break its processes. The port above it is free for one more. */
export function instanceOf(worker: number): Instance {
  const port = Number(process.env.EXAMCTL_E2E_PORT ?? 18230) + 2 * worker;
  return { port, url: `http://127.0.0.1:${port}`, dataDir: join(projectRoot, "var", `e2e-${worker}`) };
}

/** The instance of the worker that asks. */
export const instance = instanceOf(Number(process.env.TEST_PARALLEL_INDEX ?? 0));

const environmentOf = ({ port, url, dataDir }: Instance) => ({
  ...process.env,
  NODE_ENV: "production" as const,
  EXAMCTL_DATA_DIR: dataDir,
  EXAMCTL_PORT: String(port),
  EXAMCTL_HOST: "127.0.0.1",
  NEXTAUTH_URL: url,
  EXAMCTL_DEMO: "1",
  // What is looked at is looked at alone: no lab boots beside it unless a test asks for one.
  EXAMCTL_POOL_SIZE: process.env.EXAMCTL_POOL_SIZE ?? "0",
});

export const instanceConfig = () => readConfig(environmentOf(instance));

/** Runs `examctl` on an instance and returns what it printed. */
async function examctl(on: Instance, ...args: string[]): Promise<string> {
  const result = await runCommand([process.execPath, join(projectRoot, "dist/cli/main.mjs"), ...args], {
    env: environmentOf(on),
    timeoutMs: 180_000,
  });
  return result.stdout;
}

/** As `examctl`, for an instance that an interrupted run left in whatever state: labs in it are nobody's. */
const giveUp = (on: Instance) => examctl(on, "down", "--force");

/** A fresh instance: no data of an earlier run, but the node and image file systems that set-up has built. */
export async function startInstance(on: Instance): Promise<void> {
  await giveUp(on);
  await rm(on.dataDir, { recursive: true, force: true });
  await mkdir(on.dataDir, { recursive: true });
  for (const name of ["rootfs", "images"]) {
    const built = join(projectRoot, "var", name);
    if (existsSync(built)) await symlink(built, join(on.dataDir, name));
  }
  await examctl(on, "up", "--json");
}

/** Ends it as people do, and throws when that leaves anything on the host. */
export async function stopInstance(on: Instance): Promise<void> {
  try {
    await examctl(on, "down");
  } catch (failure) {
    await giveUp(on);
    throw failure;
  }
  const look = () => Promise.resolve(tracesOf(on.dataDir));
  const left = await eventually(look, (traces) => traces.length === 0, 10_000);
  if (left.length > 0) throw new Error(`examctl down left behind:\n${left.join("\n")}`);
}

/** For what no page can do: an account that nobody made, a deadline that is near. */
export function withInstanceDatabase<T>(work: (db: Db) => Promise<T>): Promise<T> {
  return withDatabase(instanceConfig(), work);
}

/** The password of the accounts that `examctl up` makes with EXAMCTL_DEMO=1. */
export const demoPassword = "examctl-demo";
