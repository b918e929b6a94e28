import { spawn } from "node:child_process";
import { once } from "node:events";
import { AppError } from "@/lib/core/app-error";

/**
 * Runs `work` while no other process of this host holds the lock of the file. The kernel's lock is held by a helper that
 * ends with this process, so that a crash leaves nothing locked.
 */
export async function withHostLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const holder = spawn("flock", [path, "sh", "-c", "echo locked; exec cat"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = once(holder, "exit");
  holder.stdin.on("error", () => undefined);
  try {
    // It speaks when it has the lock, and ends without a word when it cannot have it.
    await Promise.race([
      once(holder.stdout, "data"),
      ended.then(() => Promise.reject(new Error("it ended"))),
    ]);
  } catch (cause) {
    throw new AppError("internal", `The lock ${path} cannot be had: is flock (util-linux) installed?`, {
      cause,
    });
  }
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
