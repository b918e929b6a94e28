import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "@/lib/core/run-command";
import { projectRoot } from "@/lib/core/paths";

/** What git brings of the command line: no packages, nothing built. */
let clone: string;
beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), "examctl-clone-"));
  for (const path of ["bin", "scripts", "package.json", "package-lock.json", "debian-packages.txt"])
    cpSync(join(projectRoot, path), join(clone, path), { recursive: true });
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

const examctl = (...args: string[]) =>
  runCommand([process.execPath, join(clone, "bin/examctl.mjs"), ...args], {
    allowFailure: true,
    timeoutMs: 60_000,
    // No npm, no ss, no unshare: nothing but Node.
    env: { NODE_ENV: "test", PATH: "/nonexistent", EXAMCTL_PORT: "18399" },
  });

test("doctor says what a machine with nothing but Node lacks", async () => {
  const { exitCode, stdout } = await examctl("doctor", "--json");
  const { ok, findings } = JSON.parse(stdout) as {
    ok: boolean;
    findings: { check: string; ok: boolean; sentence: string; remedy?: string }[];
  };
  expect(ok).toBe(false);
  expect(exitCode).toBe(1);
  expect(findings.map(({ check }) => check)).toEqual([
    "node",
    "root",
    "port",
    "disk",
    "user namespaces",
    "cgroups",
    "kernel",
    "kernel modules",
    "commands",
    "network",
  ]);
  expect(findings.find(({ check }) => check === "network")).toMatchObject({
    ok: false,
    sentence: "npm is not installed.",
  });
  const text = await examctl("--data-dir", clone, "doctor");
  expect(text.stdout).toContain(`GiB are free for ${clone}`);
  expect(text.stdout).toContain("BAD  npm is not installed.\n     Install Node with npm");
}, 120_000);

test("help is there, and other commands say what comes first", async () => {
  const help = await examctl("--help");
  expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("doctor") as string });
  expect(await examctl("up", "--help")).toMatchObject({ exitCode: 0 });
  const list = await examctl("--json", "lab", "list");
  expect(list.exitCode).toBe(4);
  expect(list.stderr).toContain("npm run up");
  expect(JSON.parse(list.stdout)).toMatchObject({ error: { code: "unavailable" } });
}, 120_000);
