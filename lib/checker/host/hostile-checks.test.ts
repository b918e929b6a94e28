import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rm } from "node:fs/promises";
import { compileChecks } from "@/lib/lab/compile-checks";
import { buildWorker } from "../testing/build-worker";
import { fakeProbe } from "../testing/fake-probe";
import type { CheckLimits } from "./limits";
import { runChecks } from "./run-checks";

let workerFile: string;
beforeAll(async () => {
  workerFile = await buildWorker();
});
afterAll(() => rm(workerFile, { force: true }));

const probe = fakeProbe({
  nodes: ["node01"],
  exec: (_, argv) =>
    argv[0] === "big" ? "x".repeat(3_000_000) : argv[0] === "deep" ? "[".repeat(200_000) : "ok",
});

/**
 * Time of the check's own code: the honest ones need a few milliseconds of it, on a busy machine many times that. The other
 * limits leave room enough for this one to be the first that is met.
 */
const cpuMs = 1500;

/** Runs the hostile check between two honest ones, and measures what the process grows by meanwhile. */
async function runAmongOthers(hostile: string, limits: Partial<CheckLimits> = {}) {
  const source = await compileChecks({
    "checks.ts": `import { check, defineChecks } from "examctl/checks";
      const honest = check(async (t) => { t.expect("ok", (await t.node("node01").output(["x"])).trim()).toBe("ok"); });
      export default defineChecks({ before: honest, hostile: check(async (t: any) => { ${hostile} }), after: honest });`,
  });
  const questions = ["before", "hostile", "after"].map((questionId) => ({ questionId, pointsMax: 1 }));
  const baseBytes = process.memoryUsage().rss;
  let peakBytes = baseBytes;
  const sampler = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage().rss)), 20);
  try {
    const [before, result, after] = await runChecks(
      { source, parameters: {}, questions, deadlineMs: 90_000 },
      probe,
      { workerFile, limits: { cpuMs, stretchMsMax: 10_000, wallMs: 60_000, ...limits } },
    );
    expect(before).toMatchObject({ outcome: "passed" });
    expect(after).toMatchObject({ outcome: "passed" });
    return {
      result: result!,
      problem: result!.evidence[0]?.seen ?? "",
      grownMb: (peakBytes - baseBytes) / 2 ** 20,
    };
  } finally {
    clearInterval(sampler);
  }
}

// One worker with three sandboxes of at most 48 MB, and what this process grows by meanwhile. Without a limit each of those
// below takes a gigabyte or more.
const memoryCapMb = 400;

