import { describe, expect, it } from "vitest";
import { compileChecks } from "@/lib/lab/compile-checks";
import { Guest } from "./guest-instance";
import { defaultLimits } from "./limits";
import type { FromWorker } from "./messages";
import { quickjsModule } from "./run-checks";

/** Runs a check that computes for a while in a guest whose processor time is what `cpuMs` says. */
async function run(cpuMs: () => number | undefined): Promise<FromWorker> {
  const source = await compileChecks({
    "checks.ts": `import { check, defineChecks } from "examctl/checks";
      export default defineChecks({ q: check((t) => {
        const until = Date.now() + 60;
        let turns = 0;
        while (Date.now() < until) turns++;
        t.expect("it ran", turns > 0).toBe(true);
      }) });`,
  });
  const sent: FromWorker[] = [];
  const start = {
    wasmModule: quickjsModule(),
    source,
    limits: { ...defaultLimits, cpuMs: 20 },
    stretch: new SharedArrayBuffer(12),
    epochMs: Date.now(),
  };
  const guest = new Guest(start, 0, (message) => sent.push(message), cpuMs);
  await guest.open();
  guest.receive(JSON.stringify({ type: "run", questionId: "q", parameters: {}, deadlineMs: 10_000 }));
  expect(sent).toHaveLength(1);
  return sent[0]!;
}

describe("the budget of a check", { timeout: 30_000 }, () => {
  it("is processor time: a check that the server makes wait is graded all the same", async () => {
    expect(await run(() => 5)).toMatchObject({ type: "result" });
  });

  it("ends a check that computes for too long", async () => {
    const started = performance.now();
    const message = await run(() => performance.now() - started);
    expect(message).toMatchObject({
      type: "dead",
      problem: expect.stringContaining("ran longer than 20 ms"),
    });
  });

  it("is the time that passes where processor time is not known", async () => {
    expect(await run(() => undefined)).toMatchObject({ type: "dead" });
  });
});
