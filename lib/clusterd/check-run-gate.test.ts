import { describe, expect, it } from "vitest";
import { CheckGate } from "./check-run-gate";

/** Work that ends when it is told to. */
function job() {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const state = { started: false };
  return {
    state,
    end: () => end(),
    work: async () => {
      state.started = true;
      await ended;
    },
  };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("CheckGate", () => {
  it("runs so many at once and one of each lab, others in their order", async () => {
    const gate = new CheckGate({ atOnce: 2, waitingPerLabMax: 3, waitMsMax: 60_000 });
    const jobs = [job(), job(), job(), job()];
    const runs = ["a", "a", "b", "c"].map((labId, index) => gate.run(labId, jobs[index]!.work));
    await settle();
    expect(jobs.map(({ state }) => state.started)).toEqual([true, false, true, false]);
    jobs[2]!.end();
    await settle();
    expect(jobs.map(({ state }) => state.started)).toEqual([true, false, true, true]);
    jobs[0]!.end();
    await settle();
    expect(jobs[1]!.state.started).toBe(true);
    jobs.forEach(({ end }) => end());
    await Promise.all(runs);
  });

  it("turns a lab away that has too many waiting, and goes on after a failure", async () => {
    const gate = new CheckGate({ atOnce: 1, waitingPerLabMax: 1, waitMsMax: 60_000 });
    const first = job();
    const run = gate.run("a", first.work);
    const second = gate.run("a", () => Promise.reject(new Error("failed")));
    await expect(gate.run("a", () => Promise.resolve())).rejects.toMatchObject({ code: "exhausted" });
    first.end();
    await run;
    await expect(second).rejects.toThrow("failed");
    await expect(gate.run("a", () => Promise.resolve("ran"))).resolves.toBe("ran");
  });

  it("does not let anyone wait for ever", async () => {
    const gate = new CheckGate({ atOnce: 1, waitingPerLabMax: 1, waitMsMax: 20 });
    const first = job();
    const run = gate.run("a", first.work);
    await expect(gate.run("b", () => Promise.resolve())).rejects.toMatchObject({ code: "exhausted" });
    first.end();
    await run;
  });
});
