import { expect, it } from "vitest";
import { runCommand } from "./run-command";

/** What `runCommand` promises, whoever executes. */
export function itRunsCommands(): void {
  it("passes arguments untouched: nothing is a shell string", async () => {
    const { stdout } = await runCommand(["printf", "%s", "$(id); `id`"]);
    expect(stdout).toBe("$(id); `id`");
  });

  it("says the command, the code and the end of its output when it fails", async () => {
    await expect(runCommand(["sh", "-c", "echo broken >&2; exit 7"])).rejects.toMatchObject({
      code: "internal",
      message: expect.stringMatching(/sh -c .* exited with 7: broken/) as string,
    });
  });

  it("kills a command at its deadline", async () => {
    await expect(runCommand(["sleep", "30"], { timeoutMs: 50 })).rejects.toMatchObject({ code: "timeout" });
  });

  it("names a program that is not there", async () => {
    await expect(runCommand(["no-such-program"])).rejects.toMatchObject({ code: "unavailable" });
  });

  it("keeps at most the bytes asked for and reads on, so that the command does not stall", async () => {
    const { stdout, exitCode } = await runCommand(["sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x"], {
      outputBytesMax: 1000,
    });
    expect(stdout.length).toBe(1000);
    expect(exitCode).toBe(0);
  });

  it("has the environment and the folder that it is given, and no other", async () => {
    const env = { ...process.env, GREETING: "hello", NODE_ENV: undefined as never };
    const { stdout } = await runCommand(["sh", "-c", "env; pwd"], { env, cwd: "/usr" });
    const lines = stdout.trim().split("\n");
    expect(lines).toContain("GREETING=hello");
    expect(lines).toContain("/usr");
    expect(stdout).not.toMatch(/NODE_ENV/);
  });

  it("has the environment of this process unless it is given one", async () => {
    const { stdout } = await runCommand(["sh", "-c", "echo $NODE_ENV; pwd"]);
    expect(stdout).toBe(`${process.env.NODE_ENV}\n${process.cwd()}\n`);
  });

  it("passes any input and gives both outputs, and the exit code where it may fail", async () => {
    const stdin = Buffer.alloc(300_000, "line\n");
    const { stdout, stderr, exitCode } = await runCommand(["sh", "-c", "cat; echo end >&2; exit 3"], {
      ...{ stdin, allowFailure: true },
    });
    expect([stdout === stdin.toString(), stderr, exitCode]).toEqual([true, "end\n", 3]);
  });

  it("does not wait for the input of a command that does not read it", async () => {
    expect((await runCommand(["true"], { stdin: "x".repeat(1 << 20) })).exitCode).toBe(0);
  });

  it("does not wait for what is left running without output", async () => {
    const { durationMs } = await runCommand(["sh", "-c", "sleep 5 &"], { withoutOutput: true });
    expect(durationMs).toBeLessThan(2000);
  });

  it("tells the signal that ended it as a shell does", async () => {
    const { exitCode } = await runCommand(["sh", "-c", "kill -9 $$"], { allowFailure: true });
    expect(exitCode).toBe(137);
  });

  it("tells a program that is not there from one that ends with 127", async () => {
    const missing = runCommand(["no-such-program"], { allowFailure: true });
    await expect(missing).rejects.toMatchObject({ code: "unavailable" });
    await expect(runCommand(["sh", "-c", "exit 127"], { allowFailure: true })).resolves.toMatchObject({
      exitCode: 127,
    });
  });
}
