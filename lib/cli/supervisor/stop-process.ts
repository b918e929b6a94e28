import type { Clock } from "@/lib/core/clock";
import { isAlive, type ProcessIdentity } from "./process-identity";

/** SIGTERM, and SIGKILL after `timeoutMs`. Resolves when the process is gone. */
export async function stopProcess(identity: ProcessIdentity, timeoutMs: number, clock: Clock): Promise<void> {
  const signal = (name: NodeJS.Signals) => {
    try {
      if (isAlive(identity)) process.kill(identity.pid, name);
    } catch {
      // it ended in between
    }
  };
  signal("SIGTERM");
  const deadlineMs = clock.now() + timeoutMs;
  while (isAlive(identity)) {
    if (clock.now() > deadlineMs) signal("SIGKILL");
    await clock.sleep(20);
  }
}
