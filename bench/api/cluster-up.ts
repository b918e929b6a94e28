import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "@/lib/core/paths";
import { runCommand } from "@/lib/core/run-command";
import { percentile, summarize, type BenchResult } from "../report";

const examctl = join(projectRoot, "bin/examctl.mjs");

/**
 * `examctl cluster up`, from the start of the program to a kubeconfig and nodes that are ready: in the process that was
 * started, and in one that goes on by itself.
 */
export async function clusterUp(
  folder: string,
  count: number,
  log: (text: string) => void,
): Promise<BenchResult[]> {
  log("examctl cluster up ...");
  const env = { ...process.env, EXAMCTL_CLUSTERS_DIR: join(folder, "clusters") };
  const node = (...args: string[]) => runCommand([process.execPath, ...args], { env });
  const floor: number[] = [];
  const inForeground: number[] = [];
  const detached: number[] = [];
  const cpuMs: number[] = [];
  for (let at = 0; at < count; at++) {
    floor.push((await node("--eval", "0")).durationMs);
    inForeground.push(await upInForeground(env));
    const up = await node(examctl, "cluster", "up", "--detach", "--nodes", "2", "--json");
    detached.push(up.durationMs);
    cpuMs.push(await cpuMsOf((JSON.parse(up.stdout) as { pid: number }).pid));
    await node(examctl, "cluster", "down");
  }
  return [
    summarize("examctl cluster up --nodes 2", "ms", inForeground, {
      floor: { name: "a start of Node.js that does nothing", samples: floor },
      note: "goal: p50 < 500 ms",
    }),
    summarize("examctl cluster up --detach --nodes 2", "ms", detached, {
      floor: { name: "two starts of Node.js that do nothing", samples: floor.map((ms) => ms * 2) },
      note: `${percentile(cpuMs, 50)} ms of CPU in the process that goes on`,
    }),
  ];
}

/** What it prints first is that the cluster is there; the milliseconds up to then. */
async function upInForeground(env: NodeJS.ProcessEnv): Promise<number> {
  const startedMs = performance.now();
  const up = spawn(process.execPath, [examctl, "cluster", "up", "--nodes", "2"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(up, "exit");
  const printed = once(up.stdout, "data").then(() => performance.now() - startedMs);
  const failed = ended.then(([code]) => {
    throw new Error(`examctl cluster up ended (${code})`);
  });
  try {
    return await Promise.race([printed, failed]);
  } finally {
    failed.catch(() => undefined); // it shall end now
    up.kill("SIGTERM");
    await ended;
  }
}

/** What a process has used so far; the kernel counts in hundredths of a second. */
async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return (Number(user) + Number(system)) * 10;
}
