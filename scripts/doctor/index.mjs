// `examctl doctor`: looks for whatever could keep examctl from running on this machine, in plain sentences.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isSetUp } from "../setup/packages.mjs";
import { root } from "../setup/step.mjs";
import {
  checkCgroups,
  checkCommands,
  checkDisk,
  checkKernel,
  checkNetwork,
  checkNode,
  checkPortOrExamctl,
  checkRoot,
  checkUserNamespaces,
} from "./checks.mjs";
import { thisHost } from "./host.mjs";
import { checkKernelFeatures } from "./kernel-features.mjs";

/**
 * Every check on `host`. A check that itself fails is a finding, too: it must not keep the others from being told.
 * @param {import("./checks.mjs").Settings} settings
 * @param {import("./host.mjs").Host} [host]
 * @returns {Promise<{ ok: boolean, findings: import("./checks.mjs").Finding[] }>}
 */
export async function examine(settings, host = thisHost) {
  const checks = {
    node: () => checkNode(host),
    root: () => checkRoot(host),
    port: () => checkPortOrExamctl(host, settings),
    disk: () => checkDisk(host, settings),
    "user namespaces": () => checkUserNamespaces(host),
    cgroups: () => checkCgroups(host),
    kernel: () => checkKernel(host),
    "kernel modules": () => checkKernelFeatures(host),
    commands: () => checkCommands(host),
    network: () => checkNetwork(host, settings),
  };
  const findings = [];
  for (const [check, look] of Object.entries(checks))
    findings.push(
      await Promise.resolve()
        .then(look)
        .catch((failure) => ({
          check,
          ok: false,
          sentence: `This could not be looked at: ${failure.message}`,
        })),
    );
  return { ok: findings.every(({ ok }) => ok), findings };
}

/** @param {import("./checks.mjs").Finding[]} findings */
export function describe(findings) {
  return findings
    .map(
      ({ ok, sentence, remedy }) => `${ok ? "ok " : "BAD"}  ${sentence}${remedy ? `\n     ${remedy}` : ""}`,
    )
    .join("\n");
}

/** Where it would run, by the environment; `dataDir` from the command line. */
export function settingsOf(env, dataDir = env.EXAMCTL_DATA_DIR || join(root, "var")) {
  return {
    dataDir,
    host: env.EXAMCTL_HOST || "0.0.0.0",
    port: Number(env.EXAMCTL_PORT || 8080),
    isSetUp: isSetUp() && existsSync(join(root, "dist/cli/main.mjs")),
  };
}
