import { afterEach, beforeEach, expect, test, vi, type MockInstance } from "vitest";
import { failureAsJson, run, runSteps } from "./step.mjs";

let stderr: MockInstance;
beforeEach(() => {
  stderr = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
});
afterEach(() => stderr.mockRestore());
const printed = () => stderr.mock.calls.map(([text]) => String(text)).join("");

/** Three steps as set-up has them: done ones say so, and the second fails until it is mended. */
function setUp() {
  const state = { done: new Set<string>(), isMended: false, runs: [] as string[] };
  const step = (title: string, work: () => Promise<unknown>) => ({
    title,
    isDone: () => state.done.has(title),
    run: async () => {
      state.runs.push(title);
      await work();
      state.done.add(title);
    },
  });
  const remedy = "Plug the cable in.";
  const script = () => (state.isMended ? "exit 0" : "echo fetching >&2; echo no route to host; exit 7");
  const steps = [
    step("Packages", async () => undefined),
    step("Native modules", () => run(["sh", "-c", script(), "sh", "lib/x"], { remedy })),
    step("Pages", async () => undefined),
  ];
  return { state, steps };
}

test("a failing step names itself, its command, its output and the remedy, and those after it do not run", async () => {
  const { state, steps } = setUp();
  await expect(runSteps(steps)).rejects.toThrow("it exited with 7");
  expect(state.runs).toEqual(["Packages", "Native modules"]);
  const text = printed();
  expect(text).toMatch(/^ {2}Packages +done +\d+\.\d s$/m);
  expect(text).toMatch(/^ {2}Native modules +FAILED +\d+\.\d s$/m);
  expect(text).toContain('The step "Native modules" failed: it exited with 7');
  expect(text).toContain("command: sh -c echo fetching >&2; echo no route to host; exit 7 sh lib/x");
  expect(text).toContain("  | fetching");
  expect(text).toContain("  | no route to host");
  expect(text).toContain("remedy:  Plug the cable in.");
});

test("running again takes up where it failed: what is done stays done", async () => {
  const { state, steps } = setUp();
  await runSteps(steps).catch(() => undefined);
  state.isMended = true;
  state.runs.length = 0;
  stderr.mockClear();
  await runSteps(steps);
  expect(state.runs).toEqual(["Native modules", "Pages"]);
  expect(printed()).toMatch(/^ {2}Packages +ready +\d+\.\d s$/m);
});

test("programs get the failure as data", async () => {
  const { steps } = setUp();
  const failure = await runSteps(steps).catch((cause: unknown) => cause);
  expect(failureAsJson(failure as Error)).toEqual({
    code: "internal",
    message: 'The step "Native modules" failed: it exited with 7',
    details: {
      step: "Native modules",
      command: expect.stringContaining("sh -c") as string,
      output: expect.stringContaining("no route to host") as string,
      remedy: "Plug the cable in.",
    },
  });
});

test("a command that hangs is ended, and one that is not there is named", async () => {
  await expect(run(["sleep", "600"], { timeoutMs: 50 })).rejects.toMatchObject({
    message: "it was ended by SIGKILL",
    command: "sleep 600",
  });
  await expect(run(["examctl-no-such-program"])).rejects.toThrow("ENOENT");
});

test("a step's progress is the last line of its command", async () => {
  const lines: string[] = [];
  await run(["sh", "-c", "echo one; echo two"], { report: (text: string) => lines.push(text) });
  expect(lines.at(-1)).toBe("two");
});
