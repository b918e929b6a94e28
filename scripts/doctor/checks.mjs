// What could keep examctl from running on a machine, each told in a plain sentence with its remedy. Needs only Node's own
// modules: a machine on which nothing is installed yet is the one that needs a doctor.
import { dirname } from "node:path";
import { localAddress } from "./local-address.mjs";

/**
 * One thing that was looked at.
 * @typedef {{ check: string, ok: boolean, sentence: string, remedy?: string }} Finding
 * @typedef {import("./host.mjs").Host} Host
 * @typedef {object} Settings
 * @property {string} dataDir
 * @property {string} host where web listens
 * @property {number} port
 * @property {boolean} isSetUp everything is installed and built
 */

/** GiB that must be free: packages, builds and file systems of nodes are made once; afterwards only labs grow. */
export const freeGiBNeeded = (isSetUp) => (isSetUp ? 1 : 6);

/** @returns {Finding} */
const good = (check, sentence) => ({ check, ok: true, sentence });
/** @returns {Finding} */
const bad = (check, sentence, remedy) => ({ check, ok: false, sentence, remedy });

/** @param {Host} host */
export function checkNode({ platform, nodeVersion }) {
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  if (platform !== "linux")
    return bad("node", "Labs are Linux network namespaces.", "Use a Debian 12 or Ubuntu machine.");
  if (major < 20 || (major === 20 && minor < 19))
    return bad("node", `Node ${nodeVersion} is too old.`, "Install Node 20.19 or newer.");
  return good("node", `Node ${nodeVersion} is new enough.`);
}

/** @param {Host} host */
export function checkRoot({ uid }) {
  return uid() === 0
    ? good("root", "Running as root.")
    : bad("root", "Not running as root: namespaces and mounts cannot be made.", "Run with sudo.");
}

/** Can web listen where it is told to? @param {Host} host @param {Pick<Settings, "host" | "port">} settings */
export async function checkPort(host, { host: address, port }) {
  const code = await host.listen(address, port);
  if (code === undefined) return good("port", `Port ${port} is free.`);
  if (code === "EACCES")
    return host.uid() === 0
      ? bad("port", `Port ${port} may not be used here.`, "Choose another port: npm run up -- --port 8081.")
      : good("port", `Port ${port} is for root, which examctl runs as.`);
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return bad(
      "port",
      `This machine has no address ${address}.`,
      "Set EXAMCTL_HOST to an address that `ip address` shows, or to 0.0.0.0 for all of them.",
    );
  const holder = /users:\(\("([^"]+)",pid=(\d+)/.exec(host.run(["ss", "-Hltnp", `sport = :${port}`]).stdout);
  return bad(
    "port",
    `Port ${port} is taken${holder ? ` by ${holder[1]} (process ${holder[2]})` : ""}.`,
    "End that process, or choose another port: npm run up -- --port 8081.",
  );
}

/** As `checkPort`, but an examctl that has the port is no fault. @param {Host} host @param {Settings} settings */
export async function checkPortOrExamctl(host, settings) {
  const finding = await checkPort(host, settings);
  if (finding.ok) return finding;
  const url = `http://${localAddress(settings.host)}:${settings.port}`;
  const answer = await host.fetchText(`${url}/healthz`);
  return /"service":\s*"examctl"/.test(answer)
    ? good("port", `examctl itself answers on port ${settings.port}.`)
    : finding;
}

/** @param {Host} host @param {Pick<Settings, "dataDir" | "isSetUp">} settings */
export function checkDisk(host, { dataDir, isSetUp }) {
  let folder = dataDir;
  while (!host.exists(folder) && folder !== dirname(folder)) folder = dirname(folder);
  const freeGiB = host.freeBytes(folder) / 2 ** 30;
  const needed = freeGiBNeeded(isSetUp);
  const free = `${freeGiB.toFixed(1)} GiB are free for ${dataDir}`;
  if (freeGiB >= needed) return good("disk", `${free}.`);
  return bad(
    "disk",
    `Only ${free}: too little for ${isSetUp ? "the disks of labs" : "packages, builds and the file systems of nodes"}.`,
    `Free at least ${needed} GiB, or put the data elsewhere: --data-dir FOLDER.`,
  );
}

/** @param {Host} host */
export function checkUserNamespaces(host) {
  const check = "user namespaces";
  const { exitCode, stderr } = host.run(["unshare", "--user", "--map-root-user", "--net", "true"]);
  if (exitCode === 0) return good(check, "User and network namespaces can be made.");
  if (exitCode === 127)
    return bad(
      check,
      "Whether user namespaces can be made is not known: unshare is not installed.",
      "apt-get install util-linux, or npm run up, which does.",
    );
  const sentence = `User namespaces cannot be made: ${stderr.trim() || `unshare exited with ${exitCode}`}`;
  const sysctl = (name) => host.read(`/proc/sys/${name.replaceAll(".", "/")}`).trim();
  if (sysctl("user.max_user_namespaces") === "0")
    return bad(check, sentence, "Allow them: sysctl user.max_user_namespaces=15000");
  const restricting =
    host.uid() === 0 ? undefined : restrictions.find(({ name, value }) => sysctl(name) === value);
  if (restricting)
    return bad(
      check,
      `${sentence} This kernel keeps them for root.`,
      `Run doctor with sudo; examctl itself runs as root. (${restricting.name} is ${restricting.value}.)`,
    );
  return bad(
    check,
    sentence,
    "Leave the container you are in, or start it privileged; on a machine of its own, use Debian's or Ubuntu's kernel.",
  );
}