describe("a hostile check spoils its own question only", { timeout: 180_000 }, () => {
  it.each([
    ["an endless loop", "for (;;);", /ran longer than 1500 ms/],
    [
      "endless microtasks",
      "const f = () => void Promise.resolve().then(f); f(); await new Promise(() => {});",
      /ran longer than 1500 ms/,
    ],
    // Each waits for the next: on a fast machine the memory ends before the time does, and with it the chain.
    [
      "endless microtasks that pile up",
      "const f = (): Promise<void> => Promise.resolve().then(f); await f();",
      /ran longer than 1500 ms|never comes|out of memory/,
    ],
    ["a catastrophic regex", 'return /^(a+)+$/.test("a".repeat(40) + "!");', /ran longer than 1500 ms/],
    [
      "a native call that heeds no interrupt",
      "return (3n ** 3000000n) ** 50n;",
      /held its sandbox|ran longer|out of memory|maximum BigInt|Maximum|too large/i,
    ],
    ["a catch around everything", "for (;;) { try { for (;;); } catch {} }", /ran longer than 1500 ms/],
    ["a promise that never settles", "await new Promise(() => {});", /never comes/],
    ["deep recursion", "const f = (n: number): number => f(n + 1) + 1; f(0);", /stack|sandbox/i],
    ["deep JSON", 'JSON.parse("[".repeat(5_000_000));', /./],
    [
      "a deep structure to show",
      "let a: any = []; for (let i = 0; i < 200000; i++) a = [a]; t.expect('deep', a).toBe(1);",
      /./,
    ],
  ])("%s", async (_, code, problem) => {
    const run = await runAmongOthers(code);
    expect(run.result.outcome).toBe("ungradable");
    expect(run.problem).toMatch(problem);
    expect(run.grownMb).toBeLessThan(memoryCapMb);
  });

  it.each([
    ["arrays", "const a = []; for (;;) a.push(new Array(10000).fill(1));"],
    ["one buffer of a gigabyte", "new Uint8Array(1 << 30).fill(1);"],
    ["a doubling string", 'let s = "x"; for (;;) s += s;'],
    ["buffers that are kept", "const a = []; for (;;) a.push(new ArrayBuffer(1 << 20));"],
  ])("memory: %s", async (_, code) => {
    const run = await runAmongOthers(code);
    expect(run.result.outcome).toBe("ungradable");
    expect(run.grownMb).toBeLessThan(memoryCapMb);
  });

  it("sleeping past the deadline", async () => {
    const run = await runAmongOthers("await t.sleep(60000);", { wallMs: 6000 });
    expect(run.result.outcome).toBe("ungradable");
    expect(run.problem).toMatch(/took longer than 6000 ms/);
  });

  it("a storm of calls", async () => {
    const run = await runAmongOthers(
      'await Promise.all(Array.from({ length: 100000 }, () => t.node("node01").exec(["x"])));',
    );
    expect(run.result.outcome).toBe("ungradable");
    expect(run.problem).toContain("more than 200");
    expect(run.grownMb).toBeLessThan(memoryCapMb);
  });

  it("replies and results that are too large", async () => {
    const reply = await runAmongOthers('await t.node("node01").exec(["big"]);');
    expect(reply.problem).toContain("too large for a check");
    const deep = await runAmongOthers('JSON.parse((await t.node("node01").exec(["deep"])).stdout);');
    expect(deep.result.outcome).toBe("ungradable");
    const script = await runAmongOthers('await t.node("node01").sh("x".repeat(1_000_000));');
    expect(script.problem).toContain("characters at once");
  });

  it("huge evidence is cut, and too much of it is refused", async () => {
    const cut = await runAmongOthers(
      'for (let i = 0; i < 100; i++) t.expect("x".repeat(3000), "y".repeat(5000)).toBe("z");',
    );
    expect(cut.result.outcome).toBe("ungradable");
    const few = await runAmongOthers('t.expect("x".repeat(9000), "y".repeat(9000)).toBe("z");');
    expect(few.result.outcome).toBe("failed");
    expect(few.result.evidence[0]!.label.length).toBeLessThanOrEqual(2001);
    expect(few.result.evidence[0]!.seen.length).toBeLessThanOrEqual(2001);
  });

  it.each([
    "(t as any).points(NaN);",
    "t.ledger.fraction = 17; t.ledger.earned = () => 17;",
    't.ledger.items.push({ label: 5, expected: {}, passed: "yes" });',
    'JSON.stringify = () => "nonsense"; t.points(1);',
    "throw null;",
    'throw new Proxy({}, { get() { throw new Error("no"); } });',
  ])("nonsense: %s", async (code) => {
    expect((await runAmongOthers(code)).result.outcome).toBe("ungradable");
  });

  it("finds nothing of the host to climb out by", async () => {
    const { result } = await runAmongOthers(`
      const g = globalThis as any;
      const names = ["process", "require", "module", "Buffer", "fetch", "WebAssembly", "SharedArrayBuffer", "Atomics",
        "postMessage", "Worker", "std", "os", "scriptArgs", "__examctlSend", "__examctlCompare", "import"];
      t.expect("globals", names.filter((name) => name in g && !["SharedArrayBuffer", "Atomics"].includes(name))).toEqual([]);
      const out = (() => {}).constructor("return typeof process + typeof require + typeof fetch")();
      t.expect("the function constructor", out).toBe("undefinedundefinedundefined");
      let loaded = "no";
      try { await (() => {}).constructor("return import('node:fs')")(); loaded = "yes"; } catch { }
      t.expect("modules", loaded).toBe("no");
      const call = g.__examctlReceive;
      t.expect("what receives is the guest's own", call.constructor === Function).toBe(true);
      t.expect("the stack names no file of the host", /node_modules|file:|\\.mjs/.test(new Error().stack ?? "")).toBe(false);
    `);
    expect(result).toMatchObject({ outcome: "passed" });
  });

  it("refuses calls that are none, and goes on", async () => {
    const { result } = await runAmongOthers(`
      const refused = async (work: () => Promise<unknown>) => { try { await work(); return "done"; } catch (error: any) { return error.code; } };
      t.expect("path", await refused(() => t.node("node01").file("relative"))).toBe("invalid");
      t.expect("url", await refused(() => t.node("node01").http("file:///etc/passwd"))).toBe("invalid");
      t.expect("header", await refused(() => t.node("node01").http("http://x/", { headers: { a: "b\\r\\nc: d" } }))).toBe("invalid");
      t.expect("name", await refused(() => t.node("node01").dns("-x @evil"))).toBe("invalid");
      t.expect("argv", await refused(() => t.node("node01").exec([]))).toBe("invalid");
    `);
    expect(result).toMatchObject({ outcome: "passed" });
  });
});
