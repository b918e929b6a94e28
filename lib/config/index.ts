import { createHash } from "node:crypto";
import { resolve, join } from "node:path";
import { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import { projectPath } from "@/lib/core/paths";

const environment = z.object({
  EXAMCTL_DATA_DIR: z.string().min(1).optional(),
  EXAMCTL_RUN_DIR: z.string().min(1).optional(),
  EXAMCTL_HOST: z.string().default("0.0.0.0"),
  EXAMCTL_PORT: z.coerce.number().int().min(1).max(65535).default(8080),
  EXAMCTL_USER: z.string().default("examctl"),
  EXAMCTL_SHARDS: z.coerce.number().int().min(1).max(64).default(2),
  EXAMCTL_LABS_MAX: z.coerce.number().int().min(1).max(1000).default(100),
  EXAMCTL_POOL_SIZE: z.coerce.number().int().min(0).max(100).default(1),
  EXAMCTL_POOL_MAX: z.coerce.number().int().min(0).max(1000).default(4),
  EXAMCTL_HIBERNATE_MINUTES: z.coerce.number().min(0).max(10_000).default(30),
  EXAMCTL_END_STATE_DAYS: z.coerce.number().min(0).max(3650).default(30),
  EXAMCTL_IMAGE_REGISTRIES: z.string().default(""),
  DATABASE_URL: z.string().min(1).optional(),
  NEXTAUTH_URL: z.url().optional(),
  NEXTAUTH_SECRET: z.string().min(16).optional(),
});

/** Where a running examctl keeps things and how it is reached. Paths are absolute. */
export interface Config {
  /** Everything that must survive a restart. */
  dataDir: string;
  /** Sockets, process ids and per-lab API sockets: gone after a reboot, short enough for sun_path (108 bytes). */
  runDir: string;
  host: string;
  port: number;
  /** The ordinary account that web, terminald and clusterd run as. */
  serviceUser: string;
  clusterdShards: number;
  /** Labs that run at the same time; who starts one more waits in line. */
  labsRunningMax: number;
  /** Labs that are booted before anybody asks for them: of each published version, and in all. */
  pool: { perVersion: number; max: number };
  /** A lab whose student is away for so long is frozen; 0: never. */
  hibernateAfterMs: number;
  /** How long the end states of graded attempts are kept; 0: not at all. */
  keepEndStatesMs: number;
  /** Hosts that `examctl image add docker://` may fetch from; "http://HOST" without TLS. */
  imageRegistries: string[];
  databaseUrl: string | undefined;
  publicUrl: string;
  authSecret: string | undefined;
  sockets: { labd: string; clusterd: string; terminald: string };
}

/** Reads the environment once; throws AppError `invalid` naming each variable that is wrong. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const parsed = environment.safeParse(env);
  if (!parsed.success)
    throw new AppError("invalid", `The environment is not valid:\n${z.prettifyError(parsed.error)}`);
  const values = parsed.data;
  const dataDir = resolve(values.EXAMCTL_DATA_DIR ?? projectPath("var"));
  const runDir = values.EXAMCTL_RUN_DIR ?? join("/run/examctl", shortHash(dataDir));
  return {
    dataDir,
    runDir,
    host: values.EXAMCTL_HOST,
    port: values.EXAMCTL_PORT,
    serviceUser: values.EXAMCTL_USER,
    clusterdShards: values.EXAMCTL_SHARDS,
    labsRunningMax: values.EXAMCTL_LABS_MAX,
    pool: { perVersion: values.EXAMCTL_POOL_SIZE, max: values.EXAMCTL_POOL_MAX },
    hibernateAfterMs: values.EXAMCTL_HIBERNATE_MINUTES * 60_000,
    keepEndStatesMs: values.EXAMCTL_END_STATE_DAYS * 24 * 3_600_000,
    imageRegistries: values.EXAMCTL_IMAGE_REGISTRIES.split(/[\s,]+/).filter((host) => host !== ""),
    databaseUrl: values.DATABASE_URL,
    publicUrl: values.NEXTAUTH_URL ?? `http://${publicName(values.EXAMCTL_HOST)}:${values.EXAMCTL_PORT}`,
    authSecret: values.NEXTAUTH_SECRET,
    sockets: {
      labd: join(runDir, "labd.sock"),
      clusterd: join(runDir, "clusterd.sock"),
      terminald: join(runDir, "terminald.sock"),
    },
  };
}

/** Where web listens on one address only, that is what people type. */
function publicName(host: string): string {
  if (["0.0.0.0", "::", "127.0.0.1", "::1"].includes(host)) return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
