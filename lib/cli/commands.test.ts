import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { StepFailure, runSteps } from "@/scripts/setup/step.mjs";
import { clusterProgram } from "./cluster-program";
import { mainProgram } from "./main-program";
import { runProgram } from "./run-program";

/** Where nothing runs and nothing is kept: commands that need an instance find none. */
let folder: string;
const printed = { stdout: "", stderr: "" };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "examctl-commands-"));
  vi.stubEnv("EXAMCTL_DATA_DIR", join(folder, "data"));
  vi.stubEnv("EXAMCTL_RUN_DIR", join(folder, "run"));
  vi.stubEnv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none");
  for (const name of ["stdout", "stderr"] as const) {
    printed[name] = "";
    vi.spyOn(process[name], "write").mockImplementation((chunk) => {
      printed[name] += String(chunk);
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = 0;
  rmSync(folder, { recursive: true, force: true });
});

async function examctl(...args: string[]): Promise<number> {
  const isCluster = args[0] === "cluster";
  process.exitCode = 0;
  await runProgram(isCluster ? clusterProgram() : mainProgram(), isCluster ? args.slice(1) : args);
  return Number(process.exitCode);
}

/** Every command and subcommand with the words that call it. */
function pathsOf(command: Command, words: string[]): string[][] {
  const below = command.commands
    // A program of its own: its commands are those of `clusterProgram`.
    .filter((child) => child.name() !== "cluster")
    .flatMap((child) => pathsOf(child as Command, [...words, child.name()]));
  return words.length === 0 ? below : [words, ...below];
}
const paths = [...pathsOf(mainProgram(), []), ...pathsOf(clusterProgram(), ["cluster"])].map((words) =>
  words.join(" "),
);

test("the list of commands is the one that people know", () => {
  expect(paths.sort()).toEqual(
    [
      ...["up", "down", "status", "doctor", "setup", "supervise", "labd", "database", "database prepare"],
      ...["user", "user add", "user list", "user disable", "user enable", "user password"],
      ...["lab", "lab list", "lab new", "lab validate", "lab run", "lab test"],
      ...["image", "image list", "image add", "image rm"],
      ...["mirror", "mirror list", "mirror add", "mirror rm"],
      ...["frozen", "frozen list", "frozen export", "frozen import"],
      ...["cluster", "cluster up", "cluster down", "cluster list"],
    ].sort(),
  );
});

describe.each(paths)("%s", (path) => {
  const words = path.split(" ");
  test("--help tells what it is for and exits with 0", async () => {
    expect(await examctl(...words, "--help")).toBe(0);
    expect(printed.stdout).toContain(`Usage: examctl ${path}`);
    expect(printed.stdout.split("\n")[2]).toMatch(/^[A-Z]\w+ \w/);
    expect(printed.stderr).toBe("");
  });

  test("an option that it does not have is misuse: exit code 2, with a hint, and nothing for programs to misread", async () => {
    expect(await examctl(...words, "--no-such-option")).toBe(2);
    expect(printed.stderr).toMatch(/unknown (option|command)|Usage:|missing required argument/);
    expect(printed.stdout).toBe("");
  });
});

/** Commands on a machine where nothing runs: [what is typed, exit code, code of the error in --json]. */
const refusals: [line: string, exitCode: number, code: string][] = [
  ["status", 4, "unavailable"],
  ["user list", 4, "unavailable"],
  ["user add ada", 4, "unavailable"],
  ["user disable ada", 4, "unavailable"],
  ["user enable ada", 4, "unavailable"],
  ["user password ada", 4, "unavailable"],
  ["user add NOT+A+NAME", 2, "invalid"],
  ["lab test labs/explore-environment", 4, "unavailable"],
  ["image rm registry.example/none:1", 3, "not-found"],
  ["image add docker://registry.example/none:1", 1, "forbidden"],
  ["mirror rm https://example.org/none", 3, "not-found"],
  ["mirror add https://example.org/none", 2, "invalid"],
  ["cluster down no-such-cluster", 3, "not-found"],
];

test.each(refusals)(
  "%s: exit code %i, and --json says %s",
  async (line, exitCode, code) => {
    expect(await examctl(...line.split(" "))).toBe(exitCode);
    expect(printed.stderr).toMatch(/^examctl: \S/);
    expect(printed.stdout).toBe("");
    expect(await examctl(...line.split(" "), "--json")).toBe(exitCode);
    expect(JSON.parse(printed.stdout)).toMatchObject({
      error: { code, message: expect.any(String) as string },
    });
  },
  60_000,
);

test.each([
  ["lab list", "array"],
  ["image list", "array"],
  ["mirror list", "array"],
  ["cluster list", "array"],
  ["lab validate labs/explore-environment", "object"],
  ["doctor", "object"],
])(
  "%s --json prints one value",
  async (line, kind) => {
    await examctl(...line.split(" "), "--json");
    const value = JSON.parse(printed.stdout) as unknown;
    expect(Array.isArray(value) ? "array" : typeof value).toBe(kind);
  },
  60_000,
);

test("a step that fails is told to people on one stream and to programs on the other", async () => {
  const program = mainProgram();
  program.command("step").action(() =>
    runSteps([
      {
        title: "Disk",
        run: () => Promise.reject(new StepFailure("It is full.", { remedy: "Free some room." })),
      },
    ]),
  );
  await runProgram(program, ["step", "--json"]);
  expect(process.exitCode).toBe(1);
  expect(JSON.parse(printed.stdout)).toEqual({
    error: {
      code: "internal",
      message: 'The step "Disk" failed: It is full.',
      details: { step: "Disk", remedy: "Free some room." },
    },
  });
  expect(printed.stderr).toContain("remedy:  Free some room.");
});
