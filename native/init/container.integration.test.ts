import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Scope } from "@/lib/core/scope";
import { call, encodeFrame, request } from "../test-client";
import { run, startNode, type TestNode } from "../test-node";

let scope: Scope;
let node: TestNode;
beforeEach(async () => {
  scope = new Scope();
  node = await startNode(scope);
  // As `crun run -d --pid-file`: starts the rest of its arguments detached, writes the pid, ends without reaping.
  const runtime = `#!/usr/bin/perl
use POSIX;
my $file = shift;
my $pid = fork;
if ($pid == 0) { POSIX::setsid; exec @ARGV; }
open(my $out, '>', $file); print $out $pid; close $out;
POSIX::_exit(0);
`;
  writeFileSync(join(node.folder, "runtime"), runtime, { mode: 0o755 });
});
afterEach(() => scope.close());

const log = (id: string) => join(node.folder, "logs", `${id}.log`);
const start = (id: string, script: string, more: readonly string[] = []) => {
  const pidFile = join(node.folder, `${id}.pid`);
  const command = [join(node.folder, "runtime"), pidFile, "sh", "-c", script];
  const values = [`id=${id}`, `log=${log(id)}`, `pid_file=${pidFile}`, ...command.map((arg) => `arg=${arg}`)];
  return call(node.socket, "container-run", [...values, ...more]);
};

async function ended(id: string): Promise<string[]> {
  for (let revision = "0"; ;) {
    const items = (await call(node.socket, "container-list")).all("container").map((item) => item.split(":"));
    const mine = items.find(([name]) => name === id);
    if (mine?.[1] === "exited") return mine;
    revision = (await call(node.socket, "events", [`revision=${revision}`])).get("revision")!;
  }
}

