import { readFileSync } from "node:fs";

/** A process beyond doubt: its id and the time it started (clock ticks since boot), so that a reused id is not mistaken for it. */
export interface ProcessIdentity {
  pid: number;
  startTicks: string;
}

export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, , , , , , , , , , , , , , , , , , , startTicks] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ");
    return state === "Z" || startTicks === undefined ? undefined : { pid, startTicks };
  } catch {
    return undefined;
  }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTicks === identity.startTicks;
}
