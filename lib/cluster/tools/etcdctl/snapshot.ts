import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import type { SnapshotFacts } from "@/lib/cluster/client/etcd-data";
import { layOut, logLine } from "../components/etcd";
import type { ParsedOptions } from "../options";
import { boxTable } from "../table";

const caller = (line: number) => `snapshot/v3_snapshot.go:${line}`;
const storageVersion = "3.6.0";

/** `etcdctl snapshot save FILE` of 3.6 (etcdctl/ctlv3/command/snapshot_command.go), for who reached the endpoint. */
export async function saveSnapshot(
  session: AgentSession,
  { etcd }: AddonContext,
  path: string,
  endpoint: string,
): Promise<void> {
  const info = (line: number, msg: string, fields: Record<string, unknown>) =>
    session.print(logLine(session, "info", caller(line), msg, fields));
  info(65, "created temporary db file", { path: `${path}.part` });
  info(73, "fetching snapshot", { endpoint });
  const { text, facts } = await etcd.snapshot();
  info(88, "fetched snapshot", {
    ...{ endpoint, size: humanBytes(facts.totalBytes), took: "now", "etcd-version": storageVersion },
  });
  await session
    .writeFile(path, text, 0o600)
    .catch((failure: Error) => session.fail(1, `Error: could not open ${path}.part (${failure.message})`));
  info(97, "saved", { path });
  session.printOut(`Snapshot saved at ${path}\nServer version ${storageVersion}`);
}

/** `snapshot status FILE`: what is in it, or why it is none. */
export async function showSnapshot(
  session: AgentSession,
  { etcd }: AddonContext,
  path: string,
  form: string,
): Promise<void> {
  const facts = await readSnapshot(session, path, (text) => etcd.read(text));
  const { hash, revision, totalKeys, totalBytes } = facts;
  const row = [hash, String(revision), String(totalKeys), humanBytes(totalBytes), storageVersion];
  if (form === "table")
    session.printOut(boxTable([["HASH", "REVISION", "TOTAL KEYS", "TOTAL SIZE", "VERSION"], row]));
  else if (form === "json")
    session.printOut(
      JSON.stringify({
        ...{ hash: Number.parseInt(hash, 16), revision, totalKey: totalKeys, totalSize: totalBytes },
        version: storageVersion,
      }),
    );
  else session.printOut(row.join(", "));
}

/** `snapshot restore FILE --data-dir DIR`: a data folder that etcd can begin with. */
export async function restoreSnapshot(
  session: AgentSession,
  { etcd }: AddonContext,
  path: string,
  options: ParsedOptions,
): Promise<void> {
  const folder = options.value("data-dir") ?? `${options.value("name") ?? "default"}.etcd`;
  const listed = await session.run(["ls", "-A", folder]);
  if (listed.exitCode === 0 && listed.stdout.trim() !== "")
    return session.fail(1, `Error: data-dir ${JSON.stringify(folder)} not empty or could not be read`);
  const info = (from: string, msg: string, fields: Record<string, unknown>) =>
    session.print(logLine(session, "info", from, msg, fields));
  const places = {
    ...{ path, "wal-dir": `${folder}/member/wal`, "data-dir": folder, "snap-dir": `${folder}/member/snap` },
  };
  info(caller(305), "restoring snapshot", { ...places, "initial-memory-map-size": 10737418240 });
  const database = await readSnapshot(session, path, (text) => etcd.restore(text));
  info("membership/store.go:138", "Trimming membership information from the backend...", {});
  info("membership/cluster.go:424", "added member", {
    ...{ "cluster-id": "cdf818194e3a8c32", "local-member-id": "0", "added-peer-id": "8e9e05c52164694d" },
    ...{ "added-peer-peer-urls": ["http://localhost:2380"], "added-peer-is-learner": false },
  });
  await layOut(session, folder, database).catch((failure: Error) =>
    session.fail(1, `Error: ${failure.message}`),
  );
  info(caller(333), "restored snapshot", { ...places, "initial-memory-map-size": 10737418240 });
}

async function readSnapshot<T extends SnapshotFacts | string>(
  session: AgentSession,
  path: string,
  take: (text: string) => T,
): Promise<T> {
  const text = await session
    .readFile(path)
    .catch((failure: Error) => session.fail(1, `Error: ${failure.message.replace(/^open /, "stat ")}`));
  try {
    return take(text);
  } catch (failure) {
    return session.fail(1, `Error: ${(failure as Error).message}`);
  }
}

/** "5.6 MB": dustin/go-humanize Bytes. */
function humanBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let size = bytes;
  let unit = 0;
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1000;
  return `${size < 10 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}