describe("container", () => {
  it("is known from its start to its end, with its log in the CRI format", async () => {
    const reply = await start("web", "echo out; echo err >&2; printf partial; exit 3");
    expect(reply.status).toBe("ok");
    expect(Number(reply.get("pid"))).toBeGreaterThan(1);
    const [, , pid, code, startedMs, finishedMs] = await ended("web");
    expect([pid, code]).toEqual([reply.get("pid"), "3"]);
    expect(startedMs).toBe(reply.get("started_ms"));
    expect(Number(finishedMs)).toBeGreaterThanOrEqual(Number(startedMs));
    const lines = readFileSync(log("web"), "utf8").trimEnd().split("\n");
    const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /;
    for (const line of lines) expect(line).toMatch(stamp);
    expect(lines.map((line) => line.replace(stamp, "")).sort()).toEqual([
      "stderr F err",
      "stdout F out",
      "stdout F partial",
    ]);
  });

  it("has its long lines cut at 16 KiB", async () => {
    await start("long", "head -c 40000 /dev/zero | tr '\\0' y; echo");
    await ended("long");
    const lines = readFileSync(log("long"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => line.split(" ")).map(([, , tag, text]) => [tag, text!.length])).toEqual([
      ["P", 16384],
      ["P", 16384],
      ["F", 7232],
    ]);
  });

  it("that the runtime cannot start is not known, and its words are the error", async () => {
    const values = ["id=bad", `log=${log("bad")}`, "pid_file=/run/bad.pid"];
    const script = "echo 'executable file `nope` not found' >&2; exit 1";
    const reply = await call(node.socket, "container-run", [...values, "arg=sh", "arg=-c", `arg=${script}`]);
    expect([reply.status, reply.get("message")]).toEqual(["error", "executable file `nope` not found"]);
    expect((await call(node.socket, "container-list")).all("container")).toEqual([]);
    expect(existsSync(log("bad"))).toBe(false);
  });

  it("is killed by signal and forgotten once it has ended", async () => {
    await start("loop", "exec sleep 1000");
    expect((await call(node.socket, "container-forget", ["id=loop"])).get("code")).toBe("conflict");
    await call(node.socket, "container-kill", ["id=loop", "signal=KILL"]);
    expect((await ended("loop"))[3]).toBe("137");
    expect((await call(node.socket, "container-forget", ["id=loop"])).status).toBe("ok");
    expect((await call(node.socket, "container-kill", ["id=loop"])).get("code")).toBe("not-found");
  });

  it("takes input from and shows output to whoever is attached, and the log has it too", async () => {
    await start("cat", "echo ready; cat; exit 4", ["stdin=1"]);
    const { connection, reply } = await request(node.socket, "container-attach", ["id=cat"]);
    expect(reply.status).toBe("ok");
    connection.socket.write(encodeFrame(0, "hello\n"));
    await connection.readUntil("hello\n");
    connection.socket.write(encodeFrame(255, Buffer.from([0])));
    expect((await connection.result()).exit).toEqual({ exitCode: 4 });
    expect(readFileSync(log("cat"), "utf8")).toContain("stdout F hello\n");
  });

  it("passes 3 MB of input on, as fast as it takes it", async () => {
    await start("count", "wc -c", ["stdin=1"]);
    const { connection } = await request(node.socket, "container-attach", ["id=count"]);
    connection.socket.write(encodeFrame(0, Buffer.alloc(3 << 20, "z")));
    connection.socket.write(encodeFrame(255, Buffer.from([0])));
    expect((await connection.result()).stdout.toString()).toBe("3145728\n");
  });

  it("with a terminal takes it from the runtime's console socket", async () => {
    const console = join(node.folder, "console.sock");
    const runtime = `import os, socket, sys
leader, terminal = os.openpty()
s = socket.socket(socket.AF_UNIX); s.connect("${console}")
socket.send_fds(s, [b"/dev/pts/0"], [leader])
pid = os.fork()
if pid == 0:
    os.close(leader); os.login_tty(terminal) if hasattr(os, "login_tty") else [os.dup2(terminal, n) for n in range(3)]
    os.execvp("sh", ["sh", "-c", "read line; echo got $line; stty size; exit 6"])
open(sys.argv[1], "w").write(str(pid))
`;
    writeFileSync(join(node.folder, "console-runtime.py"), runtime);
    const pidFile = join(node.folder, "tty.pid");
    const values = [
      "arg=python3",
      `arg=${join(node.folder, "console-runtime.py")}`,
      `arg=${pidFile}`,
      `pid_file=${pidFile}`,
    ];
    const more = ["id=tty", `log=${log("tty")}`, "tty=1", "stdin=1", `console_socket=${console}`];
    expect((await call(node.socket, "container-run", [...values, ...more])).get("message")).toBeUndefined();
    const { connection } = await request(node.socket, "container-attach", ["id=tty"]);
    connection.socket.write(encodeFrame(4, '{"cols":91,"rows":31}'));
    connection.socket.write(encodeFrame(0, "typed\n"));
    const { stdout, exit } = await connection.result();
    expect(stdout.toString()).toContain("got typed\r\n31 91");
    expect(exit).toEqual({ exitCode: 6 });
  });

  it("that writes 30 MB keeps 20 MB of log at most", async () => {
    await start("loud", "yes abcdefghijklmnopqrstuvwxyz | head -c 30000000");
    await ended("loud");
    expect(Number(await run(node, `cat ${node.folder}/logs/* | wc -c`))).toBeLessThan(21 * 1024 * 1024);
  });

  it("has an id of its own", async () => {
    await start("one", "sleep 1000");
    expect((await start("one", "true")).get("code")).toBe("conflict");
    expect((await start("../x", "true")).get("code")).toBe("invalid");
  });

  it("is followed to its end when it ends before its runtime has told", async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, (_, i) => start(`quick${i}`, `exit ${i}`)));
    for (const [i, reply] of replies.entries()) {
      expect([reply.status, reply.get("message")]).toEqual(["ok", undefined]);
      expect((await ended(`quick${i}`))[3]).toBe(String(i));
    }
  });
});
