import { mkdir } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Config } from "@/lib/config";
import { projectRoot } from "@/lib/core/paths";
import { runCommand } from "@/lib/core/run-command";
import type { ServiceUser } from "./service-user";

/**
 * How an ordinary process sees the project and its data. A clone often lies where only its owner may look
 * (/root/examctl): there the process gets a private mount of it under the run folder, and paths are translated.
 */
export interface ServiceView {
  user: ServiceUser;
  /** The project as the service user sees it. */
  root: string;
  dataDir: string;
  /** An argument array that runs `argv` as the service user in this view. Paths below the project are translated. */
  wrap(argv: readonly string[]): string[];
}

export async function serviceView(config: Config, user: ServiceUser): Promise<ServiceView> {
  const drop = ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", "--no-new-privs"];
  const canRead = async (path: string) =>
    (await runCommand([...drop, "test", "-r", path], { allowFailure: true })).exitCode === 0;
  if ((await canRead(join(projectRoot, "package.json"))) && (await canRead(join(config.dataDir, ".")))) {
    return { user, root: projectRoot, dataDir: config.dataDir, wrap: (argv) => [...drop, ...argv] };
  }
  const root = join(config.runDir, "app");
  const dataDir = join(config.runDir, "data");
  await mkdir(root, { recursive: true });
  await mkdir(dataDir, { recursive: true });
  const translate = (argument: string) =>
    moved(config.dataDir, dataDir, argument) ?? moved(projectRoot, root, argument) ?? argument;
  const script = 'mount --bind "$1" "$2" && mount --bind "$3" "$4" && shift 4 && exec "$@"';
  return {
    user,
    root,
    dataDir,
    wrap: (argv) => [
      ...["unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh"],
      ...[projectRoot, root, config.dataDir, dataDir],
      ...drop,
      ...argv.map(translate),
    ],
  };
}

function moved(from: string, to: string, path: string): string | undefined {
  const rest = relative(from, path);
  return path.startsWith("/") && !rest.startsWith("..") ? join(to, rest) : undefined;
}
