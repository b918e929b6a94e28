import { readFileSync, readlinkSync } from "node:fs";

/** The kernel's id of the calling thread; undefined where /proc does not tell. */
export function threadId(): number | undefined {
  try {
    return Number(readlinkSync("/proc/thread-self").split("/").at(-1));
  } catch {
    return undefined;
  }
}

/**
 * Processor time of a thread of this process in ms, exact to a tick. Undefined when it cannot be read (the thread has
 * ended, or the kernel keeps no such count). `process.cpuUsage` counts all threads together.
 */
export function threadCpuMs(id: number | "self" = "self"): number | undefined {
  try {
    const folder = id === "self" ? "/proc/thread-self" : `/proc/self/task/${id}`;
    const ns = Number(readFileSync(`${folder}/schedstat`, "latin1").split(" ")[0]);
    return Number.isFinite(ns) ? ns / 1e6 : undefined;
  } catch {
    return undefined;
  }
}
