import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executeCommandsWith, runCommand } from "@/lib/core/run-command";
import { eventually } from "@/lib/core/testing";
import { itRunsCommands } from "@/lib/core/testing-run-command";
import { nativeBinary } from "@/lib/sandbox/native";
import { CommandRunner } from "./command-runner";

describe("commands that a small process executes", () => {
  let folder: string;
  let socket: string;
  let runner: CommandRunner;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "examctl-run-"));
    socket = join(folder, "commands.sock");
    runner = new CommandRunner(socket);
    executeCommandsWith(runner.execute);
  });
  afterAll(async () => {
    executeCommandsWith();
    await runner.close();
    await rm(folder, { recursive: true });
  });

  itRunsCommands();

  it("are its children and root's alone to give", async () => {
    const { stdout } = await runCommand(["sh", "-c", "echo $PPID"]);
    expect(Number(stdout)).toBe(runner.pid());
    expect(statSync(socket).mode & 0o777).toBe(0o600);
  });

  it("get nothing of the process that runs them", async () => {
    const { stdout } = await runCommand(["sh", "-c", "ls /proc/self/fd; grep SigBlk /proc/self/status"]);
    expect(stdout).toBe("0\n1\n2\n3\nSigBlk:\t0000000000000000\n");
  });

  it("run by the hundred at once", async () => {
    const results = await Promise.all(
      Array.from({ length: 300 }, (_, index) => runCommand(["echo", String(index)])),
    );
    expect(results.map(({ stdout }) => Number(stdout))).toEqual(results.map((_, index) => index));
  });

  it("are killed with all that they started at their deadline", async () => {
    const marker = `31.${process.pid}`;
    const slow = runCommand(["sh", "-c", `sleep ${marker}; true`], { timeoutMs: 100 });
    await expect(slow).rejects.toMatchObject({ code: "timeout" });
    const { stdout } = await runCommand(["pgrep", "-fx", `sleep ${marker}`], { allowFailure: true });
    expect(stdout).toBe("");
  });

  it("run again after the process was killed, and those that it ran have failed", async () => {
    const former = runner.pid()!;
    const cut = runCommand(["sleep", "1"]);
    const failed = expect(cut).rejects.toMatchObject({ code: "unavailable" });
    await eventually(
      () => runCommand(["pgrep", "-P", String(former), "-x", "sleep"], { allowFailure: true }),
      ({ stdout }) => stdout !== "",
    );
    process.kill(former, "SIGKILL");
    await failed;
    expect(
      (
        await eventually(
          () => runCommand(["echo", "again"]),
          () => true,
        )
      ).stdout,
    ).toBe("again\n");
    expect(runner.pid()).not.toBe(former);
  });
});

it("ends with the process that started it, even when that is killed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "examctl-run-"));
  const socket = join(folder, "commands.sock");
  const script = `
    const runner = require("child_process").spawn(process.argv[1], [process.argv[2]], { stdio: ["pipe", "pipe", "inherit"] });
    runner.stdout.once("data", () => console.log(runner.pid));`;
  const parent = spawn(process.execPath, ["-e", script, nativeBinary("examctl-run"), socket], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(line.toString());
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  parent.kill("SIGKILL");
  const gone = () => Promise.resolve(!existsSync(`/proc/${pid}`));
  expect(await eventually(gone, (value) => value, 5000)).toBe(true);
  await rm(folder, { recursive: true });
});
