import { AppError } from "@/lib/core/app-error";
import { runCommand } from "@/lib/core/run-command";

export interface ServiceUser {
  name: string;
  uid: number;
  gid: number;
}

/** Finds the ordinary account that web, terminald, clusterd and PostgreSQL run as; makes a system account if there is none. */
export async function ensureServiceUser(name: string): Promise<ServiceUser> {
  const existing = await lookUp(name);
  if (existing) return existing;
  await runCommand([
    "useradd",
    "--system",
    "--user-group",
    "--no-create-home",
    "--shell",
    "/usr/sbin/nologin",
    name,
  ]);
  const made = await lookUp(name);
  if (!made)
    throw new AppError(
      "internal",
      `useradd made no account ${name}. Make a system account of that name yourself.`,
    );
  return made;
}

async function lookUp(name: string): Promise<ServiceUser | undefined> {
  const { exitCode, stdout } = await runCommand(["getent", "passwd", name], { allowFailure: true });
  const [, , uid, gid] = stdout.trim().split(":");
  return exitCode === 0 && uid && gid ? { name, uid: Number(uid), gid: Number(gid) } : undefined;
}
