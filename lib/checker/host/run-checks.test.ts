import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rm } from "node:fs/promises";
import { compileChecks } from "@/lib/lab/compile-checks";
import { buildWorker } from "../testing/build-worker";
import { fakeProbe, type FakeCluster } from "../testing/fake-probe";
import { listChecks, runChecks, type CheckRun } from "./run-checks";

let workerFile: string;
beforeAll(async () => {
  workerFile = await buildWorker();
});
afterAll(() => rm(workerFile, { force: true }));

const node = (name: string, address: string) => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name },
  status: { addresses: [{ type: "InternalIP", address }] },
});
const cluster: FakeCluster = {
  objects: { nodes: [node("controlplane", "10.1.0.2"), node("node01", "10.1.0.3")] },
  nodes: ["controlplane", "node01"],
  exec: (_, argv) => (argv[0] === "hostname" ? "controlplane\n" : undefined),
  files: { "node01:/etc/marker": "here" },
};

async function run(
  checks: string,
  questions: CheckRun["questions"],
  options: { cluster?: FakeCluster; limits?: object; parameters?: CheckRun["parameters"] } = {},
) {
  const source = await compileChecks({
    "checks.ts": `import { check, defineChecks, guard } from "examctl/checks";\nexport default defineChecks({${checks}});`,
  });
  return runChecks(
    { source, parameters: options.parameters ?? {}, questions, deadlineMs: 20_000 },
    fakeProbe(options.cluster ?? cluster),
    { workerFile, limits: options.limits },
  );
}
const ask = (questionId: string, answer?: string | string[]) => ({ questionId, pointsMax: 4, answer });

describe("a check", { timeout: 120_000 }, () => {
  it("compares an answer with what the cluster shows and says where", async () => {
    const checks = `count: check(async (t) => {
      const nodes = await t.cluster.list("Node");
      t.expectAnswer("integer", nodes.length);
    })`;
    const [right] = await run(checks, [ask("count", " 2 ")]);
    expect(right).toMatchObject({ outcome: "passed", points: 4, pointsMax: 4, guard: false });
    expect(right!.evidence).toEqual([
      { label: "the answer", expected: "2", seen: " 2 ", source: "kubectl get nodes", passed: true },
    ]);
    const [wrong] = await run(checks, [ask("count", "3")]);
    expect(wrong).toMatchObject({
      outcome: "failed",
      points: 0,
      reason: "This is not what the cluster shows.",
    });
    const [unreadable] = await run(checks, [ask("count", "two")]);
    expect(unreadable!.reason).toBe('"two" is not a whole number: write it in digits, such as 42.');
    const [none] = await run(checks, [ask("count")]);
    expect(none).toMatchObject({ outcome: "unanswered", points: 0 });
  });

  it("earns nothing when a required expectation fails, and the weighted part otherwise", async () => {
    const checks = (required: boolean) => `q: check((t) => {
      t.expect("it is there", ${required}).toBe(true);
      t.expect("first", 1, { weight: 3 }).toBe(1);
      t.expect("second", 1, { weight: 1 }).toBe(2);
    })`;
    expect((await run(checks(true), [ask("q")]))[0]).toMatchObject({ outcome: "partial", points: 3 });
    const [failed] = await run(checks(false), [ask("q")]);
    expect(failed).toMatchObject({ outcome: "failed", points: 0 });
    expect(failed!.reason).toBe("Not so yet: it is there (and 1 more).");
  });

  it("looks at nodes: commands, files, what is not there", async () => {
    const [result, absent] = await run(
      `q: check(async (t) => {
        t.expect("its name", (await t.node("controlplane").output(["hostname"])).trim()).toBe("controlplane");
        t.expect("the file", (await t.node("node01").file("/etc/marker"))?.text).toBe("here");
        t.expect("no file", await t.node("node01").file("/etc/none")).toBeAbsent();
        t.expect("parameters", t.parameter("port")).toBe("8080");
      }),
      gone: check(async (t) => { await t.node("node09").exec(["true"]); t.points(1); })`,
      [ask("q"), ask("gone")],
      { parameters: { port: 8080 } },
    );
    expect(result).toMatchObject({ outcome: "passed", points: 4 });
    expect(result!.evidence.map((item) => item.source)).toContain("node01# cat /etc/marker");
    expect(absent).toMatchObject({
      outcome: "failed",
      reason: "There is no node node09.",
    });
  });

  it("stops at a missing object and fails", async () => {
    const [result] = await run(
      `q: check(async (t) => {
        const map = await t.mustGet("ConfigMap", { namespace: "web", name: "facts" });
        t.expect("never", map.data).toExist();
      })`,
      [ask("q")],
    );
    expect(result).toMatchObject({ outcome: "failed", reason: "Not so yet: ConfigMap web/facts exists." });
    expect(result!.evidence).toHaveLength(1);
  });

  it("waits for what comes later and keeps only the last evidence", async () => {
    let calls = 0;
    const [result] = await run(
      `q: check(async (t) => {
        await t.eventually(async () => {
          t.expect("ready", (await t.node("node01").output(["state"])).trim()).toBe("ready");
        }, { withinMs: 3000, everyMs: 10 });
      })`,
      [ask("q")],
      { cluster: { nodes: ["node01"], exec: () => (++calls < 4 ? "starting" : "ready") } },
    );
    expect(result).toMatchObject({ outcome: "passed" });
    expect(result!.evidence).toHaveLength(1);
    expect(calls).toBe(4);
  });

  it("can be a guard, which has no points and fails as a whole", async () => {
    const [kept, broken] = await run(
      `kept: guard((t) => { t.expect("web runs", true).toBe(true); }),
       broken: guard((t) => { t.expect("web runs", false).toBe(true); })`,
      [ask("kept"), ask("broken")],
    );
    expect(kept).toMatchObject({ guard: true, outcome: "passed", points: 0, pointsMax: 0 });
    expect(broken).toMatchObject({ guard: true, outcome: "failed", points: 0 });
  });

  it("counts how many requests are answered by whom", async () => {
    const asked: string[][] = [];
    const shared: FakeCluster = {
      ...cluster,
      exec: (_, argv) => {
        asked.push(argv);
        return argv
          .filter((word) => word.startsWith("http"))
          .map((_, i) => (i % 3 ? "one\n\x1f200\x1f" : "\x1f000\x1f"))
          .join("");
      },
    };
    const [result] = await run(
      `share: check(async (t) => {
        const answers = await t.node("node01").traffic("http://10.0.0.1/", { requests: 6, headers: { Host: "a.test" } });
        t.expect("answers", answers.filter(({ status, body }) => status === 200 && body === "one\\n").length).toBe(4);
        t.expect("silence", answers.filter(({ status }) => status === 0).length).toBe(2);
      })`,
      [ask("share")],
      { cluster: shared },
    );
    expect(result).toMatchObject({ outcome: "passed" });
    expect(asked[0]).toEqual(expect.arrayContaining(["curl", "Host: a.test", "Connection: close"]));
    expect(result!.evidence[0]!.source).toBe(
      "node01# for i in $(seq 6); do curl -s -H 'Host: a.test' http://10.0.0.1/; done",
    );
  });

  it("makes HTTP and DNS requests from a node with the programs that are there", async () => {
    const [result] = await run(
      `q: check(async (t) => {
        const page = await t.node("node01").http("http://10.96.0.7/pay", { headers: { host: "shop" } });
        t.expect("status", page.status).toBe(200);
        t.expect("type", page.headers["content-type"]).toBe("text/plain");
        t.expect("body", page.body).toBe("paid");
        const name = await t.node("node01").dns("web.default.svc.cluster.local");
        t.expect("status", name.status).toBe("NOERROR");
        t.expect("address", name.answers.map((answer) => answer.data)).toContain("10.96.0.7");
        t.expect("nobody there", (await t.node("node01").http("http://10.9.9.9/")).error).toContain("Connection refused");
      })`,
      [ask("q")],
      {
        cluster: {
          nodes: ["node01"],
          exec: (_, argv) =>
            argv[0] === "dig"
              ? ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 7\nweb.default.svc.cluster.local. 30 IN A 10.96.0.7\n"
              : argv.at(-1) === "http://10.9.9.9/"
                ? {
                    exitCode: 7,
                    stderr: 'curl: (7) Failed: Connection refused\n\n{"status":000,"headers":{}}'.replace(
                      "000",
                      "0",
                    ),
                  }
                : { stdout: "paid", stderr: '\n{"status":200,"headers":{"content-type":["text/plain"]}}' },
        },
      },
    );
    expect(result).toMatchObject({ outcome: "passed" });
  });
});

