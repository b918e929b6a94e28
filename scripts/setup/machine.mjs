// The machine: what must hold before anything is installed, and the Debian packages.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkDisk, checkNode } from "../doctor/checks.mjs";
import { thisHost } from "../doctor/host.mjs";
import { sudoArguments } from "./command-line.mjs";
import { isSetUp } from "./packages.mjs";
import { root, run, StepFailure } from "./step.mjs";

/** Starts this very command again under sudo when it was not started as root. Never returns in that case. */
export function becomeRoot() {
  if (process.getuid() === 0) return;
  const args = sudoArguments(process.argv.slice(1), process.env, process.execPath);
  const result = spawnSync("sudo", args, { stdio: "inherit" });
  if (result.error) {
    process.stderr.write(
      "examctl makes network namespaces and mounts, so it must run as root, and sudo is not installed.\n",
    );
    process.stderr.write("Run the same command as root.\n");
  }
  process.exit(result.status ?? 1);
}

export const machineStep = {
  title: "Machine",
  async run() {
    const checks = [checkNode(thisHost), checkDisk(thisHost, { dataDir: root, isSetUp: isSetUp() })];
    const finding = checks.find(({ ok }) => !ok);
    if (finding) throw new StepFailure(finding.sentence, { remedy: finding.remedy });
  },
};

/** The names in debian-packages.txt; those of tests only when asked for. */
function packageNames(withTests) {
  return readFileSync(join(root, "debian-packages.txt"), "utf8")
    .split("\n")
    .map((line) => /^([a-z0-9][a-z0-9+.-]*)\s*(?:#\s*(.*))?$/.exec(line.trim()))
    .filter((match) => match && (withTests || !match[2]?.startsWith("test:")))
    .map((match) => match[1]);
}

function missing(names) {
  const result = spawnSync("dpkg-query", ["-W", "-f=${Package} ${db:Status-Status}\\n", ...names], {
    encoding: "utf8",
  });
  const installed = new Set(
    (result.stdout ?? "")
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  return names.filter((name) => !installed.has(name));
}

export function packagesStep({ withTests }) {
  const names = packageNames(withTests);
  return {
    title: "Debian packages",
    isDone: () => hasDpkg() && missing(names).length === 0,
    async run(report) {
      if (!hasDpkg())
        throw new StepFailure("This system has no dpkg.", {
          remedy: `Use Debian 12 or Ubuntu, or install these yourself: ${names.join(" ")}`,
        });
      const env = { DEBIAN_FRONTEND: "noninteractive" };
      const remedy = "Check the network and /etc/apt/sources.list*, then run again.";
      await run(["apt-get", "update", "-q"], { report, remedy, env });
      await run(["apt-get", "install", "-y", "-q", "--no-install-recommends", ...missing(names)], {
        report,
        remedy,
        env,
      });
    },
  };
}

function hasDpkg() {
  try {
    execFileSync("dpkg-query", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
