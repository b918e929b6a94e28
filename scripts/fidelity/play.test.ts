import { expect, test } from "vitest";
import type { PublicLab } from "./lab";
import { playLab } from "./play";

/** A cluster whose scripts are the names of what they do: "solve" solves it, "check" asks whether it is solved. */
function fakeClusterd(scripts: Record<string, { exitCode: number; stdout: string }> = {}) {
  const state = { isSolved: false, calls: [] as string[] };
  const call = async (method: string, input: { stdin?: string }) => {
    state.calls.push(method === "lab.exec" ? input.stdin! : method);
    if (method !== "lab.exec") return { phase: "ready", revision: 1 };
    if (input.stdin === "solve") state.isSolved = true;
    const said = scripts[input.stdin!];
    if (said) return said;
    const isWrong = input.stdin === "check" && !state.isSolved;
    return { exitCode: isWrong ? 1 : 0, stdout: isWrong ? "looking\nnot there\n" : "fine\n" };
  };
  return { state, clusterd: { call } as unknown as Parameters<typeof playLab>[0] };
}

const script = (text: string) => ({ name: text, text });
const lab = (solution: string, verify = ["check"]): PublicLab => ({
  ...{ nodes: "two", files: [], workDir: "/root" },
  setup: [script("prepare")],
  stages: [{ setup: [], solution: script(solution), verify: verify.map(script) }],
});
const play = (clusterd: Parameters<typeof playLab>[0], one: PublicLab, isWeak = false) =>
  playLab(clusterd, "a", one, { isWeak, untilMs: performance.now() + 50 });

test("a lab passes whose checks fail first and pass after its solution; its cluster is stopped", async () => {
  const { state, clusterd } = fakeClusterd();
  expect(await play(clusterd, lab("solve"))).toEqual({ passed: true, remarks: [] });
  expect(state.calls).toEqual(["lab.start", "prepare", "check", "solve", "check", "lab.stop"]);
});

test("the line of the check that still fails is the reason, and what ended badly is remarked", async () => {
  const { clusterd } = fakeClusterd({ prepare: { exitCode: 2, stdout: "no such chart\n" } });
  expect(await play(clusterd, lab("wait"))).toEqual({
    passed: false,
    reason: "after the solution, check says: not there",
    remarks: ["prepare ended with 2: no such chart"],
  });
});

test("checks that pass before anything is done fail a lab, unless that is known of it", async () => {
  const idle = lab("solve", ["look"]);
  expect(await play(fakeClusterd().clusterd, idle)).toMatchObject({ passed: false });
  expect(await play(fakeClusterd().clusterd, idle, true)).toMatchObject({ passed: true });
});

test("without checks the solution must go through", async () => {
  const wrong = {
    solve: { exitCode: 0, stdout: 'one\nError from server (NotFound): pods "a" not found\ntwo\n' },
  };
  expect(await play(fakeClusterd(wrong).clusterd, lab("solve", []))).toMatchObject({
    passed: false,
    reason: 'solve: Error from server (NotFound): pods "a" not found',
  });
  expect(await play(fakeClusterd().clusterd, lab("solve", []))).toMatchObject({ passed: true });
});
