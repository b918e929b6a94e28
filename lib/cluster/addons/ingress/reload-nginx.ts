import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";

/**
 * The C library returns what nginx's hash tables took while it reads a configuration, table by table, and has it mapped
 * anew for the next one: most of the time that a configuration takes. So it is kept.
 */
export const keepsMemory = "MALLOC_TRIM_THRESHOLD_=134217728 MALLOC_TOP_PAD_=16777216";

const lookEveryMs = 20;
/** A configuration that nginx refuses gives no workers: after this long it is asked why. */
const doubtAfterMs = 1000;
const patienceMs = 20_000;

/**
 * Has nginx read its configuration anew and resolves when workers of the new one run; connections end with the one that they
 * began with. Throws what nginx says of a configuration that it refuses, and has gone on without. Follows NGINX Gateway
 * Fabric's runtime manager, which looks at the children of the main process: to try the configuration before would have it
 * read twice. `conf` is where it lies unless that is nginx's own place.
 */
export async function reloadNginx(session: AgentSession, pid: number, conf?: string): Promise<void> {
  const before = new Set(await childrenOf(session, pid));
  await session.kill(pid, constants.signals.SIGHUP);
  const startedMs = performance.now();
  let isTried = false;
  while ((await childrenOf(session, pid)).every((child) => before.has(child))) {
    const waitedMs = performance.now() - startedMs;
    if (waitedMs > patienceMs) throw new Error("no new NGINX worker processes started");
    if (waitedMs > doubtAfterMs && !isTried) {
      await tryNginx(session, conf);
      isTried = true;
    }
    await sleep(lookEveryMs, undefined, { signal: session.signal });
  }
}

/** Throws what `nginx -t` says of a configuration that is wrong. */
export async function tryNginx(session: AgentSession, conf?: string): Promise<void> {
  const script = `${keepsMemory} exec nginx -t -q "$@"`;
  const argv = ["sh", "-c", script, "sh", ...(conf === undefined ? [] : ["-c", conf])];
  const { exitCode, stderr } = await session.run(argv);
  if (exitCode !== 0) throw new Error(stderr.trim());
}

/** The main process that runs, by its file; undefined where there is none. */
export async function mainProcessOf(session: AgentSession, pidFile: string): Promise<number | undefined> {
  const pid = Number(await session.readFile(pidFile).catch(() => ""));
  return pid > 0 ? pid : undefined;
}

async function childrenOf(session: AgentSession, pid: number): Promise<string[]> {
  return (await session.readFile(`/proc/${pid}/task/${pid}/children`)).split(" ").filter(Boolean);
}
