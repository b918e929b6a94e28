import { access, readFile, statfs } from "node:fs/promises";
import { lookup } from "node:dns/promises";
import { existsSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "@/lib/config";
import { runCommand } from "@/lib/core/run-command";
import type { Finding } from "./finding";

export async function checkRoot(): Promise<Finding> {
  const ok = process.getuid?.() === 0;
  return {
    check: "root",
    ok,
    sentence: ok ? "Running as root." : "Not running as root: namespaces and mounts cannot be made.",
    ...(ok ? {} : { remedy: "Run with sudo." }),
  };
}

export async function checkDisk(config: Config): Promise<Finding> {
  let folder = config.dataDir;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  const freeGiB = (bavail * bsize) / 2 ** 30;
  const ok = freeGiB >= 3;
  return {
    check: "disk",
    ok,
    sentence: `${freeGiB.toFixed(1)} GiB are free for ${config.dataDir}${ok ? "." : ": too little for node file systems and lab disks."}`,
    ...(ok ? {} : { remedy: "Free at least 3 GiB, or put the data elsewhere: --data-dir FOLDER." }),
  };
}

export async function checkUserNamespaces(): Promise<Finding> {
  const { exitCode, stderr } = await runCommand(["unshare", "--user", "--map-root-user", "--net", "true"], {
    allowFailure: true,
  }).catch((cause: Error) => ({ exitCode: 1, stderr: cause.message }));
  const ok = exitCode === 0;
  return {
    check: "user namespaces",
    ok,
    sentence: ok
      ? "User and network namespaces can be made."
      : `User namespaces cannot be made: ${stderr.trim()}`,
    ...(ok
      ? {}
      : {
          remedy:
            "Set the sysctls user.max_user_namespaces and (Debian) kernel.unprivileged_userns_clone, or leave the container you are in.",
        }),
  };
}

export async function checkCgroups(): Promise<Finding> {
  const mounts = (await readFile("/proc/mounts", "utf8")).split("\n").map((line) => line.split(" "));
  const v1 = mounts
    .filter(([, , type]) => type === "cgroup")
    .flatMap(([, , , options]) => options!.split(","));
  const v2 = mounts.find(([, , type]) => type === "cgroup2")?.[1];
  const kind = v1.length > 0 ? (v2 ? "hybrid (v1 and v2)" : "v1") : v2 ? "v2" : "none";
  const v2Controllers = v2 ? await readFile(`${v2}/cgroup.controllers`, "utf8").catch(() => "") : "";
  const missing = ["memory", "pids", "cpu"].filter(
    (name) => !v1.includes(name) && !v2Controllers.split(/\s+/).includes(name),
  );
  return {
    check: "cgroups",
    ok: kind !== "none" && missing.length === 0,
    sentence:
      kind === "none"
        ? "No cgroup file system is mounted: labs cannot be limited."
        : `cgroups are ${kind}${missing.length > 0 ? `, but no controller for ${missing.join(", ")}` : "."}`,
    ...(missing.length > 0
      ? { remedy: "Mount cgroup2 at /sys/fs/cgroup, or start the machine with the missing controllers on." }
      : {}),
  };
}

export async function checkKernel(): Promise<Finding> {
  const wanted = { overlay: "overlay file systems", loop: "loop devices" };
  const filesystems = await readFile("/proc/filesystems", "utf8");
  const missing = [
    ...(/\boverlay\b/.test(filesystems) || (await hasModule("overlay")) ? [] : [wanted.overlay]),
    ...(readdirSync("/dev").includes("loop-control") ? [] : [wanted.loop]),
  ];
  return {
    check: "kernel",
    ok: missing.length === 0,
    sentence:
      missing.length === 0
        ? "The kernel has overlay file systems and loop devices."
        : `The kernel lacks ${missing.join(" and ")}.`,
    ...(missing.length === 0 ? {} : { remedy: "Load the modules: modprobe overlay loop." }),
  };
}

async function hasModule(name: string): Promise<boolean> {
  return (
    (await runCommand(["modinfo", name], { allowFailure: true }).catch(() => ({ exitCode: 1 }))).exitCode ===
    0
  );
}

/** Set-up needs the Debian and npm registries; running does not. */
export async function checkNetwork(): Promise<Finding> {
  const registry = (
    await runCommand(["npm", "config", "get", "registry"], { allowFailure: true })
  ).stdout.trim();
  const host = URL.canParse(registry) ? new URL(registry).hostname : "";
  const ok = await lookup(host).then(
    () => true,
    () => false,
  );
  return {
    check: "network",
    ok,
    sentence: ok
      ? "The npm registry's name resolves."
      : "The npm registry's name does not resolve: there is no network, or no DNS.",
    ...(ok
      ? {}
      : {
          remedy: "Set-up needs the Debian and npm registries once; a set-up examctl runs without a network.",
        }),
  };
}

export async function checkCommands(): Promise<Finding> {
  const names = [
    "crun",
    "ip",
    "mmdebstrap",
    "mkfs.ext4",
    "nsenter",
    "unshare",
    "setpriv",
    "losetup",
    "iptables",
  ];
  const folders = (process.env.PATH ?? "").split(":").concat("/usr/sbin", "/sbin");
  const found = await Promise.all(
    names.map(async (name) =>
      (await Promise.all(folders.map((folder) => readable(`${folder}/${name}`)))).includes(true),
    ),
  );
  const missing = names.filter((_, index) => !found[index]);
  return {
    check: "commands",
    ok: missing.length === 0,
    sentence:
      missing.length === 0 ? "All host commands are installed." : `Not installed: ${missing.join(", ")}.`,
    ...(missing.length === 0 ? {} : { remedy: "npm run up installs them (list: debian-packages.txt)." }),
  };
}

function readable(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
