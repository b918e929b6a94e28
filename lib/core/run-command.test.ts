import { expect, it } from "vitest";
import { runCommand } from "./run-command";

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
