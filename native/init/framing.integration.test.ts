import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Scope } from "@/lib/core/scope";
import { call, encodeMessage, TestConnection } from "../test-client";
import { startNode, type TestNode } from "../test-node";

let scope: Scope;
let node: TestNode;
beforeEach(async () => {
  scope = new Scope();
  node = await startNode(scope);
});
afterEach(() => scope.close());

const length = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

describe("the control socket", () => {
  it.each([
    ["a length of 0", length(0)],
    ["a length above the limit", length(0x7fffffff)],
    ["a text without its NUL", Buffer.concat([length(4), Buffer.from("ping")])],
    ["too many strings", Buffer.concat([length(4096), Buffer.alloc(4096)])],
    ["an unknown operation", encodeMessage("format-disk")],
    ["an empty operation", Buffer.concat([length(1), Buffer.alloc(1)])],
    ["a number that is none", encodeMessage("exec", ["arg=true", "timeout_ms=soon"])],
  ])("refuses %s and goes on", async (_what, bytes) => {
    const connection = await TestConnection.open(node.socket);
    connection.socket.write(bytes);
    expect((await connection.reply()).get("code")).toBe("invalid");
    await connection.readToEnd();
    expect((await call(node.socket, "ping")).get("version")).toBe("1");
  });

  it("takes a request byte by byte", async () => {
    const connection = await TestConnection.open(node.socket);
    connection.socket.setNoDelay(true);
    for (const byte of encodeMessage("ping"))
      await new Promise((done) => connection.socket.write(Buffer.from([byte]), done));
    expect((await connection.reply()).status).toBe("ok");
  });

  it("answers while 200 others say nothing", async () => {
    await Promise.all(Array.from({ length: 200 }, () => TestConnection.open(node.socket)));
    expect((await call(node.socket, "ping")).status).toBe("ok");
  });

  it("is served by a process below 2 MB", () => {
    if (process.env.EXAMCTL_NATIVE_BUILD) return;
    const [init] = readFileSync(`/proc/${node.process.pid}/task/${node.process.pid}/children`, "utf8").split(
      " ",
    );
    const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${init}/status`, "utf8"));
    expect(Number(rss?.[1])).toBeLessThan(2048);
  });
});
