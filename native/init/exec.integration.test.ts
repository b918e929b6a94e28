import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Scope } from "@/lib/core/scope";
import { call, encodeFrame, request } from "../test-client";
import { startNode, type TestNode } from "../test-node";

let scope: Scope;
let node: TestNode;
beforeEach(async () => {
  scope = new Scope();
  node = await startNode(scope);
});
afterEach(() => scope.close());

const sh = (script: string) => ["arg=sh", "arg=-c", `arg=${script}`];

describe("exec", () => {
  it("gives output, errors and the exit code of a command", async () => {
    const { connection, reply } = await request(node.socket, "exec", sh("echo out; echo err >&2; exit 7"));
    expect(reply.status).toBe("ok");
    expect(Number(reply.get("pid"))).toBeGreaterThan(1);
    const result = await connection.result();
    expect(result.stdout.toString()).toBe("out\n");
    expect(result.stderr.toString()).toBe("err\n");
    expect(result.exit).toEqual({ exitCode: 7 });
  });

  it("runs with the environment, folder and user that were asked for", async () => {
    const values = [...sh("pwd; echo $WHO; id -u"), "cwd=/tmp", "env=WHO=me"];
    const { connection } = await request(node.socket, "exec", values);
    expect((await connection.result()).stdout.toString()).toBe("/tmp\nme\n0\n");
  });

  it("exits with 127 when there is no such program", async () => {
    const { connection } = await request(node.socket, "exec", ["arg=/no/such/program"]);
    const result = await connection.result();
    expect(result.exit.exitCode).toBe(127);
    expect(result.stderr.toString()).toContain("/no/such/program");
  });

  it("lets a client that still writes to a command that has ended read its answer", async () => {
    const { connection } = await request(node.socket, "exec", ["arg=/no/such/program", "stdin=1"]);
    expect((await connection.result()).exit.exitCode).toBe(127);
    const failure = await new Promise((resolve) =>
      connection.socket.write(encodeFrame(0, "late"), (error) => resolve(error)),
    );
    expect(failure ?? undefined).toBeUndefined();
  });

  it("passes 5 MB through cat unharmed and ends when stdin is closed", async () => {
    const { connection } = await request(node.socket, "exec", ["arg=cat", "stdin=1"]);
    const bytes = Buffer.alloc(5 << 20, "0123456789abcdef");
    connection.socket.write(encodeFrame(0, bytes));
    connection.socket.write(encodeFrame(255, Buffer.from([0])));
    const result = await connection.result();
    expect(result.stdout.equals(bytes)).toBe(true);
    expect(result.exit.exitCode).toBe(0);
  });

  it("gives a terminal of the asked size and resizes it", async () => {
    const script = "stty size; trap 'stty size; exit 3' WINCH; echo go; while :; do read -t 1 x || :; done";
    const values = ["arg=bash", "arg=-c", `arg=${script}`, "tty=1", "cols=120", "rows=40"];
    const { connection } = await request(node.socket, "exec", values);
    await connection.readUntil("go");
    connection.socket.write(encodeFrame(4, '{"cols":90,"rows":30}'));
    await connection.readUntil("30 90");
    await connection.readUntil('{"exitCode":3}');
  });

  it("kills a command that runs too long", async () => {
    const { connection } = await request(node.socket, "exec", ["arg=sleep", "arg=100", "timeout_ms=50"]);
    expect((await connection.result()).exit).toEqual({ exitCode: 137, timedOut: true });
  });

  it("does not wait for what a command leaves running", async () => {
    const { connection } = await request(node.socket, "exec", sh("sleep 100 & echo started"));
    expect((await connection.result()).stdout.toString()).toBe("started\n");
  });

  it("kills the process group when the client goes away", async () => {
    const { connection } = await request(node.socket, "exec", sh("echo here; sleep 98 & sleep 99"));
    await connection.readUntil("here");
    connection.close();
    const gone = sh("while pgrep -x sleep >/dev/null; do sleep 0.02; done; echo gone");
    const waiting = await request(node.socket, "exec", [...gone, "timeout_ms=5000"]);
    expect((await waiting.connection.result()).stdout.toString()).toBe("gone\n");
  });

  it("refuses an exec without a command", async () => {
    const reply = await call(node.socket, "exec", ["cwd=/"]);
    expect([reply.status, reply.get("code")]).toEqual(["error", "invalid"]);
  });
});
