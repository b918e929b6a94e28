import type { AgentProgram, AgentSession } from "@/lib/cluster/addons/agents/agent-session";

/** etcd begins with what its data folder holds (etcd 3.6 server/etcdserver/bootstrap.go). */
export const etcd: AgentProgram = async (session, { etcd: data }) => {
  if (!session.hello.isResumed) {
    const folder = session.flag("data-dir") ?? "default.etcd";
    const path = `${folder}/member/snap/db`;
    try {
      const found = await session.readFile(path).catch(() => undefined);
      const database = await data.open(found);
      if (database !== found) await layOut(session, folder, database);
    } catch (failure) {
      session.fail(
        1,
        logLine(session, "fatal", "etcdmain/etcd.go:183", "discovery failed", {
          error: (failure as Error).message,
        }),
      );
    }
    session.begin();
  }
  await session.ended();
};

/** A data folder as etcd and etcdutl make it. */
export async function layOut(session: AgentSession, folder: string, database: string): Promise<void> {
  const wal = `${folder}/member/wal/0000000000000000-0000000000000000.wal`;
  await session.writeFile(wal, "", 0o600);
  await session.writeFile(`${folder}/member/snap/db`, database, 0o600);
}

/** One of etcd's and its tools' JSON lines. */
export function logLine(
  session: AgentSession,
  level: string,
  caller: string,
  msg: string,
  fields: Record<string, unknown> = {},
): string {
  const ts = new Date(session.clock.now()).toISOString().replace("Z", "000Z");
  return JSON.stringify({ level, ts, caller, msg, ...fields });
}
