import { afterEach, describe, expect, test } from "vitest";
import { corefile } from "./objects";
import { corefileHash } from "./configuration";
import type { CorednsProcess } from "./coredns-process";
import { ask, FakePod, query, startCoredns, told } from "./testing";

const running: CorednsProcess[] = [];
afterEach(() => running.splice(0).forEach((one) => one.stop()));

async function start(pod: FakePod): Promise<CorednsProcess> {
  const coredns = await startCoredns(pod);
  running.push(coredns);
  return coredns;
}

/** A server block with lines of its own from line 2 on. */
const block = (...lines: string[]) => [".:53 {", ...lines.map((line) => `    ${line}`), "}", ""].join("\n");
const at = (line: number, text: string) => `/etc/coredns/Corefile:${line} - Error during parsing: ${text}`;

describe("a Corefile that is wrong ends coredns with CoreDNS's own words", () => {
  test.each<[string, string, string]>([
    ["an unknown directive", block("errors", "foo"), at(3, "Unknown directive 'foo'")],
    [
      "a misspelt property",
      block("kubernetes cluster.local {", "pod insecure", "}"),
      `plugin/kubernetes: ${at(3, "unknown property 'pod'")}`,
    ],
    [
      "a wrong value",
      block("kubernetes cluster.local {", "pods maybe", "}"),
      "plugin/kubernetes: wrong value for pods: maybe,  must be one of: disabled, verified, insecure",
    ],
    [
      "a TTL out of range",
      block("kubernetes cluster.local {", "ttl 4000", "}"),
      `plugin/kubernetes: ${at(3, "ttl must be in range [0, 3600]: 4000")}`,
    ],
    [
      "no closing brace",
      ".:53 {\n    errors\n    cache 30\n",
      "/etc/coredns/Corefile:3 - Syntax error: Unexpected token '30', expecting '}'",
    ],
    ["an open block", ".:53 {\n    health {\n      lameduck 5s\n", at(3, "Unexpected EOF")],
    ["a brace too many", block("errors }"), at(2, "Unexpected '}' because no matching opening brace")],
    [
      "forward without a server",
      block("forward ."),
      `plugin/forward: ${at(2, "Wrong argument count or unexpected line ending after '.'")}`,
    ],
    [
      "forward to what is no address",
      block("forward . nowhere"),
      'plugin/forward: not an IP address or file "nowhere": failed to open file "nowhere": "open nowhere: no such file or directory"',
    ],
    [
      "an unknown policy",
      block("forward . 1.1.1.1 {", "policy best", "}"),
      `plugin/forward: ${at(3, "unknown policy 'best'")}`,
    ],
    ["a zone twice", `${block("errors")}${block("log")}`, "cannot serve dns://.:53 - it is already defined"],
    [
      "a plugin twice",
      block("errors", "errors"),
      "plugin/errors: this plugin can only be used once per Server Block",
    ],
    ["a negative cache TTL", block("cache -1"), "plugin/cache: cache TTL can not be zero or negative: -1"],
    [
      "a duration without its unit",
      block("health {", "lameduck 5", "}"),
      `plugin/health: unable to parse lameduck duration value: '5' : time: missing unit in duration "5"`,
    ],
    [
      "a pattern that is none",
      block("rewrite name regex ( a"),
      "plugin/rewrite: invalid regex matching pattern: (",
    ],
    ["a rewrite of nothing known", block("rewrite foo a b"), 'plugin/rewrite: invalid rule type "foo"'],
    [
      "reloads that are too frequent",
      block("reload 1s"),
      "plugin/reload: interval value must be greater or equal to 2s",
    ],
    ["an import of nothing", block("import x.conf"), at(2, "File to import not found: x.conf")],
    [
      "a template that is none",
      block("template IN A {", 'answer "{{ .Name"', "}"),
      `plugin/template: ${at(3, "could not compile template: {{ .Name, template: answer:1: unclosed action")}`,
    ],
  ])("%s", async (_what, text, error) => {
    const pod = new FakePod(text);
    await start(pod);
    expect([pod.output, pod.exitCode]).toEqual([`${error}\n`, 1]);
  });

  test("a Corefile that is not mounted", async () => {
    const pod = new FakePod();
    await start(pod);
    expect(pod.output).toBe(
      "loading Caddyfile via flag: open /etc/coredns/Corefile: no such file or directory\n",
    );
    expect(pod.exitCode).toBe(1);
  });

  test("flags that coredns does not have", async () => {
    const pod = new FakePod(block("whoami"), ["-config", "x"]);
    await start(pod);
    expect(pod.output).toMatch(/^flag provided but not defined: -config\nUsage of /);
    expect(pod.exitCode).toBe(2);
  });
});

test("kubeadm's Corefile starts as upstream does, down to the hash that it prints", async () => {
  const pod = new FakePod(corefile("cluster.local"));
  pod.files.set("/etc/resolv.conf", "nameserver 172.30.0.1\n");
  await start(pod);
  expect(pod.output).toMatch(
    /^\.:53\n\[INFO\] plugin\/reload: Running configuration SHA512 = [0-9a-f]{128}\nCoreDNS-1\.12\.1\nlinux\/amd64, go1\.24\.1, 707c7c1\n/,
  );
  expect(pod.listeners.map(({ kind, host, port }) => `${kind} ${host}:${port}`).sort()).toEqual([
    "dns :53",
    "health :8080",
    "metrics :9153",
    "ready :8181",
  ]);
  expect(pod.http.get("ready")).toEqual({ code: 200, body: "OK" });
});

test("the hash is the one that clusters of kubeadm before 1.32 print", async () => {
  const text = corefile("cluster.local").replace(/cache 30 \{[^}]*\}/, "cache 30");
  const source = { env: {}, cwd: "/", readFile: fail, glob: fail, warn: () => undefined };
  expect(await corefileHash(text, "Corefile", source)).toMatch(/^591cf328cccc12bc490481273e738df5/);
});

const fail = (): Promise<never> => Promise.reject(new Error("not used"));

test("snippets, imported files, variables, quotes and comments are taken as in a Caddyfile", async () => {
  const pod = new FakePod(
    [
      "(common) {",
      "    errors",
      '    template IN TXT a.test {  # "a comment"',
      '        answer "{{ .Name }} 60 IN TXT \\"{$GREETING} there\\""',
      "    }",
      "}",
      "a.test,",
      "b.test:5353 {",
      "    import common",
      "}",
      "import extra/*.conf",
      "",
    ].join("\n"),
    undefined,
    { GREETING: "hello" },
  );
  pod.files.set("/etc/coredns/extra/c.conf", "c.test {\n  whoami\n}\n");
  const coredns = await start(pod);
  expect(pod.output).toMatch(/^a\.test\.:53\nb\.test\.:5353\nc\.test\.:53\n/);
  expect(told(await ask(coredns, query("x.a.test.", "TXT")))).toBe("NOERROR x.a.test. TXT hello there");
  expect(told(await ask(coredns, query("x.b.test.", "TXT")))).toBe("REFUSED");
  expect(told(await ask(coredns, query("c.test.")))).toBe("NOERROR");
});

test("without a Corefile and without -conf it says who asks", async () => {
  const pod = new FakePod(undefined, []);
  const coredns = await start(pod);
  const reply = await ask(coredns, query("any.test."));
  expect(reply.additional[0]?.data).toEqual({ type: "A", address: "10.244.0.7" });
});