/** Settings that keep user namespaces from ordinary users: Debian's and Ubuntu's. */
const restrictions = [
  { name: "kernel.unprivileged_userns_clone", value: "0" },
  { name: "kernel.apparmor_restrict_unprivileged_userns", value: "1" },
];

/** @param {Host} host */
export function checkCgroups(host) {
  const mounts = host
    .read("/proc/mounts")
    .split("\n")
    .map((line) => line.split(" "));
  const v1 = mounts
    .filter(([, , type]) => type === "cgroup")
    .flatMap(([, , , options]) => options.split(","));
  const v2 = mounts.find(([, , type]) => type === "cgroup2")?.[1];
  if (v1.length === 0 && !v2)
    return bad(
      "cgroups",
      "No cgroup file system is mounted: labs cannot be limited.",
      "Mount it: mount -t cgroup2 none /sys/fs/cgroup",
    );
  const kind = v1.length > 0 ? (v2 ? "hybrid (v1 and v2)" : "v1") : "v2";
  const controllers = v2 ? host.read(`${v2}/cgroup.controllers`).split(/\s+/) : [];
  const missing = ["memory", "pids", "cpu"].filter(
    (name) => !v1.includes(name) && !controllers.includes(name),
  );
  if (missing.length > 0)
    return bad(
      "cgroups",
      `cgroups are ${kind}, but there is no controller for ${missing.join(", ")}.`,
      missing.includes("memory")
        ? "Start the kernel with cgroup_enable=memory, or mount cgroup2 at /sys/fs/cgroup with all controllers."
        : "Mount cgroup2 at /sys/fs/cgroup with all controllers.",
    );
  if (!v2 && !/\bcgroup2$/m.test(host.read("/proc/filesystems")))
    return bad(
      "cgroups",
      "cgroups are v1, and this kernel has no v2 beside them.",
      "Use a kernel with cgroup2 (5.14 or newer).",
    );
  return good("cgroups", `cgroups are ${kind}.`);
}

/** cgroup.kill, which ends a lab at once, came with Linux 5.14. @param {Host} host */
export function checkKernel(host) {
  const [major = 0, minor = 0] = host.kernelRelease.split(".").map((part) => Number.parseInt(part, 10));
  if (major < 5 || (major === 5 && minor < 14))
    return bad(
      "kernel",
      `Linux ${host.kernelRelease} is too old.`,
      "Use Linux 5.14 or newer: Debian 12 has 6.1.",
    );
  const hasOverlay =
    /\boverlay\b/.test(host.read("/proc/filesystems")) || host.run(["modinfo", "overlay"]).exitCode === 0;
  const missing = [
    ...(hasOverlay ? [] : ["overlay file systems"]),
    ...(host.list("/dev").includes("loop-control") ? [] : ["loop devices"]),
  ];
  return missing.length === 0
    ? good("kernel", `Linux ${host.kernelRelease} has overlay file systems and loop devices.`)
    : bad(
        "kernel",
        `The kernel lacks ${missing.join(" and ")}.`,
        "Load the modules: modprobe -a overlay loop",
      );
}

const commands = [
  ...["crun", "ip", "iptables", "losetup", "mkfs.ext4", "mmdebstrap"],
  ...["nsenter", "setpriv", "unshare", "zstd"],
];

/** @param {Host} host */
export function checkCommands(host) {
  const folders = (host.env.PATH ?? "").split(":").concat("/usr/local/sbin", "/usr/sbin", "/sbin");
  const missing = commands.filter((name) => !folders.some((folder) => host.exists(`${folder}/${name}`)));
  return missing.length === 0
    ? good("commands", "All host commands are installed.")
    : bad(
        "commands",
        `Not installed: ${missing.join(", ")}.`,
        "npm run up installs them (list: debian-packages.txt).",
      );
}

/** Set-up needs the Debian and npm registries once; running does not. @param {Host} host @param {Pick<Settings, "isSetUp">} settings */
export async function checkNetwork(host, { isSetUp }) {
  const { exitCode, stdout } = host.run(["npm", "config", "get", "registry"]);
  if (exitCode === 127)
    return isSetUp
      ? good("network", "npm is not installed; examctl is set up and runs without it.")
      : bad(
          "network",
          "npm is not installed.",
          "Install Node with npm: Debian's package npm, or nodejs.org.",
        );
  const registry = hostOf(stdout.trim());
  // Behind a proxy it is the proxy's name that must be known here.
  const proxy = hostOf(host.env.https_proxy ?? host.env.HTTPS_PROXY ?? "");
  const [name, what] = proxy ? [proxy, "proxy"] : [registry, "npm registry"];
  if (name && (await host.resolves(name))) return good("network", `The ${what}'s name resolves.`);
  const sentence = `The ${what}'s name ${name ? `(${name}) ` : ""}does not resolve: there is no network, or no DNS.`;
  return isSetUp
    ? good("network", `${sentence} examctl is set up and runs without it.`)
    : bad("network", sentence, "Set-up needs the Debian and npm registries once: connect this machine.");
}

function hostOf(url) {
  return URL.canParse(url) ? new URL(url).hostname : "";
}
