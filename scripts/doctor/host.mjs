// What the doctor's checks see of a machine. Tests give them machines of their own.
import { spawnSync } from "node:child_process";
import { lookup } from "node:dns/promises";
import { existsSync, readFileSync, readdirSync, statfsSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { release } from "node:os";

/**
 * @typedef {object} Host
 * @property {NodeJS.ProcessEnv} env
 * @property {string} platform as process.platform
 * @property {string} nodeVersion "20.19.0"
 * @property {string} kernelRelease "6.1.0-18-amd64"
 * @property {() => number} uid
 * @property {(path: string) => boolean} exists
 * @property {(path: string) => string} read the text of a file, "" where there is none
 * @property {(path: string) => string[]} list the names in a folder, none where it is not
 * @property {(folder: string) => number} freeBytes what an ordinary process may still write there
 * @property {(argv: string[]) => { exitCode: number, stdout: string, stderr: string }} run 127: there is no such program
 * @property {(name: string) => Promise<boolean>} resolves does the name have an address?
 * @property {(host: string, port: number) => Promise<string | undefined>} listen tries it; the error's code
 * @property {(url: string) => Promise<string>} fetchText "" when nothing answers
 */

/** @type {Host} */
export const thisHost = {
  env: process.env,
  platform: process.platform,
  nodeVersion: process.versions.node,
  kernelRelease: release(),
  uid: () => process.getuid(),
  exists: existsSync,
  read: (path) => orElse("", () => readFileSync(path, "utf8")),
  list: (path) => orElse([], () => readdirSync(path)),
  freeBytes(folder) {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  },
  run([program, ...args]) {
    const env = { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin` };
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      encoding: "utf8",
      timeout: 20_000,
      env,
    });
    if (error?.code === "ENOENT") return { exitCode: 127, stdout: "", stderr: `${program} is not installed` };
    return { exitCode: status ?? 1, stdout: stdout ?? "", stderr: stderr || (error?.message ?? "") };
  },
  resolves: (name) =>
    lookup(name).then(
      () => true,
      () => false,
    ),
  listen: (host, port) =>
    new Promise((resolve) => {
      const server = createServer();
      server.once("error", ({ code }) => resolve(code ?? "unknown"));
      server.listen(port, host, () => server.close(() => resolve(undefined)));
    }),
  fetchText: (url) =>
    new Promise((resolve) => {
      const request = get(url, { timeout: 2000 }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => (text = (text + chunk).slice(0, 10_000)));
        response.on("end", () => resolve(text)).on("error", () => resolve(""));
      });
      request.on("timeout", () => request.destroy()).on("error", () => resolve(""));
    }),
};

function orElse(fallback, work) {
  try {
    return work();
  } catch {
    return fallback;
  }
}
