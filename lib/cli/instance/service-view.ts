import { mkdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Config } from "@/lib/config";
import { projectRoot } from "@/lib/core/paths";
import { runCommand } from "@/lib/core/run-command";
import type { ServiceUser } from "./service-user";

/**
 * How an ordinary process sees the project, its data and Node. A clone often lies where only its owner may look
 * (/root/examctl), and so does the Node of nvm: there the process gets a private mount of it under the run folder, and
 * paths are translated.
 */
export interface ServiceView {
  user: ServiceUser;
  /** The project as the service user sees it. */
  root: string;
  dataDir: string;
  /** An argument array that runs `argv` as the service user in this view. Paths below what was moved are translated. */
  wrap(argv: readonly string[]): string[];
}

export async function serviceView(config: Config, user: ServiceUser): Promise<ServiceView> {
  const drop = ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", "--no-new-privs"];
  const may = async (what: "-r" | "-x", path: string) =>
    (await runCommand([...drop, "test", what, path], { allowFailure: true })).exitCode === 0;
  const canReadAll =
    (await may("-r", join(projectRoot, "package.json"))) && (await may("-r", join(config.dataDir, ".")));
  const moves: Move[] = [
    // The data first: they may lie in the project.
    ...(canReadAll ? [] : [{ from: config.dataDir, to: join(config.runDir, "data") }]),
    ...(canReadAll ? [] : [{ from: projectRoot, to: join(config.runDir, "app") }]),
    ...((await may("-x", process.execPath))
      ? []
      : [{ from: dirname(process.execPath), to: join(config.runDir, "node") }]),
  ];
  for (const { to } of moves) await mkdir(to, { recursive: true });
  return { user, ...viewOf(moves, config.dataDir), wrap: wrapper(moves, drop) };
}

interface Move {
  from: string;
  to: string;
}

function viewOf(moves: readonly Move[], dataDir: string): Pick<ServiceView, "root" | "dataDir"> {
  return { root: translate(moves, projectRoot), dataDir: translate(moves, dataDir) };
}

/** Mounts what moved where only this process and its children see it, and becomes the service user. */
export function wrapper(moves: readonly Move[], drop: readonly string[]): ServiceView["wrap"] {
  if (moves.length === 0) return (argv) => [...drop, ...argv];
  const script = 'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit; shift 2; done; shift; exec "$@"';
  return (argv) => [
    ...["unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh"],
    ...moves.flatMap(({ from, to }) => [from, to]),
    "--",
    ...drop,
    ...argv.map((argument) => translate(moves, argument)),
  ];
}

function translate(moves: readonly Move[], path: string): string {
  for (const { from, to } of moves) {
    const rest = relative(from, path);
    if (path.startsWith("/") && rest !== ".." && !rest.startsWith("../")) return join(to, rest);
  }
  return path;
}