describe("a pod", { timeout: 120_000 }, () => {
  it("is asked from its own network with the node's tools when its image has none", async () => {
    const tools: string[] = [];
    const [result] = await run(
      `q: check(async (t) => {
        const name = await t.pod("shop", "web").dns("db");
        t.expect("address", name.answers[0]?.data).toBe("10.96.4.4");
      })`,
      [ask("q")],
      {
        cluster: {
          exec: (_, argv) => void tools.push(`container: ${argv[0]}`),
          execInPodNetwork: (_, argv) => {
            tools.push(`network: ${argv[0]}`);
            return ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 7\ndb.shop.svc.cluster.local. 5 IN A 10.96.4.4\n";
          },
        },
      },
    );
    expect(result).toMatchObject({ outcome: "passed" });
    expect(tools).toEqual(["container: dig", "network: dig"]);
  });
});

describe("the run", { timeout: 120_000 }, () => {
  it("answers every question in order, each in its own sandbox", async () => {
    const results = await run(
      `a: check((t) => { (globalThis as any).shared = 1; (Object.prototype as any).kind = "x"; t.points(1); }),
       b: check((t) => { t.expect("nothing is shared", (globalThis as any).shared).toBeAbsent(); }),
       c: check(() => { throw new TypeError("my mistake"); }),
       d: check(() => {})`,
      ["b", "a", "c", "d", "none"].map((id) => ask(id)),
    );
    expect(results.map(({ questionId, outcome }) => [questionId, outcome])).toEqual([
      ["b", "passed"],
      ["a", "passed"],
      ["c", "ungradable"],
      ["d", "ungradable"],
      ["none", "ungradable"],
    ]);
    expect(results[2]!.evidence[0]!.seen).toContain("TypeError: my mistake");
    expect(results[4]!.evidence[0]!.seen).toContain('no check "none"');
  });

  it("lists what a file defines", async () => {
    const source = await compileChecks({
      "checks.ts": `import { check, defineChecks, guard } from "examctl/checks";
        export default defineChecks({ a: check(() => {}), b: guard(() => {}) });`,
    });
    expect(await listChecks(source, { workerFile })).toEqual([
      { id: "a", kind: "check" },
      { id: "b", kind: "guard" },
    ]);
    const wrong = await compileChecks({ "checks.ts": "export default 5;" });
    await expect(listChecks(wrong, { workerFile })).rejects.toThrow(/must have `export default defineChecks/);
  });
});
