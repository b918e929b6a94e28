import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { readConfig } from "@/lib/config";

/** Kinds of things that a running instance has on its host, and a stopped one has not. */
export const kinds = ["process", "mount", "namespace", "cgroup", "loop device", "run folder"] as const;
export type Trace = `${(typeof kinds)[number]} ${string}`;

/**
 * What this host carries of the instance with that data folder, one line each. What lies in the data folder itself is to
 * stay. As root: others' processes are looked into.
 */
export function tracesOf(dataDir: string): Trace[] {
  const { runDir } = readConfig({ NODE_ENV: "production", EXAMCTL_DATA_DIR: dataDir });
  const group = `examctl-${basename(runDir)}`;
  const folders = [dataDir, runDir].map((folder) => `${folder}/`);
  const names = (text: string) => folders.some((folder) => `${text}/`.includes(folder));
  return [
    ...processes((texts) => texts.some((text) => names(text) || text.includes(`/${group}/`))),
    ...mounts(names),
    ...namespaces(dataDir),
    ...groups("/sys/fs/cgroup", group, 2).map((path): Trace => `cgroup ${path}`),
    ...loopDevices(names),
    ...(existsSync(runDir) ? ([`run folder ${runDir}`] as Trace[]) : []),
  ];
}

function processes(isOurs: (texts: string[]) => boolean): Trace[] {
  return pids()
    .filter((pid) => Number(pid) !== process.pid)
    .map((pid) => ({
      pid,
      texts: ["cmdline", "environ", "cgroup"].map((name) => read(`/proc/${pid}/${name}`)),
    }))
    .filter(({ texts }) => isOurs(texts.map((text) => text.replaceAll("\0", "/\n"))))
    .map(({ pid, texts }): Trace => `process ${pid} ${texts[0]!.replaceAll("\0", " ").slice(0, 120)}`);
}

/** In any mount namespace: labd has one of its own. */
function mounts(isOurs: (line: string) => boolean): Trace[] {
  const seen = new Set<string>();
  return pids().flatMap((pid) => {
    const namespace = link(`/proc/${pid}/ns/mnt`);
    if (namespace === "" || seen.has(namespace)) return [];
    seen.add(namespace);
    const lines = read(`/proc/${pid}/mountinfo`).split("\n");
    return lines
      .filter((line) => isOurs(line.split(" ").slice(3, 5).join("/\n")))
      .map((line): Trace => `mount ${line.split(" ")[4]} (as process ${pid} sees it)`);
  });
}

/** Each running lab has claimed a number, after which the namespace of its switch is named. */
function namespaces(dataDir: string): Trace[] {
  const folder = "/run/examctl-slots";
  return list(folder)
    .filter((name) => read(join(folder, name)).startsWith(`${dataDir}/`))
    .map((name): Trace => `namespace examctl-${name}`);
}

function groups(folder: string, name: string, depth: number): string[] {
  return list(folder).flatMap((entry) => {
    const path = join(folder, entry);
    return entry === name ? [path] : depth > 1 ? groups(path, name, depth - 1) : [];
  });
}

function loopDevices(isOurs: (path: string) => boolean): Trace[] {
  return list("/sys/block")
    .map((name) => ({ name, file: read(`/sys/block/${name}/loop/backing_file`).trim() }))
    .filter(({ file }) => file !== "" && isOurs(file))
    .map(({ name, file }): Trace => `loop device ${name} on ${file}`);
}

const pids = () => list("/proc").filter((name) => /^\d+$/.test(name));
const read = (path: string) => orElse("", () => readFileSync(path, "utf8"));
const link = (path: string) => orElse("", () => readlinkSync(path));
const list = (path: string) => orElse<string[]>([], () => readdirSync(path));

/** What ends while it is looked at is not there. */
function orElse<T>(fallback: T, look: () => T): T {
  try {
    return look();
  } catch {
    return fallback;
  }
}
