import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { parseOptions, UnknownFlag, type ParsedOptions } from "../options";
import { restoreSnapshot, showSnapshot } from "./snapshot";

export const restoreFlags = {
  "data-dir": "value",
  name: "value",
  "initial-cluster": "value",
  "initial-cluster-token": "value",
  "initial-advertise-peer-urls": "value",
  "wal-dir": "value",
  "skip-hash-check": "switch",
  "bump-revision": "value",
  "mark-compacted": "switch",
} as const;

/** etcdutl of 3.6 as far as it looks at snapshots and restores them (etcdutl/etcdutl/snapshot_command.go). */
export async function etcdutl(session: AgentSession, context: AddonContext): Promise<number> {
  let options: ParsedOptions;
  try {
    options = parseOptions(session.hello.argv.slice(1), { ...restoreFlags, "write-out,w": "value" });
  } catch (failure) {
    if (!(failure instanceof UnknownFlag)) throw failure;
    return (session.print(`Error: unknown flag: --${failure.flag}`), 1);
  }
  const [group = "", command = "", path, ...more] = options.words;
  const name = `${group} ${command}`.trim();
  if (group === "version") {
    session.printOut("etcdutl version: 3.6.5\nAPI version: 3.6");
    return 0;
  }
  if (name !== "snapshot status" && name !== "snapshot restore") {
    session.print(`etcdutl${name && ` ${name}`} is not supported in this lab.`);
    return 1;
  }
  if (path === undefined || more.length > 0) {
    session.print(`Error: ${name} requires exactly one argument`);
    return 128;
  }
  if (command === "status")
    await showSnapshot(session, context, path, options.value("write-out") ?? "simple");
  else await restoreSnapshot(session, context, path, options);
  return 0;
}
